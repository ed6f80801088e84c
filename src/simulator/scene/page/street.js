import * as THREE from 'three';
import { BUILDERS, createRandom, glass, paintOf, shade, trim } from './bodies.js';
import { createExposure, createLens, createPass, lightTarget } from './lens.js';
import { addStreetLamps, createPool, lampMaterial, streetLights } from './night-lights.js';
import {
  castShadows,
  createCamera,
  createDaylight,
  drawCaption,
  flatteningFrom,
  shadowOf,
} from './outdoors.js';
import { buildPerson } from './person.js';
import { drawRain } from './rain.js';
import { paint } from './surfaces.js';
import { buildSurroundings } from './surroundings.js';

/*
 * A street as a camera sees it by day, at dusk, at night and in rain. Light is kept in cd/m2 as a share of the
 * luminance that the exposure makes white, without an upper end, until the lens and the sensor have had it. As in
 * scene.js the surroundings are drawn once, and each picture draws only who moves before them.
 */

const STILL_SCALE = 2;
const CAPTION_AT = [24, 520];
const STRAIGHT_DOWN = [0, 1, 0];
const WET = { roughness: 0.28, darker: 0.55 };
/** Share that a wet road mirrors of what stands on it, at the angle of a mast: Fresnel, broken by its grain. */
const WET_MIRROR = 0.12;

function buildSky({ zenith, horizon, ground }) {
  const texture = paint({ width: 64, height: 256 }, (pen) => {
    const air = pen.createLinearGradient(0, 0, 0, 256);
    air.addColorStop(0, zenith);
    air.addColorStop(0.5, horizon);
    air.addColorStop(0.501, ground);
    air.addColorStop(1, ground);
    pen.fillStyle = air;
    pen.fillRect(0, 0, 64, 256);
  });
  texture.mapping = THREE.EquirectangularReflectionMapping;
  return texture;
}

/** Mean luminance of a sky as drawn, as a share of white (ITU-R BT.709). */
function brightnessOf({ zenith, horizon }) {
  const luminances = [zenith, horizon].map((name) => {
    const { r, g, b } = new THREE.Color(name);
    return 0.2126 * r + 0.7152 * g + 0.0722 * b;
  });
  return (luminances[0] + luminances[1]) / 2;
}

function createWorld(renderer, { light, layout }) {
  const sky = buildSky(light.sky);
  const { scene, sun } = createDaylight(renderer, {
    sky,
    skyIntensity: light.skyCdM2 / brightnessOf(light.sky) / light.whiteCdM2,
    sunFrom: light.sunFrom,
    sunIntensity: light.sunLux / light.whiteCdM2,
  });
  scene.background = sky;
  scene.backgroundIntensity = scene.environmentIntensity;
  sun.visible = light.sunLux > 0;
  if (light.streetLampCd > 0) {
    scene.add(...streetLights({ candela: light.streetLampCd / light.whiteCdM2, places: layout.streetLamps }));
  }
  return { scene, sun };
}

function drawStill({ renderer, size, camera, layout, light, seed }) {
  const random = createRandom(seed);
  const target = lightTarget({
    ...{ width: size.width * STILL_SCALE, height: size.height * STILL_SCALE },
    samples: 4,
    stencil: true,
  });
  const { scene, sun } = createWorld(renderer, { light, layout });
  castShadows(renderer, sun);
  const surroundings = buildSurroundings({ layout, random });
  addStreetLamps(surroundings, {
    lampCdM2: light.streetLampCd > 0 ? light.streetLampCd / 0.18 / light.whiteCdM2 : 0.02,
    places: layout.streetLamps,
  });
  if (light.wet) wetten(surroundings);
  scene.add(surroundings);
  renderer.setRenderTarget(target);
  renderer.render(scene, camera);
  renderer.shadowMap.enabled = false;
  return target.texture;
}

/** Water makes a matt surface darker and smooth (Lekner & Dorf 1988). */
function wetten(surroundings) {
  const materials = new Set();
  surroundings.traverse(({ geometry, material }) => {
    if (geometry?.type === 'PlaneGeometry') materials.add(material);
  });
  for (const material of materials) {
    material.color.multiplyScalar(WET.darker);
    material.roughness = WET.roughness;
  }
}

