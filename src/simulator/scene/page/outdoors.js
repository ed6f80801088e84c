import * as THREE from 'three';
import { shade } from './bodies.js';

/** What both scenes have in common: a mast camera, a sun that throws shadows, a sky that lights, a caption. */

const SUN_COLOR = 0xfff2dd;
/** Road that lies in shadow or light, metres around a place this far from the camera. */
const SHADOW_REACH_M = 80;
const SHADOW_MIDDLE_M = 30;

/** @param view positions in metres: x to the right, height, away from the camera */
export function createCamera({ positionM, lookAtM, verticalFovDeg, picture }, near) {
  const camera = new THREE.PerspectiveCamera(verticalFovDeg, picture.widthPx / picture.heightPx, near, 400);
  camera.position.set(positionM[0], positionM[1], -positionM[2]);
  camera.lookAt(lookAtM[0], lookAtM[1], -lookAtM[2]);
  camera.updateMatrixWorld();
  return camera;
}

/** A world lit by its sky and a sun. */
export function createDaylight(renderer, { sky, skyIntensity, sunFrom, sunIntensity }) {
  const scene = new THREE.Scene();
  scene.environment = new THREE.PMREMGenerator(renderer).fromEquirectangular(sky).texture;
  scene.environmentIntensity = skyIntensity;
  const sun = new THREE.DirectionalLight(SUN_COLOR, sunIntensity);
  sun.position.set(...sunFrom);
  scene.add(sun, sun.target);
  return { scene, sun };
}

/** For the still picture of what stands: shadows over the whole road. */
export function castShadows(renderer, sun) {
  renderer.shadowMap.enabled = true;
  sun.castShadow = true;
  sun.shadow.mapSize.set(4096, 4096);
  const [near, far, reach] = [1, 200, SHADOW_REACH_M];
  Object.assign(sun.shadow.camera, { left: -reach, right: reach, top: reach, bottom: -reach, near, far });
  sun.shadow.bias = -0.0004;
  sun.shadow.normalBias = 0.03;
  sun.position.z -= SHADOW_MIDDLE_M;
  sun.target.position.set(0, 0, -SHADOW_MIDDLE_M);
}

/** Flattens a body onto the road along the sun's rays. */
export function flatteningFrom([x, y, z]) {
  return new THREE.Matrix4().set(1, -x / y, 0, 0, 0, 0, 0, 0.015, 0, -z / y, 1, 0, 0, 0, 0, 1);
}

/** The shadow of a body of these parts that stands at `matrix`. */
export function shadowOf(parts, matrix, flatten) {
  const shadow = new THREE.Group();
  for (const geometry of parts) shadow.add(new THREE.Mesh(geometry, shade));
  shadow.matrixAutoUpdate = false;
  shadow.matrix.multiplyMatrices(flatten, matrix);
  for (const part of shadow.children) part.renderOrder = -1;
  return shadow;
}

/** The time, as cameras write it into the picture: without it an empty road looks like a frozen picture. */
export function drawCaption(pen, caption, [x, y]) {
  pen.font = '16px monospace';
  pen.lineWidth = 3;
  pen.strokeStyle = 'rgba(0,0,0,.75)';
  pen.strokeText(caption, x, y);
  pen.fillStyle = '#fff';
  pen.fillText(caption, x, y);
}
