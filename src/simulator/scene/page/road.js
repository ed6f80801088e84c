import * as THREE from 'three';
import { block, flat, grain, matt } from './surfaces.js';

/** How far the road goes on behind the camera's foot. */
const NEAR_Z = 40;
export const MEDIAN_WIDTH = 2.4;

/**
 * The carriageway with its markings and loops, the median, the other carriageway and the pavement.
 * Ground x, y (see road-layout.ts) become three's x and -z.
 */
export function addRoad(group, { layout, random }) {
  addGround(group, { layout, random });
  addMarkings(group, layout);
  for (const corners of layout.loops) addLoop(group, corners);
}

/** The road reaches into the tunnel. */
function stretchOf({ tunnelMouth }) {
  const farZ = -tunnelMouth - 8;
  return { z: (NEAR_Z + farZ) / 2, length: NEAR_Z - farZ };
}

function addGround(group, { layout, random }) {
  const { roadWidth } = layout;
  const { z: roadZ, length: roadLength } = stretchOf(layout);
  const grass = matt({ map: grain({ base: [86, 104, 56], amplitude: 14, repeat: [60, 60], random }) });
  flat(group, { x: 0, z: -60, width: 300, length: 260, y: -0.06, material: grass });
  const asphalt = matt({
    map: grain({
      base: [98, 96, 92],
      amplitude: 7,
      repeat: [1, 4],
      random,
      size: [512, 1024],
      draw: wear(random),
    }),
  });
  const wide = roadWidth + 1;
  flat(group, { x: roadWidth / 2, z: roadZ, width: wide, length: roadLength, material: asphalt });
  const otherX = roadWidth * 1.5 + MEDIAN_WIDTH;
  flat(group, { x: otherX, z: roadZ, width: wide, length: roadLength, material: asphalt });

  const kerb = matt({ color: 0xa8a6a0 });
  for (const x of [-0.6, roadWidth + 0.6, roadWidth + MEDIAN_WIDTH - 0.6]) {
    block(group, { size: [0.22, 0.18, roadLength], at: [x, 0.05, roadZ], material: kerb });
  }
  const slabs = grain({
    base: [165, 162, 155],
    amplitude: 8,
    repeat: [1, 110],
    random,
    draw: (pen, width) => {
      pen.fillStyle = 'rgba(60,60,60,.5)';
      pen.fillRect(0, 0, width, 4);
    },
  });
  block(group, { size: [2.2, 0.16, roadLength], at: [-1.9, 0.04, roadZ], material: matt({ map: slabs }) });
  const hedge = matt({ color: 0x2f4a24, flatShading: true });
  for (let z = -4; z > 4 - layout.tunnelMouth; z -= 1.1) {
    const bush = new THREE.Mesh(new THREE.IcosahedronGeometry(0.42 + random() * 0.14, 1), hedge);
    bush.position.set(roadWidth + MEDIAN_WIDTH / 2, 0.3, z);
    bush.castShadow = true;
    group.add(bush);
  }
}

/** Wheel tracks, patches and cracks. */
function wear(random) {
  return (pen, width, height) => {
    for (let patch = 0; patch < 50; patch += 1) {
      const tone = random() < 0.5 ? 30 : 130;
      pen.fillStyle = `rgba(${tone},${tone},${tone},.05)`;
      pen.beginPath();
      pen.ellipse(random() * width, random() * height, 20 + random() * 50, 40 + random() * 150, 0, 0, 7);
      pen.fill();
    }
    pen.fillStyle = 'rgba(20,20,20,.12)';
    for (let lane = 0; lane < 3; lane += 1) {
      for (const track of [0.27, 0.73]) pen.fillRect(((lane + track) / 3) * width - 11, 0, 22, height);
    }
    pen.strokeStyle = 'rgba(20,20,20,.4)';
    pen.lineWidth = 1.5;
    for (let crack = 0; crack < 8; crack += 1) {
      let [x, y] = [random() * width, random() * height];
      pen.beginPath();
      pen.moveTo(x, y);
      for (let turn = 0; turn < 8; turn += 1) {
        x += (random() - 0.5) * 40;
        y += random() * 40;
        pen.lineTo(x, y);
      }
      pen.stroke();
    }
  };
}

function addMarkings(group, layout) {
  const { roadWidth, laneWidth, tunnelMouth } = layout;
  const { z: roadZ, length: roadLength } = stretchOf(layout);
  const white = matt({ color: 0xdcdcd6, roughness: 0.7 });
  const yellow = matt({ color: 0xd0a030, roughness: 0.7 });
  for (let x = laneWidth; x < roadWidth - 0.1; x += laneWidth) {
    for (let z = NEAR_Z; z > -tunnelMouth; z -= 10) {
      flat(group, { x, z, width: 0.15, length: 4, y: 0.012, material: white });
    }
  }
  flat(group, { x: 0, z: roadZ, width: 0.15, length: roadLength, y: 0.012, material: white });
  flat(group, { x: roadWidth, z: roadZ, width: 0.15, length: roadLength, y: 0.012, material: yellow });
}

/** The saw cut of a loop, sealed with bitumen, and its feeder to the kerb. */
function addLoop(group, corners) {
  const bitumen = matt({ color: 0x232325, roughness: 0.6 });
  const [[left, upstream], [right], [, downstream]] = corners;
  const middle = [(left + right) / 2, -(upstream + downstream) / 2];
  for (const y of [upstream, downstream]) {
    flat(group, { x: middle[0], z: -y, width: right - left, length: 0.07, y: 0.01, material: bitumen });
  }
  for (const x of [left, right]) {
    flat(group, { x, z: middle[1], width: 0.07, length: upstream - downstream, y: 0.01, material: bitumen });
  }
  flat(group, {
    x: (left - 0.5) / 2,
    z: -downstream + 0.12,
    width: left + 0.5,
    length: 0.05,
    y: 0.009,
    material: bitumen,
  });
}
