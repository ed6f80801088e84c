import * as THREE from 'three';

/** A pedestrian, 1.72 m, who walks along local +z; `walkedM` moves the legs (0.75 m a step). */
export function buildPerson({ coat, trousers, walkedM }) {
  const person = new THREE.Group();
  const cloth = (color) => new THREE.MeshStandardMaterial({ color, roughness: 0.9 });
  const skin = cloth(0xb98a6b);
  const add = (parent, geometry, material, [x, y, z]) => {
    const mesh = new THREE.Mesh(geometry, material);
    mesh.position.set(x, y, z);
    parent.add(mesh);
  };
  const limb = ({ x, y, length, radius, material, swing, end }) => {
    const joint = new THREE.Group();
    joint.position.set(x, y, 0);
    joint.rotation.x = swing;
    add(joint, new THREE.CapsuleGeometry(radius, length - 2 * radius, 4, 10), material, [0, -length / 2, 0]);
    end(joint);
    person.add(joint);
  };
  const stride = Math.sin((walkedM / 0.75) * Math.PI);
  for (const side of [-1, 1]) {
    const shoe = new THREE.BoxGeometry(0.1, 0.09, 0.26);
    limb({
      ...{ x: side * 0.1, y: 0.88, length: 0.86, radius: 0.085, material: cloth(trousers) },
      swing: side * 0.45 * stride,
      end: (joint) => add(joint, shoe, cloth(0x1a1a1a), [0, -0.83, 0.05]),
    });
    limb({
      ...{ x: side * 0.25, y: 1.42, length: 0.6, radius: 0.06, material: cloth(coat) },
      swing: -side * 0.4 * stride,
      end: (joint) => add(joint, new THREE.SphereGeometry(0.055, 8, 8), skin, [0, -0.62, 0]),
    });
  }
  const torso = new THREE.CapsuleGeometry(0.19, 0.34, 6, 14);
  torso.scale(1.05, 1, 0.68);
  add(person, torso, cloth(coat), [0, 1.15, 0]);
  const hips = new THREE.CapsuleGeometry(0.16, 0.06, 6, 14);
  hips.scale(1.1, 1, 0.75);
  add(person, hips, cloth(trousers), [0, 0.88, 0]);
  add(person, new THREE.SphereGeometry(0.105, 14, 12), skin, [0, 1.6, 0.01]);
  add(person, new THREE.SphereGeometry(0.112, 14, 12), cloth(0x201812), [0, 1.63, -0.025]);
  return person;
}
