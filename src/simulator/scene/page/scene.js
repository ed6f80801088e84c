import * as THREE from 'three';
import { BUILDERS, createRandom, glass, paintOf, shade, trim } from './bodies.js';
import { buildSky, buildSurroundings } from './surroundings.js';

/*
 * What the camera of the virtual intersection sees. The surroundings are drawn once; each frame draws only
 * the vehicles with their shadows on transparent ground and lays them over, which is what makes software
 * rendering affordable.
 */

/** From the ground to the sun; behind the camera, so that fronts are lit. */
const SUN = new THREE.Vector3(-14, 34, 24);
const SUN_COLOR = 0xfff2dd;
/** The still picture is drawn so many times larger and scaled down: no flicker, smooth edges. */
const STILL_SCALE = 2;
/** A lens is never as sharp as a drawing; sharper costs twice the bits and shows nothing more. */
const STILL_FILTER = 'blur(0.6px)';

function createRenderer({ width, height, alpha }) {
  const renderer = new THREE.WebGLRenderer({
    antialias: true,
    alpha,
    stencil: true,
    preserveDrawingBuffer: true,
  });
  renderer.setSize(width, height);
  renderer.toneMapping = THREE.ACESFilmicToneMapping;
  renderer.toneMappingExposure = 0.9;
  if (alpha) renderer.setClearColor(0x000000, 0);
  return renderer;
}

function createWorld(renderer, random) {
  const sky = buildSky(random);
  const scene = new THREE.Scene();
  const generator = new THREE.PMREMGenerator(renderer);
  scene.environment = generator.fromEquirectangular(sky).texture;
  scene.environmentIntensity = 0.9;
  const sun = new THREE.DirectionalLight(SUN_COLOR, 3);
  sun.position.copy(SUN);
  scene.add(sun, sun.target);
  return { scene, sky, sun };
}

function drawStill({ width, height, camera, layout }) {
  const random = createRandom(12345);
  const renderer = createRenderer({ width: width * STILL_SCALE, height: height * STILL_SCALE, alpha: false });
  renderer.shadowMap.enabled = true;
  const { scene, sky, sun } = createWorld(renderer, random);
  scene.background = sky;
  sun.castShadow = true;
  sun.shadow.mapSize.set(4096, 4096);
  Object.assign(sun.shadow.camera, { left: -80, right: 80, top: 80, bottom: -80, near: 1, far: 200 });
  sun.shadow.bias = -0.0004;
  sun.shadow.normalBias = 0.03;
  sun.position.z -= 30;
  sun.target.position.set(0, 0, -30);
  scene.add(buildSurroundings({ layout, random }));
  renderer.render(scene, camera);
  const still = document.createElement('canvas');
  still.width = width;
  still.height = height;
  const pen = still.getContext('2d');
  pen.imageSmoothingQuality = 'high';
  pen.filter = STILL_FILTER;
  pen.drawImage(renderer.domElement, 0, 0, width, height);
  renderer.dispose();
  return still;
}

const lamp = new THREE.MeshBasicMaterial({ vertexColors: true });

/** Flattens a vehicle onto the road along the sun's rays. */
function shadowMatrix() {
  const { x, y, z } = SUN;
  return new THREE.Matrix4().set(1, -x / y, 0, 0, 0, 0, 0, 0.015, 0, -z / y, 1, 0, 0, 0, 0, 1);
}

function createFleet(scene) {
  const bodies = new Map();
  const paints = new Map();
  const cached = (map, key, make) => {
    if (!map.has(key)) map.set(key, make());
    return map.get(key);
  };
  const flatten = shadowMatrix();
  let shown = [];
  return (vehicles) => {
    scene.remove(...shown);
    shown = vehicles.flatMap(({ body, paint, x, y, reverse }) => {
      const geometries = cached(bodies, body, BUILDERS[body]);
      const materials = { paint: cached(paints, paint, () => paintOf(paint)), glass, trim, lamp };
      const group = new THREE.Group();
      const shadow = new THREE.Group();
      for (const [slot, geometry] of Object.entries(geometries)) {
        group.add(new THREE.Mesh(geometry, materials[slot]));
        shadow.add(new THREE.Mesh(geometry, shade));
      }
      group.position.set(x, 0, -y);
      group.rotation.y = reverse ? Math.PI : 0;
      group.updateMatrix();
      shadow.matrixAutoUpdate = false;
      shadow.matrix.multiplyMatrices(flatten, group.matrix);
      for (const part of shadow.children) part.renderOrder = -1;
      return [group, shadow];
    });
    scene.add(...shown);
  };
}

/** The time, as cameras write it into the picture: without it an empty road looks like a frozen picture. */
function drawCaption(pen, caption) {
  pen.font = '16px monospace';
  pen.lineWidth = 3;
  pen.strokeStyle = 'rgba(0,0,0,.75)';
  pen.strokeText(caption, 78, 52);
  pen.fillStyle = '#fff';
  pen.fillText(caption, 78, 52);
}

/** Called once by the render driver with the camera and the road; makes `window.draw`. */
window.prepare = ({ view, layout }) => {
  const { widthPx: width, heightPx: height } = view.picture;
  const camera = new THREE.PerspectiveCamera(view.verticalFovDeg, width / height, 0.1, 400);
  camera.position.set(view.positionM[0], view.positionM[1], -view.positionM[2]);
  camera.lookAt(view.lookAtM[0], view.lookAtM[1], -view.lookAtM[2]);
  camera.updateMatrixWorld();
  const still = drawStill({ width, height, camera, layout });
  const renderer = createRenderer({ width, height, alpha: true });
  renderer.clippingPlanes = [new THREE.Plane(new THREE.Vector3(0, 0, 1), layout.tunnelDark)];
  const { scene } = createWorld(renderer, createRandom(12345));
  const place = createFleet(scene);
  const picture = document.createElement('canvas');
  picture.width = width;
  picture.height = height;
  document.body.append(picture);
  const pen = picture.getContext('2d');

  /** Draws one frame and returns it as base64 of a PNG or JPEG. */
  window.draw = ({ vehicles, caption, type }) => {
    pen.drawImage(still, 0, 0);
    if (vehicles.length > 0) {
      place(vehicles);
      renderer.render(scene, camera);
      pen.drawImage(renderer.domElement, 0, 0);
    }
    drawCaption(pen, caption);
    return picture.toDataURL(type, 0.97).split(',')[1];
  };
};
window.loaded = true;
