import * as THREE from 'three';
import { buildCar } from './cars.js';
import { buildBus, buildTruck, buildVan } from './heavy-vehicles.js';

/** Geometries by material slot, for each body of bodies.table.ts that has one. */
export const BUILDERS = {
  sedan: () => buildCar('sedan'),
  suv: () => buildCar('suv'),
  hatch: () => buildCar('hatch'),
  van: buildVan,
  truck: buildTruck,
  bus: buildBus,
};

export function createRandom(seed) {
  let state = seed;
  return () => {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
    return state / 4294967296;
  };
}

export const glass = new THREE.MeshStandardMaterial({
  color: 0x1d262d,
  roughness: 0.06,
  metalness: 0.3,
  envMapIntensity: 1.6,
  side: THREE.DoubleSide,
});
export const trim = new THREE.MeshStandardMaterial({ vertexColors: true, roughness: 0.6 });
/** Each pixel of ground is darkened once, however many parts of a vehicle shade it. */
export const shade = new THREE.MeshBasicMaterial({
  color: 0x000000,
  opacity: 0.5,
  transparent: true,
  depthWrite: false,
  stencilWrite: true,
  stencilFunc: THREE.EqualStencilFunc,
  stencilRef: 0,
  stencilZPass: THREE.IncrementStencilOp,
  side: THREE.DoubleSide,
});

export function paintOf(color) {
  return new THREE.MeshStandardMaterial({ color, metalness: 0.25, roughness: 0.32 });
}
