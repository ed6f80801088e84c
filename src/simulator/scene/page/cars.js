import { createParts, wheelArch } from './parts.js';

const DARK = 0x17181a;
const CHROME = 0xd4d6d8;
const PLATE = 0x1c4fa8;
const LAMP = 0xf4f7fa;
const TAIL = 0xb01212;
const SILL_M = 0.2;

/** Metres; roof: front foot, front top, rear top and rear foot of the windows' band, in u. */
const SHAPES = {
  sedan: {
    length: 4.6,
    width: 1.82,
    height: 1.45,
    belt: 0.92,
    hood: 0.9,
    wheel: 0.33,
    roof: [1.58, 2.25, 3.32, 4.05],
  },
  suv: {
    length: 4.7,
    width: 1.9,
    height: 1.72,
    belt: 1.08,
    hood: 1.05,
    wheel: 0.37,
    roof: [1.6, 2.2, 4.3, 4.55],
  },
  hatch: {
    length: 4.1,
    width: 1.76,
    height: 1.5,
    belt: 0.94,
    hood: 0.92,
    wheel: 0.33,
    roof: [1.3, 1.95, 3.6, 4.0],
  },
};

/** A passenger car: 'sedan', 'suv' or 'hatch'. */
export function buildCar(name) {
  const shape = SHAPES[name];
  const parts = createParts();
  addLowerBody(parts, shape);
  addGreenhouse(parts, shape);
  addFront(parts, shape);
  addRear(parts, shape);
  addSides(parts, shape);
  return parts.merge();
}

function addLowerBody(parts, { length, width, belt, hood, wheel, roof }) {
  const arch = (u) => wheelArch({ u, wheelRadius: wheel, clearance: 0.07, sill: SILL_M });
  const points = [
    [0.06, SILL_M + 0.02],
    [0, 0.45],
    [0.02, 0.62, 0.1, 0.7],
    [0.35, hood - 0.1, 0.95, hood],
    [roof[0] - 0.1, belt],
    [length - 0.7, belt + 0.03],
    [length - 0.12, belt, length - 0.06, belt - 0.2],
    [length, 0.5],
    [length - 0.06, SILL_M + 0.04],
    ...arch(length - 0.85),
    ...arch(0.85),
  ];
  parts.profile('paint', { points, width, bevel: 0.07 });
  parts.box('trim', {
    size: [width - 0.25, 0.3, length - 0.5],
    at: [0, SILL_M + 0.12, length / 2],
    color: DARK,
  });
}

function addGreenhouse(parts, { width, height, belt, roof: [frontFoot, frontTop, rearTop, rearFoot] }) {
  const taper = { fromY: belt, toY: height, amount: 0.2 };
  parts.profile('paint', {
    points: [
      [frontFoot, belt - 0.03],
      [frontTop, height - 0.04],
      [frontTop + 0.25, height, (frontTop + rearTop) / 2, height],
      [rearTop - 0.1, height, rearTop, height - 0.05],
      [rearFoot, belt - 0.03],
    ],
    width: width - 0.08,
    bevel: 0.05,
    taper,
  });
  parts.profile('glass', {
    points: [
      [frontFoot + 0.22, belt + 0.03],
      [frontTop + 0.1, height - 0.12],
      [rearTop - 0.12, height - 0.12],
      [rearFoot - 0.35, belt + 0.03],
    ],
    width: width - 0.05,
    bevel: 0,
    taper,
  });
  const low = (width - 0.08) / 2 - 0.08;
  const high = low * 0.82;
  const screen = (foot, top, out) =>
    parts.quad('glass', {
      corners: [
        [-low, belt + 0.04, foot + out],
        [low, belt + 0.04, foot + out],
        [high, height - 0.1, top + out],
        [-high, height - 0.1, top + out],
      ],
    });
  screen(frontFoot + 0.05, frontTop - 0.02, -0.03);
  screen(rearFoot - 0.05, rearTop + 0.02, 0.03);
}

function addFront(parts, { width, belt, roof }) {
  for (const side of [-1, 1]) {
    const turn = [0, side * 0.35, 0];
    parts.box('lamp', {
      size: [0.42, 0.15, 0.2],
      at: [side * (width / 2 - 0.3), 0.68, 0.11],
      turn,
      color: LAMP,
    });
    parts.box('trim', { size: [0.22, 0.1, 0.06], at: [side * (width / 2 - 0.28), 0.38, 0.03], color: DARK });
    parts.box('paint', {
      size: [0.2, 0.13, 0.1],
      at: [side * (width / 2 + 0.06), belt + 0.08, roof[0] + 0.35],
    });
  }
  parts.box('trim', { size: [width * 0.5, 0.2, 0.06], at: [0, 0.6, 0], color: DARK });
  parts.box('trim', { size: [width * 0.62, 0.14, 0.06], at: [0, 0.34, 0.03], color: DARK });
  parts.box('trim', { size: [width * 0.5, 0.03, 0.07], at: [0, 0.66, 0], color: CHROME });
  parts.box('trim', { size: [0.46, 0.14, 0.03], at: [0, 0.44, -0.03], color: PLATE });
}

function addRear(parts, { length, width }) {
  for (const side of [-1, 1]) {
    const turn = [0, -side * 0.2, 0];
    parts.box('lamp', {
      size: [0.4, 0.18, 0.12],
      at: [side * (width / 2 - 0.26), 0.78, length - 0.07],
      turn,
      color: TAIL,
    });
  }
  parts.box('trim', { size: [0.46, 0.14, 0.03], at: [0, 0.66, length + 0.015], color: PLATE });
  parts.box('trim', { size: [width * 0.8, 0.14, 0.05], at: [0, 0.34, length - 0.02], color: DARK });
}

function addSides(parts, { length, width, wheel, roof: [, frontTop, rearTop], belt, height }) {
  const half = length / 2;
  for (const side of [-1, 1]) {
    for (const u of [0.85, length - 0.85]) {
      parts.wheel({ radius: wheel, width: 0.22, at: [side * (width / 2 - 0.12), wheel, u], side });
    }
    for (const u of [half - 0.1, half + 0.85]) {
      parts.box('trim', { size: [0.01, 0.5, 0.012], at: [side * (width / 2 - 0.005), 0.62, u], color: DARK });
      parts.box('trim', {
        size: [0.02, 0.025, 0.18],
        at: [side * (width / 2), 0.78, u + 0.1],
        color: CHROME,
      });
    }
    parts.box('trim', {
      size: [0.012, 0.05, length - 2.6],
      at: [side * (width / 2 - 0.002), 0.36, half],
      color: DARK,
    });
    const pillar = [side * (width / 2 - 0.13), (height + belt) / 2, (frontTop + rearTop) / 2 + 0.05];
    parts.box('paint', { size: [0.03, height - belt - 0.1, 0.07], at: pillar, turn: [0, 0, side * 0.28] });
  }
}