/** Draws what moves over the still picture, and what a wet road mirrors of it. */
function createStage({ renderer, size, camera, layout, light, still }) {
  const { scene } = createWorld(renderer, { light, layout });
  scene.background = null;
  const target = lightTarget({ ...size, samples: light.exposureParts > 1 ? 0 : 4, stencil: true });
  const mirror = lightTarget({
    ...{ width: Math.round(size.width / 2), height: Math.round(size.height / 2) },
    stencil: true,
  });
  const backdrop = createPass(
    `uniform sampler2D still; uniform sampler2D mirror; uniform float share; varying vec2 at;
    void main() {
      vec4 below = vec4(0.0);
      if (share > 0.0) for (int k = -5; k <= 5; k += 1) below += texture2D(mirror, at + vec2(0.0, float(k) * 0.006)) / 11.0;
      gl_FragColor = vec4(texture2D(still, at).rgb * (1.0 - share * below.a) + share * below.rgb, 1.0);
    }`,
    { still, mirror: mirror.texture, share: light.wet ? WET_MIRROR : 0 },
  );
  const moving = new THREE.Group();
  const onRoad = new THREE.Group();
  scene.add(moving, onRoad);
  const fill = createFleet({ renderer, moving, onRoad, light });
  renderer.clippingPlanes = [new THREE.Plane(new THREE.Vector3(0, 0, 1), layout.tunnelDark)];
  return (frame, laterS) => {
    fill(frame, laterS);
    if (light.wet) {
      onRoad.visible = false;
      moving.scale.y = -1;
      renderer.setRenderTarget(mirror);
      renderer.setClearColor(0x000000, 0);
      renderer.clear();
      renderer.render(scene, camera);
      onRoad.visible = true;
      moving.scale.y = 1;
    }
    renderer.setRenderTarget(target);
    renderer.clear();
    renderer.autoClear = false;
    backdrop.run(renderer, target);
    renderer.render(scene, camera);
    renderer.autoClear = true;
    return target.texture;
  };
}

const built = new Map();

function geometriesOf(body) {
  if (!built.has(body)) built.set(body, BUILDERS[body]());
  return built.get(body);
}

function createFleet({ renderer, moving, onRoad, light }) {
  const made = new Map();
  const once = (key, make) => {
    if (!made.has(key)) made.set(key, make());
    return made.get(key);
  };
  const white = light.whiteCdM2;
  const skyLux = Math.PI * light.skyCdM2;
  const flatten = flatteningFrom(light.sunLux > 0 ? light.sunFrom : STRAIGHT_DOWN);
  shade.opacity = light.sunLux > 0 ? light.sunLux / (light.sunLux + skyLux) : 0.7;
  const lamps = (braking) =>
    lampMaterial({
      reflects: (0.3 * (light.sunLux + skyLux)) / Math.PI / white,
      head: light.lamps ? 5000 / white : 0,
      tail: ((light.lamps ? 100 : 0) + (braking ? 1500 : 0)) / white,
      sign: light.lamps ? 300 / white : 0,
    });
  const pool = createPool(renderer, { white, roadAlbedo: light.wet ? 0.05 : 0.1 });

  const place = (object, { x, y, heading, speedMs }, laterS) => {
    object.position.set(x, 0, heading * speedMs * laterS - y);
    object.rotation.y = heading > 0 ? 0 : Math.PI;
    object.updateMatrix();
    return object;
  };
  return ({ vehicles, people }, laterS) => {
    moving.clear();
    onRoad.clear();
    for (const vehicle of vehicles) {
      const geometries = geometriesOf(vehicle.body);
      const materials = {
        ...{ glass, trim },
        paint: once(vehicle.paint, () => paintOf(vehicle.paint)),
        lamp: once(vehicle.braking, () => lamps(vehicle.braking)),
      };
      const body = place(new THREE.Group(), vehicle, laterS);
      for (const [slot, geometry] of Object.entries(geometries)) {
        body.add(new THREE.Mesh(geometry, materials[slot]));
      }
      moving.add(body);
      onRoad.add(shadowOf(Object.values(geometries), body.matrix, flatten));
      if (light.lamps) onRoad.add(place(pool(vehicle.reachM), vehicle, laterS));
    }
    for (const { x, y, heading, ...person } of people) {
      const body = buildPerson(person);
      body.position.set(x, 0, -y);
      body.rotation.y = heading;
      moving.add(body);
    }
  };
}

