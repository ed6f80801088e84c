import * as THREE from 'three';

/** A texture drawn with a 2D pen. */
export function paint({ width, height }, draw) {
  const canvas = document.createElement('canvas');
  canvas.width = width;
  canvas.height = height;
  draw(canvas.getContext('2d'));
  const texture = new THREE.CanvasTexture(canvas);
  texture.colorSpace = THREE.SRGBColorSpace;
  texture.anisotropy = 8;
  return texture;
}

/** Grain around a base colour, repeated over the surface. */
export function grain({ base, amplitude, repeat, random, size = [256, 256], draw }) {
  const [width, height] = size;
  const texture = paint({ width, height }, (pen) => {
    const image = pen.createImageData(width, height);
    for (let i = 0; i < width * height; i += 1) {
      const noise = (random() - 0.5) * amplitude * (random() < 0.02 ? 2.5 : 1);
      for (let channel = 0; channel < 3; channel += 1) image.data[i * 4 + channel] = base[channel] + noise;
      image.data[i * 4 + 3] = 255;
    }
    pen.putImageData(image, 0, 0);
    draw?.(pen, width, height);
  });
  texture.wrapS = THREE.RepeatWrapping;
  texture.wrapT = THREE.RepeatWrapping;
  texture.repeat.set(...repeat);
  return texture;
}

/** A rectangle lying on the ground. */
export function flat(group, { x, z, width, length, y = 0, material }) {
  const mesh = new THREE.Mesh(new THREE.PlaneGeometry(width, length), material);
  mesh.rotation.x = -Math.PI / 2;
  mesh.position.set(x, y, z);
  mesh.receiveShadow = true;
  group.add(mesh);
}

export function block(group, { size, at, material }) {
  const mesh = new THREE.Mesh(new THREE.BoxGeometry(...size), material);
  mesh.position.set(...at);
  mesh.castShadow = true;
  mesh.receiveShadow = true;
  group.add(mesh);
}

export const matt = (options) => new THREE.MeshStandardMaterial({ roughness: 0.95, ...options });
