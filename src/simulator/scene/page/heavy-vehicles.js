import { createParts, wheelArch } from './parts.js';

const DARK = 0x2a2c2e;
const BLACK = 0x17181a;
const GREY = 0x8a8d90;
const WHITE = 0xececea;
const AMBER = 0xd07010;
const LAMP = 0xf4f7fa;
const TAIL = 0xa01010;
const PLATE = 0xd0a820;

/** A panel van, 5.4 m. */
export function buildVan() {
  const [length, width, height, sill] = [5.4, 1.95, 2.2, 0.25];
  const parts = createParts();
  const arch = (u) => wheelArch({ u, wheelRadius: 0.35, clearance: 0.07, sill });
  const points = [
    [0.05, sill],
    [0, 0.5],
    [0.05, 0.9],
    [0.2, 1.1, 0.9, 1.2],
    [1.55, 2.05],
    [1.8, height, 2.3, height],
    [length - 0.15, height],
    [length, height, length, height - 0.2],
    [length, sill],
    ...arch(length - 0.9),
    ...arch(0.9),
  ];
  parts.profile('paint', { points, width, bevel: 0.07 });
  parts.quad('glass', {
    corners: [
      [-0.85, 1.24, 0.86],
      [0.85, 1.24, 0.86],
      [0.75, 2, 1.44],
      [-0.75, 2, 1.44],
    ],
  });
  for (const side of [-1, 1]) {
    const pane = [
      [1.15, 1.25],
      [1.62, 1.95],
      [2.35, 1.95],
      [2.35, 1.25],
    ];
    parts.profile('glass', { points: pane, width: 0.012, bevel: 0, x: side * (width / 2 + 0.004) });
    for (const u of [2.45, 3.3]) {
      parts.box('trim', { size: [0.012, 1.6, 0.015], at: [side * (width / 2 + 0.004), 1.2, u], color: DARK });
    }
    parts.box('trim', { size: [0.012, 0.03, 2.2], at: [side * (width / 2 + 0.004), 1.15, 3.8], color: DARK });
    parts.box('lamp', { size: [0.35, 0.3, 0.15], at: [side * 0.75, 0.85, 0.06], color: LAMP });
    parts.box('lamp', { size: [0.16, 0.55, 0.06], at: [side * 0.88, 1.15, length + 0.03], color: TAIL });
    parts.box('trim', { size: [0.2, 0.3, 0.12], at: [side * (width / 2 + 0.1), 1.35, 1.25], color: DARK });
    parts.box('glass', { size: [0.7, 0.55, 0.02], at: [side * 0.45, 1.65, length + 0.06] });
    for (const u of [0.9, length - 0.9]) {
      parts.wheel({ radius: 0.35, width: 0.24, at: [side * (width / 2 - 0.13), 0.35, u], side });
    }
  }
  parts.box('trim', { size: [width - 0.1, 0.25, 0.06], at: [0, 0.42, 0], color: DARK });
  parts.box('trim', { size: [1.1, 0.2, 0.05], at: [0, 0.8, -0.02], color: BLACK });
  parts.box('trim', { size: [1.1, 0.03, 0.06], at: [0, 0.92, -0.02], color: WHITE });
  parts.box('trim', { size: [0.46, 0.14, 0.03], at: [0, 0.44, -0.06], color: PLATE });
  parts.box('trim', { size: [width - 0.1, 0.22, 0.08], at: [0, 0.42, length + 0.03], color: DARK });
  return parts.merge();
}

/** A two-axle box truck with the cab over the engine, 7.5 m; made to be seen from the front. */
export function buildTruck() {
  const [length, width] = [7.5, 2.3];
  const parts = createParts();
  parts.profile('paint', {
    points: [
      [0, 0.5],
      [-0.02, 1.25],
      [0.1, 1.4, 0.12, 1.45],
      [0.45, 2.35],
      [0.6, 2.5, 0.9, 2.5],
      [1.75, 2.5],
      [1.75, 0.5],
    ],
    width: 2.1,
    bevel: 0.08,
  });
  parts.box('trim', {
    size: [width, 2.5, length - 2.05],
    at: [0, 2.18, length - (length - 2.05) / 2],
    color: WHITE,
  });
  parts.box('glass', { size: [1.85, 0.78, 0.03], at: [0, 1.95, 0.25], turn: [-0.36, 0, 0] });
  parts.box('paint', { size: [1.9, 0.3, 0.7], at: [0, 2.75, 1.2], turn: [0.5, 0, 0] });
  for (const side of [-1, 1]) {
    for (let rib = 0; rib < 9; rib += 1) {
      parts.box('trim', {
        size: [0.01, 2.5, 0.03],
        at: [side * 1.155, 2.2, 2.2 + rib * 0.62],
        color: 0xbfbfbb,
      });
    }
    parts.box('glass', { size: [0.02, 0.62, 0.85], at: [side * 1.055, 1.9, 1.05] });
    parts.box('lamp', { size: [0.34, 0.22, 0.05], at: [side * 0.78, 0.82, -0.02], color: LAMP });
    parts.box('lamp', { size: [0.12, 0.12, 0.05], at: [side * 0.98, 1.08, -0.02], color: AMBER });
    parts.box('trim', { size: [0.16, 0.45, 0.12], at: [side * 1.28, 1.95, 0.3], color: BLACK });
    parts.box('trim', { size: [0.08, 0.5, 2.4], at: [side * 1.08, 0.62, 3.7], color: DARK });
    parts.box('lamp', { size: [0.34, 0.2, 0.05], at: [side * 0.95, 0.78, length + 0.02], color: TAIL });
    for (const u of [0.95, length - 1.3]) {
      parts.wheel({ radius: 0.45, width: 0.28, at: [side * 0.95, 0.45, u], side });
    }
  }
  parts.box('trim', { size: [1.3, 0.38, 0.04], at: [0, 1.05, -0.03], color: BLACK });
  for (const y of [0.95, 1.05, 1.15]) {
    parts.box('trim', { size: [1.2, 0.02, 0.06], at: [0, y, -0.03], color: GREY });
  }
  parts.box('trim', { size: [2.05, 0.25, 0.08], at: [0, 0.52, -0.02], color: DARK });
  parts.box('trim', { size: [0.46, 0.14, 0.03], at: [0, 0.54, -0.07], color: PLATE });
  parts.box('trim', { size: [0.9, 0.35, length - 0.8], at: [0, 0.65, length / 2 + 0.2], color: BLACK });
  parts.box('trim', { size: [2.25, 0.16, 0.12], at: [0, 0.5, length - 0.02], color: DARK });
  return parts.merge();
}