function boxesOf(frame, { camera, size }) {
  const corner = new THREE.Vector3();
  return frame.vehicles.map(({ body, x, y, heading }) => {
    const turn = new THREE.Matrix4().makeRotationY(heading > 0 ? 0 : Math.PI).setPosition(x, 0, -y);
    const box = [Infinity, Infinity, -Infinity, -Infinity];
    for (const { attributes } of Object.values(geometriesOf(body))) {
      for (let i = 0; i < attributes.position.count; i += 1) {
        corner.fromBufferAttribute(attributes.position, i).applyMatrix4(turn).project(camera);
        const [px, py] = [((corner.x + 1) / 2) * size.width, ((1 - corner.y) / 2) * size.height];
        box[0] = Math.min(box[0], px);
        box[1] = Math.min(box[1], py);
        box[2] = Math.max(box[2], px);
        box[3] = Math.max(box[3], py);
      }
    }
    return box.map((px) => Math.round(px * 10) / 10);
  });
}

function dropsOnGlass({ count, size, random }) {
  return Array.from({ length: count }, () => [
    random() * size.width,
    random() * size.height,
    10 + random() ** 2 * 24,
  ]);
}

/** Called once by the render driver; makes `window.draw`. */
window.prepare = ({ view, layout, light, seed }) => {
  const size = { width: view.picture.widthPx, height: view.picture.heightPx };
  const camera = createCamera(view, 0.3);
  const renderer = new THREE.WebGLRenderer({ antialias: false, preserveDrawingBuffer: true });
  renderer.setSize(size.width, size.height);
  const still = drawStill({ renderer, size, camera, layout, light, seed });
  const stage = createStage({ renderer, size, camera, layout, light, still });
  const exposure = createExposure({ ...size, parts: light.exposureParts });
  const random = createRandom(seed + 1);
  const lens = createLens({
    ...size,
    ...light.lens,
    drops: dropsOnGlass({ count: light.lens.drops, size, random }),
  });
  const picture = document.createElement('canvas');
  Object.assign(picture, size);
  const pen = picture.getContext('2d');
  const focalPx = size.height / 2 / Math.tan((view.verticalFovDeg * Math.PI) / 360);

  /** Draws one picture; returns it as base64 of a JPEG, and every vehicle's box [x1, y1, x2, y2] in pixels. */
  window.draw = (frame) => {
    exposure.begin(renderer);
    for (let part = 0; part < light.exposureParts; part += 1) {
      const laterS = ((part + 0.5) / light.exposureParts - 0.5) * light.exposureS;
      // Between the parts the picture moves by a third of a pixel: their sum has smooth edges.
      const asidePx = (part - (light.exposureParts - 1) / 2) / light.exposureParts;
      camera.setViewOffset(size.width, size.height, asidePx, asidePx, size.width, size.height);
      exposure.add(renderer, stage(frame, laterS));
    }
    camera.clearViewOffset();
    lens(renderer, { light: exposure.texture, frame: frame.index });
    pen.drawImage(renderer.domElement, 0, 0);
    if (light.rain !== null) {
      drawRain(pen, { ...size, ...light.rain, focalPx, exposureS: light.exposureS, random });
    }
    drawCaption(pen, frame.caption, CAPTION_AT);
    const boxes = frame.wantsBoxes ? boxesOf(frame, { camera, size }) : [];
    return { base64: picture.toDataURL('image/jpeg', 0.97).split(',')[1], boxes };
  };
};
window.loaded = true;
