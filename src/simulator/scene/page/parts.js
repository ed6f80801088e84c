import * as THREE from 'three';
import { mergeGeometries } from 'three/addons/utils/BufferGeometryUtils.js';

/**
 * Collects the parts of one vehicle body and merges them into one geometry per material, so that a vehicle
 * costs four draw calls. Places are [x, y, u]: x to the driver's left, y up, u back from the front bumper.
 */
export function createParts() {
  const slots = { paint: [], glass: [], trim: [], lamp: [] };

  const add = (slot, geometry, color = 0xffffff) => {
    const flat = geometry.index === null ? geometry : geometry.toNonIndexed();
    flat.deleteAttribute('uv');
    const count = flat.attributes.position.count;
    const rgb = new THREE.Color(color);
    const colors = new Float32Array(count * 3);
    for (let i = 0; i < count; i += 1) colors.set([rgb.r, rgb.g, rgb.b], i * 3);
    flat.setAttribute('color', new THREE.BufferAttribute(colors, 3));
    slots[slot].push(flat);
  };

  const place = (geometry, [x, y, u], [rx, ry, rz] = [0, 0, 0]) => {
    const turned = new THREE.Matrix4().makeRotationFromEuler(new THREE.Euler(rx, ry, rz));
    return geometry.applyMatrix4(turned.setPosition(x, y, -u));
  };

  return {
    /** size: [across, high, along]. */
    box(slot, { size, at, turn, color }) {
      add(slot, place(new THREE.BoxGeometry(...size), at, turn), color);
    },
    /** A side profile in [u, y] (four numbers: a quadratic curve), extruded across, tapered above a belt. */
    profile(slot, { points, width, bevel = 0.06, x = 0, taper, color }) {
      const shape = new THREE.Shape();
      points.forEach((point, index) => {
        if (index === 0) shape.moveTo(point[0], point[1]);
        else if (point.length === 4) shape.quadraticCurveTo(...point);
        else shape.lineTo(point[0], point[1]);
      });
      const depth = Math.max(width - 2 * bevel, 0.001);
      const geometry = new THREE.ExtrudeGeometry(shape, {
        depth,
        bevelEnabled: bevel > 0,
        bevelThickness: bevel,
        bevelSize: bevel,
        bevelOffset: -bevel,
        bevelSegments: 3,
        curveSegments: 10,
      });
      geometry.translate(0, 0, -depth / 2);
      geometry.rotateY(Math.PI / 2);
      geometry.translate(x, 0, 0);
      if (taper) narrow(geometry, taper);
      add(slot, geometry, color);
    },
    /** Four corners [x, y, u] in order. */
    quad(slot, { corners, color }) {
      const [a, b, c, d] = corners.map(([x, y, u]) => [x, y, -u]);
      const geometry = new THREE.BufferGeometry();
      const position = [...a, ...b, ...c, ...a, ...c, ...d];
      geometry.setAttribute('position', new THREE.Float32BufferAttribute(position, 3));
      geometry.computeVertexNormals();
      add(slot, geometry, color);
    },
    /** A tyre with a rim and spokes; `side` is +1 or -1. */
    wheel({ radius, width, at, side }) {
      const lie = [0, 0, Math.PI / 2];
      add('trim', place(new THREE.CylinderGeometry(radius, radius, width, 20), at, lie), 0x141414);
      const [x, y, u] = at;
      const rim = new THREE.CylinderGeometry(radius * 0.64, radius * 0.64, 0.02, 20);
      add('trim', place(rim, [x + side * (width / 2 + 0.004), y, u], lie), 0xb4b8bc);
      for (let spoke = 0; spoke < 5; spoke += 1) {
        const angle = spoke * 1.2566 + 0.6;
        const hole = new THREE.BoxGeometry(0.012, radius * 0.42, radius * 0.2);
        const where = [
          x + side * (width / 2 + 0.016),
          y + Math.cos(angle) * radius * 0.36,
          u - Math.sin(angle) * radius * 0.36,
        ];
        add('trim', place(hole, where, [angle, 0, 0]), 0x17181a);
      }
    },
    merge: () =>
      Object.fromEntries(
        Object.entries(slots)
          .filter(([, list]) => list.length > 0)
          .map(([slot, list]) => [slot, mergeGeometries(list)]),
      ),
  };
}

function narrow(geometry, { fromY, toY, amount }) {
  const position = geometry.attributes.position;
  for (let i = 0; i < position.count; i += 1) {
    const share = Math.min(1, Math.max(0, (position.getY(i) - fromY) / (toY - fromY)));
    position.setX(i, position.getX(i) * (1 - amount * share));
  }
  geometry.computeVertexNormals();
}

/** The upper half of a wheel arch, as profile points from the rear to the front. */
export function wheelArch({ u, wheelRadius, clearance, sill }) {
  const radius = wheelRadius + clearance;
  return Array.from({ length: 13 }, (_, index) => {
    const angle = (index / 12) * Math.PI;
    return [u + Math.cos(angle) * radius, Math.max(sill, wheelRadius + Math.sin(angle) * radius)];
  });
}
