import * as THREE from 'three';
import { createPass, lightTarget } from './lens.js';

/*
 * Light that people bring: street lamps, headlights on the road, lamps of vehicles. All luminances are shares of
 * the one that the exposure makes white.
 */

/** UN Regulation 112: a low beam's brightest part, cd, just below its cut-off, and what is left above it. */
const LOW_BEAM_CD = 18_000;
const SPILL_CD = 500;
const POOL_M = { width: 18, length: 45 };

/** Masts at the kerb, 9 m high, each with the luminance of its lamp. `places`: x, y, and how far the arm reaches. */
export function addStreetLamps(group, { lampCdM2, places }) {
  const mast = new THREE.MeshStandardMaterial({ color: 0x6a6d70, roughness: 0.6 });
  const glow = new THREE.MeshBasicMaterial({
    color: new THREE.Color(1, 0.86, 0.66).multiplyScalar(lampCdM2),
  });
  for (const [x, y, overhang] of places) {
    const pole = new THREE.Mesh(new THREE.CylinderGeometry(0.07, 0.11, 9, 10), mast);
    pole.position.set(x, 4.5, -y);
    const arm = new THREE.Mesh(new THREE.BoxGeometry(Math.abs(overhang), 0.1, 0.1), mast);
    arm.position.set(x + overhang / 2, 9, -y);
    const head = new THREE.Mesh(new THREE.BoxGeometry(0.6, 0.08, 0.3), glow);
    head.position.set(x + overhang, 8.93, -y);
    group.add(pole, arm, head);
  }
}

/** What the lamps of `places` send, the same to all sides. */
export function streetLights({ candela, places }) {
  return places.map(([x, y, overhang]) => {
    const light = new THREE.PointLight(0xffdca8, candela, 0, 2);
    light.position.set(x + overhang, 8.9, -y);
    return light;
  });
}

/** Lamp glass: what daylight leaves on it, and what it sends itself. `shine` in shares of white. */
export function lampMaterial({ reflects, head, tail, sign }) {
  return new THREE.ShaderMaterial({
    uniforms: { reflects: { value: reflects }, shine: { value: new THREE.Vector3(head, tail, sign) } },
    vertexShader: `
      attribute vec3 color;
      varying vec3 glass;
      void main() {
        glass = color;
        gl_Position = projectionMatrix * modelViewMatrix * vec4(position, 1.0);
      }`,
    fragmentShader: `
      uniform float reflects;
      uniform vec3 shine;
      varying vec3 glass;
      void main() {
        float ratio = glass.r / max(glass.g, 0.001);
        float sent = ratio > 10.0 ? shine.y / 0.43 : (ratio > 1.5 ? shine.z : shine.x);
        gl_FragColor = vec4(glass * (reflects + sent), 1.0);
      }`,
  });
}

const POOL_PX = { width: 256, height: 640 };

/** Illuminance of the road by two low beams, lx: I h / r^3 of a lamp at height h; `at` covers POOL_M. */
const POOL_LUX = `
  varying vec2 at;
  const float H = 0.66;
  float lux(vec2 place, float side) {
    vec3 ray = vec3(place.x - side, -H, place.y);
    float r = length(ray);
    float down = degrees(asin(H / r));
    float across = degrees(atan(ray.x, ray.z));
    float beam = smoothstep(0.3, 1.2, down) * exp(-max(0.0, down - 1.2) / 4.5);
    float cd = ${LOW_BEAM_CD}.0 * beam * exp(-pow(across / 16.0, 2.0))
      + ${SPILL_CD}.0 * exp(-pow(across / 40.0, 2.0));
    return cd * H / (r * r * r);
  }
  void main() {
    vec2 place = vec2((at.x - 0.5) * ${POOL_M.width}.0, at.y * ${POOL_M.length}.0);
    gl_FragColor = vec4(lux(place, -0.62) + lux(place, 0.62));
  }`;

/** Makes the light of a vehicle's low beams on a matt road, added to what is there. `white`: cd/m2. */
export function createPool(renderer, { white, roadAlbedo }) {
  const lux = lightTarget(POOL_PX);
  createPass(POOL_LUX, {}).run(renderer, lux);
  const geometry = new THREE.PlaneGeometry(POOL_M.width, POOL_M.length);
  geometry.rotateX(-Math.PI / 2);
  geometry.translate(0, 0.02, POOL_M.length / 2);
  return (reachM) => {
    const material = new THREE.ShaderMaterial({
      transparent: true,
      depthWrite: false,
      blending: THREE.CustomBlending,
      blendSrc: THREE.OneFactor,
      blendDst: THREE.OneFactor,
      uniforms: {
        lux: { value: lux.texture },
        reach: { value: reachM },
        gain: { value: roadAlbedo / Math.PI / white },
      },
      vertexShader: `
        varying vec2 place;
        void main() {
          place = position.xz;
          gl_Position = projectionMatrix * modelViewMatrix * vec4(position, 1.0);
        }`,
      fragmentShader: `
        uniform sampler2D lux;
        uniform float reach;
        uniform float gain;
        varying vec2 place;
        void main() {
          float edge = (1.0 - smoothstep(reach - 1.0, reach, place.y)) * smoothstep(0.0, 0.6, place.y);
          vec2 at = vec2(place.x / ${POOL_M.width}.0 + 0.5, place.y / ${POOL_M.length}.0);
          gl_FragColor = vec4(vec3(1.0, 0.95, 0.86) * texture2D(lux, at).r * gain * edge, 0.0);
        }`,
    });
    return new THREE.Mesh(geometry, material);
  };
}
