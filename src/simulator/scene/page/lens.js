import * as THREE from 'three';

/*
 * From the light of the scene to the picture of a camera: glare of lens and dome, drops on the glass, noise of the
 * sensor, tone curve. Light is in shares of what the exposure makes white.
 */

const CORNERS = 'varying vec2 at; void main() { at = uv; gl_Position = vec4(position.xy, 0.0, 1.0); }';
/** Blurs are made at a quarter of the size: nothing finer is left in them. */
const BLUR_SCALE = 4;
const MAX_DROPS = 12;

export function lightTarget({ width, height, samples = 0, stencil = false }) {
  return new THREE.WebGLRenderTarget(width, height, {
    type: THREE.HalfFloatType,
    samples,
    stencilBuffer: stencil,
    depthBuffer: stencil,
  });
}

export function createPass(fragmentShader, uniforms, options = {}) {
  const material = new THREE.ShaderMaterial({
    ...{ vertexShader: CORNERS, fragmentShader, depthTest: false, depthWrite: false, toneMapped: false },
    uniforms: Object.fromEntries(Object.entries(uniforms).map(([name, value]) => [name, { value }])),
    ...options,
  });
  const mesh = new THREE.Mesh(new THREE.PlaneGeometry(2, 2), material);
  mesh.frustumCulled = false;
  const scene = new THREE.Scene();
  scene.add(mesh);
  const camera = new THREE.Camera();
  return {
    uniforms: material.uniforms,
    run(renderer, target) {
      renderer.setRenderTarget(target);
      renderer.render(scene, camera);
    },
  };
}

/** Adds so many exposures to one: what moves during the exposure is smeared as in a camera. */
export function createExposure({ width, height, parts }) {
  const sum = lightTarget({ width, height });
  const pass = createPass(
    'uniform sampler2D light; uniform float share; varying vec2 at; void main() { gl_FragColor = texture2D(light, at) * share; }',
    { light: null, share: 1 / parts },
    {
      transparent: true,
      blending: THREE.CustomBlending,
      blendSrc: THREE.OneFactor,
      blendDst: THREE.OneFactor,
    },
  );
  return {
    texture: sum.texture,
    begin(renderer) {
      renderer.setRenderTarget(sum);
      renderer.setClearColor(0x000000, 0);
      renderer.clear();
    },
    add(renderer, light) {
      pass.uniforms.light.value = light;
      pass.run(renderer, sum);
    },
  };
}

const BLUR = `
  uniform sampler2D light; uniform vec2 step1; varying vec2 at;
  void main() {
    vec4 sum = vec4(0.0); float weights = 0.0;
    for (int k = -6; k <= 6; k += 1) {
      float w = exp(-float(k * k) / 12.0);
      sum += w * texture2D(light, at + float(k) * step1); weights += w;
    }
    gl_FragColor = sum / weights;
  }`;

function createBlur({ width, height, spread }) {
  const size = { width: Math.round(width / BLUR_SCALE), height: Math.round(height / BLUR_SCALE) };
  const [across, both] = [lightTarget(size), lightTarget(size)];
  const pass = createPass(BLUR, { light: null, step1: new THREE.Vector2() });
  return (renderer, light) => {
    pass.uniforms.light.value = light;
    pass.uniforms.step1.value.set((spread * BLUR_SCALE) / width, 0);
    pass.run(renderer, across);
    pass.uniforms.light.value = across.texture;
    pass.uniforms.step1.value.set(0, (spread * BLUR_SCALE) / height);
    pass.run(renderer, both);
    return both.texture;
  };
}

/**
 * A lens and a colour mosaic are never as sharp as a drawing: a blur of about 0.6 pixels. Filmic curve: Narkowicz
 * (2016), fitted to the ACES reference rendering; then the sRGB transfer function.
 */
const DEVELOP = `
  uniform sampler2D light; uniform sampler2D halo; uniform sampler2D veil;
  uniform vec3 scatter; uniform vec2 size; uniform float frame; uniform vec2 noise;
  uniform vec3 drops[${MAX_DROPS}]; uniform float dropCount;
  varying vec2 at;
  uint mixed(uint n) { n ^= n >> 16; n *= 0x7feb352du; n ^= n >> 15; n *= 0x846ca68bu; n ^= n >> 16; return n; }
  /** Nearly normal, variance 1: the sum of four bytes that chance fills. */
  float gauss(uint salt) {
    uvec2 p = uvec2(at * size);
    uint n = mixed(p.x + 4096u * p.y + 4194304u * uint(frame) + 2654435769u * salt);
    return (float((n & 255u) + (n >> 8 & 255u) + (n >> 16 & 255u) + (n >> 24)) - 510.0) / 147.8;
  }
  vec3 sharp() {
    vec3 sum = 0.4 * texture2D(light, at).rgb;
    for (int side = -1; side <= 1; side += 2) {
      sum += 0.15 * texture2D(light, at + vec2(float(side), 0.0) / size).rgb;
      sum += 0.15 * texture2D(light, at + vec2(0.0, float(side)) / size).rgb;
    }
    return sum;
  }
  void main() {
    vec3 soft = texture2D(halo, at).rgb;
    vec3 wide = texture2D(veil, at).rgb;
    vec3 seen = (1.0 - scatter.x - scatter.y) * sharp() + scatter.x * soft + scatter.y * wide;
    seen += scatter.z;
    for (int k = 0; k < ${MAX_DROPS}; k += 1) {
      if (float(k) >= dropCount) break;
      vec2 from = (at * size - drops[k].xy) / drops[k].z;
      if (dot(from, from) > 1.2) continue;
      float inside = 1.0 - smoothstep(0.75, 1.05, length(from));
      vec2 through = (drops[k].xy - 1.6 * from * drops[k].z) / size;
      vec3 bent = mix(texture2D(veil, through).rgb, texture2D(halo, through).rgb, 0.4) * (1.0 - 0.25 * length(from));
      seen = mix(seen, bent, 0.85 * inside);
    }
    vec3 grain = vec3(gauss(1u), gauss(2u), gauss(3u));
    seen += sqrt(noise.x * max(seen, 0.0) + noise.y * noise.y) * grain;
    vec3 x = max(seen, 0.0) * 0.9;
    vec3 toned = clamp((x * (2.51 * x + 0.03)) / (x * (2.43 * x + 0.59) + 0.14), 0.0, 1.0);
    vec3 coded = mix(12.92 * toned, 1.055 * pow(toned, vec3(1.0 / 2.4)) - 0.055, step(0.0031308, toned));
    gl_FragColor = vec4(coded, 1.0);
  }`;

export function createLens({ width, height, glare, veil, noise, drops }) {
  const halo = createBlur({ width, height, spread: 0.6 });
  const wide = createBlur({ width, height, spread: 3 });
  const padded = Array.from({ length: MAX_DROPS }, (_, k) => new THREE.Vector3(...(drops[k] ?? [0, 0, 1])));
  const develop = createPass(DEVELOP, {
    ...{ light: null, halo: null, veil: null, frame: 0, dropCount: drops.length, drops: padded },
    scatter: new THREE.Vector3(glare[0], glare[1], veil),
    size: new THREE.Vector2(width, height),
    noise: new THREE.Vector2(...noise),
  });
  return (renderer, { light, frame }) => {
    const soft = halo(renderer, light);
    Object.assign(develop.uniforms.light, { value: light });
    Object.assign(develop.uniforms.halo, { value: soft });
    Object.assign(develop.uniforms.veil, { value: wide(renderer, soft) });
    develop.uniforms.frame.value = frame;
    develop.run(renderer, null);
  };
}
