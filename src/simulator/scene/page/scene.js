import * as THREE from 'three';
import { BUILDERS, createRandom, glass, paintOf, trim } from './bodies.js';
import {
  castShadows,
  createCamera,
  createDaylight,
  drawCaption,
  flatteningFrom,
  shadowOf,
} from './outdoors.js';
import { buildSky, buildSurroundings } from './surroundings.js';

/*
 * What the camera of the virtual intersection sees. The surroundings are drawn once; each frame draws only
 * the vehicles with their shadows on transparent ground and lays them over, which is what makes software
 * rendering affordable.
 */

/** From the ground to the sun; behind the camera, so that fronts are lit. */
const SUN = [-14, 34, 24];
const CAPTION_AT = [78, 52];
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
  const light = { sky, skyIntensity: 0.9, sunFrom: SUN, sunIntensity: 3 };
  return { sky, ...createDaylight(renderer, light) };
}

function drawStill({ width, height, camera, layout }) {
  const random = createRandom(12345);
  const renderer = createRenderer({ width: width * STILL_SCALE, height: height * STILL_SCALE, alpha: false });
  const { scene, sky, sun } = createWorld(renderer, random);
  scene.background = sky;
  castShadows(renderer, sun);
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

function createFleet(scene) {
  const bodies = new Map();
  const paints = new Map();
  const cached = (map, key, make) => {
    if (!map.has(key)) map.set(key, make());
    return map.get(key);
  };
  const flatten = flatteningFrom(SUN);
  let shown = [];
  return (vehicles) => {
    scene.remove(...shown);
    shown = vehicles.flatMap(({ body, paint, x, y, reverse }) => {
      const geometries = cached(bodies, body, BUILDERS[body]);
      const materials = { paint: cached(paints, paint, () => paintOf(paint)), glass, trim, lamp };
      const group = new THREE.Group();
      for (const [slot, geometry] of Object.entries(geometries)) {
        group.add(new THREE.Mesh(geometry, materials[slot]));
      }
      group.position.set(x, 0, -y);
      group.rotation.y = reverse ? Math.PI : 0;
      group.updateMatrix();
      return [group, shadowOf(Object.values(geometries), group.matrix, flatten)];
    });
    scene.add(...shown);
  };
}

/** Called once by the render driver with the camera and the road; makes `window.draw`. */
window.prepare = ({ view, layout }) => {
  const { widthPx: width, heightPx: height } = view.picture;
  const camera = createCamera(view, 0.1);
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
    drawCaption(pen, caption, CAPTION_AT);
    return picture.toDataURL(type, 0.97).split(',')[1];
  };
};
window.loaded = true;