/** A two-tone city bus, 10.5 m, doors on the kerb side. */
export function buildBus() {
  const [length, width] = [10.5, 2.5];
  const parts = createParts();
  parts.profile('paint', {
    points: [
      [0.02, 0.38],
      [-0.03, 1.15],
      [-0.03, 1.2],
      [length, 1.2],
      [length, 0.38],
    ],
    width,
    bevel: 0.1,
  });
  parts.profile('trim', {
    points: [
      [-0.03, 1.15],
      [0.1, 2.75],
      [0.15, 3, 0.5, 3],
      [length - 0.3, 3],
      [length, 3, length, 2.75],
      [length, 1.15],
    ],
    width,
    bevel: 0.12,
    color: WHITE,
  });
  for (const side of [-1, 1]) addBusSide(parts, { side, length });
  addBusFront(parts);
  parts.box('glass', { size: [2, 0.75, 0.03], at: [0, 2.15, length + 0.06] });
  parts.box('trim', { size: [1.7, 0.6, 0.03], at: [0, 0.85, length + 0.06], color: DARK });
  parts.box('trim', { size: [2.2, 0.18, 2.4], at: [0, 3.1, 5], color: WHITE });
  return parts.merge();
}

function addBusSide(parts, { side, length }) {
  const glassFrom = side < 0 ? 2.9 : 0.7;
  parts.box('glass', {
    size: [0.03, 0.95, length - glassFrom - 0.6],
    at: [side * 1.25, 2.05, (length + glassFrom - 0.6) / 2],
  });
  for (let u = glassFrom + 1.3; u < length - 0.8; u += 1.3) {
    parts.box('trim', { size: [0.04, 0.95, 0.08], at: [side * 1.252, 2.05, u], color: DARK });
  }
  if (side < 0) {
    for (const u of [0.75, 6]) {
      parts.box('glass', { size: [0.03, 2.05, 1.05], at: [side * 1.258, 1.5, u] });
      parts.box('trim', { size: [0.035, 2.1, 0.06], at: [side * 1.26, 1.5, u], color: DARK });
    }
  }
  for (const u of [2.4, length - 2.6]) {
    parts.box('trim', { size: [0.02, 0.95, 1.15], at: [side * 1.252, 0.55, u], color: BLACK });
    parts.wheel({ radius: 0.48, width: 0.3, at: [side * 1.13, 0.48, u], side });
  }
  parts.box('lamp', { size: [0.34, 0.24, 0.06], at: [side * 0.92, 0.78, -0.06], color: LAMP });
  parts.box('lamp', { size: [0.16, 0.16, 0.06], at: [side * 0.6, 0.78, -0.06], color: AMBER });
  parts.box('lamp', { size: [0.26, 0.5, 0.05], at: [side, 1, length + 0.06], color: TAIL });
  parts.box('trim', { size: [0.18, 0.5, 0.14], at: [side * 1.4, 2.45, -0.2], color: DARK });
  parts.box('trim', { size: [0.1, 0.1, 0.35], at: [side * 1.32, 2.75, -0.08], color: DARK });
}

function addBusFront(parts) {
  parts.box('glass', { size: [2.28, 1.35, 0.04], at: [0, 1.98, -0.02], turn: [-0.07, 0, 0] });
  parts.box('trim', { size: [0.03, 1.2, 0.06], at: [0, 1.95, -0.06], color: DARK });
  for (const x of [-0.6, 0.5]) {
    parts.box('trim', { size: [0.03, 0.75, 0.03], at: [x, 1.65, -0.08], turn: [0, 0, 0.5], color: BLACK });
  }
  parts.box('trim', { size: [1.9, 0.32, 0.04], at: [0, 2.78, 0.02], color: 0x0a0a0a });
  [0.5, 0.26, 0.02, -0.3, -0.5].forEach((x, index) => {
    parts.box('lamp', { size: [index < 2 ? 0.2 : 0.12, 0.18, 0.03], at: [x, 2.78, -0.01], color: 0xffa010 });
  });
  parts.box('trim', { size: [2.45, 0.24, 0.06], at: [0, 0.45, -0.03], color: DARK });
  parts.box('trim', { size: [0.46, 0.14, 0.03], at: [0, 0.5, -0.08], color: PLATE });
}
