import * as THREE from 'three';
import { addRoad, MEDIAN_WIDTH } from './road.js';
import { block, grain, matt, paint } from './surfaces.js';

/** Everything that never moves; it is drawn once. `layout` comes from the render driver, in metres. */
export function buildSurroundings({ layout, random }) {
  const group = new THREE.Group();
  addRoad(group, { layout, random });
  addTunnel(group, { layout, random });
  const farZ = 4 - layout.tunnelMouth;
  for (let z = 12; z > farZ; z -= 7 + random() * 4) addTree(group, { x: -7.5 - random() * 4, z, random });
  for (let z = 4; z > farZ; z -= 20 + random() * 6) addHouse(group, { x: -19 - random() * 3, z, random });
  for (let z = -20; z > farZ; z -= 10 + random() * 6) {
    addTree(group, { x: 2 * layout.roadWidth + MEDIAN_WIDTH + 7 + random() * 6, z, random });
  }
  return group;
}

export function buildSky(random) {
  const texture = paint({ width: 1024, height: 512 }, (pen) => {
    const sky = pen.createLinearGradient(0, 0, 0, 256);
    sky.addColorStop(0, '#4a7ab8');
    sky.addColorStop(0.7, '#a9c4de');
    sky.addColorStop(1, '#e8eef2');
    pen.fillStyle = sky;
    pen.fillRect(0, 0, 1024, 256);
    for (let cloud = 0; cloud < 60; cloud += 1) {
      pen.fillStyle = `rgba(255,255,255,${0.05 + random() * 0.15})`;
      pen.beginPath();
      pen.ellipse(random() * 1024, 60 + random() * 150, 30 + random() * 90, 8 + random() * 22, 0, 0, 7);
      pen.fill();
    }
    for (let x = 0; x < 1024; x += 6) {
      const height = 3 + random() * 12;
      pen.fillStyle = `rgb(${40 + random() * 30},${60 + random() * 40},${35 + random() * 20})`;
      pen.fillRect(x, 256 - height, 8, height);
    }
    const ground = pen.createLinearGradient(0, 256, 0, 512);
    ground.addColorStop(0, '#6b6d68');
    ground.addColorStop(1, '#3b3c3d');
    pen.fillStyle = ground;
    pen.fillRect(0, 256, 1024, 256);
  });
  texture.mapping = THREE.EquirectangularReflectionMapping;
  return texture;
}

/** Traffic comes out of a short tunnel, so that nobody appears from nothing. */
function addTunnel(group, { layout, random }) {
  const { roadWidth } = layout;
  const concrete = matt({ map: grain({ base: [150, 148, 142], amplitude: 8, repeat: [30, 6], random }) });
  const dark = new THREE.MeshBasicMaterial({ color: 0x0b0c0d });
  const z = -layout.tunnelMouth;
  const to = 2 * roadWidth + MEDIAN_WIDTH;
  block(group, { size: [to + 100, 2.6, 1], at: [to / 2, 6.9, z], material: concrete });
  block(group, { size: [50, 6, 1], at: [-26, 2.8, z], material: concrete });
  block(group, { size: [50, 6, 1], at: [to + 26, 2.8, z], material: concrete });
  block(group, {
    size: [MEDIAN_WIDTH - 1, 6, 1],
    at: [roadWidth + MEDIAN_WIDTH / 2, 2.8, z],
    material: concrete,
  });
  block(group, { size: [to + 100, 5.8, 0.2], at: [to / 2, 2.8, -layout.tunnelDark - 1.5], material: dark });
  const slope = matt({ color: 0x5d7038 });
  block(group, { size: [160, 3, 20], at: [to / 2, 9, z - 10], material: slope });
  for (let x = -40; x < 70; x += 4 + random() * 4)
    addTree(group, { x, z: z - 6 - random() * 6, y: 9.5, random });
}

function addTree(group, { x, z, y = 0, random }) {
  const tree = new THREE.Group();
  const trunk = new THREE.Mesh(new THREE.CylinderGeometry(0.15, 0.22, 3, 8), matt({ color: 0x4d3a28 }));
  trunk.position.y = 1.5;
  trunk.castShadow = true;
  tree.add(trunk);
  const color = new THREE.Color().setHSL(0.24 + random() * 0.08, 0.4, 0.16 + random() * 0.1);
  const leaves = matt({ color, flatShading: true });
  for (let clump = 0; clump < 26; clump += 1) {
    const mesh = new THREE.Mesh(new THREE.IcosahedronGeometry(0.5 + random() * 0.7, 1), leaves);
    const angle = random() * 6.3;
    const radius = random() * 1.7;
    mesh.position.set(Math.cos(angle) * radius, 3 + random() * 3, Math.sin(angle) * radius);
    mesh.rotation.set(random() * 3, random() * 3, 0);
    mesh.castShadow = true;
    tree.add(mesh);
  }
  tree.position.set(x, y, z);
  tree.scale.setScalar(0.9 + random() * 0.6);
  group.add(tree);
}

const FACADES = ['#8c5a46', '#c8bfae', '#a89b86', '#7d6a5c'];

function addHouse(group, { x, z, random }) {
  const facade = paint({ width: 256, height: 128 }, (pen) => {
    pen.fillStyle = FACADES[Math.floor(random() * FACADES.length)];
    pen.fillRect(0, 0, 256, 128);
    for (let column = 0; column < 5; column += 1) {
      for (let row = 0; row < 2; row += 1) {
        pen.fillStyle = '#222b33';
        pen.fillRect(14 + column * 50, 16 + row * 58, 26, 34);
        pen.strokeStyle = '#ddd';
        pen.lineWidth = 2;
        pen.strokeRect(14 + column * 50, 16 + row * 58, 26, 34);
      }
    }
  });
  const height = 6 + random() * 4;
  const width = 10 + random() * 5;
  block(group, { size: [10, height, width], at: [x, height / 2, z], material: matt({ map: facade }) });
  const roof = new THREE.Mesh(new THREE.ConeGeometry(1, 3, 4), matt({ color: 0x5a3b30 }));
  roof.rotation.y = Math.PI / 4;
  roof.scale.set(7.6, 1, width / 1.35);
  roof.position.set(x, height + 1.5, z);
  roof.castShadow = true;
  group.add(roof);
}
