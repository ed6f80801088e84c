import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { createImageHealth, type ImageFault, type ImageProblem, type ViewMemory } from './image-health.ts';
import type { LearnedView } from './reference-view.ts';

const SIZE = { netWidthPx: 416, netHeightPx: 256, scaledWidthPx: 416, scaledHeightPx: 234 } as const;
const EVERY_MS = 500;
const LEARN_S = 60;
/** The promise to the operator. */
const WITHIN_S = 60;

/** Brightness of a place in the street, before light, noise and lens. */
function street(x: number, y: number): number {
  const horizon = 70;
  if (y < horizon) {
    const house = Math.floor(x / 52);
    const roof = 20 + ((house * 37) % 30);
    if (y < roof) return 200;
    const isWindow = x % 13 > 5 && y % 15 > 8;
    return isWindow ? 50 : 110 + ((house * 53) % 60);
  }
  const depth = (y - horizon) / (SIZE.scaledHeightPx - horizon);
  const across = (x - 208) / (40 + 260 * depth);
  if (Math.abs(across) > 0.62) return (x >> 4) % 5 === 0 ? 70 : 130;
  if (Math.abs(across) > 0.58) return 210;
  const isMarking = Math.abs(across) < 0.02 && Math.floor(12 * Math.sqrt(depth)) % 2 === 0;
  return isMarking ? 220 : 90;
}

interface Look {
  /** Pixels that the camera has turned by. */
  readonly byX?: number;
  readonly byY?: number;
  /** How far it hangs askew, clockwise in the picture, and how much larger things are. */
  readonly rollDeg?: number;
  readonly zoom?: number;
  /** Half width of the lens's blur. */
  readonly blurPx?: number;
  /** Multiplies the light. */
  readonly light?: number;
  /** Share of the picture, from the left, that something grey covers. */
  readonly covered?: number;
  /** Levels of noise, uniform; 0 for a perfect sensor. */
  readonly noise?: number;
  /** Whether cars drive. */
  readonly traffic?: boolean;
}

const emptyStreets = new Map<string, Float32Array>();

/** The street without cars and light, as a lens shows it. */
function emptyStreet({ byX = 0, byY = 0, rollDeg = 0, zoom = 1, blurPx = 0 }: Look): Float32Array {
  const key = `${byX} ${byY} ${rollDeg} ${zoom} ${blurPx}`;
  const known = emptyStreets.get(key);
  if (known !== undefined) return known;
  const { scaledWidthPx, scaledHeightPx } = SIZE;
  const seen = new Float32Array(scaledWidthPx * scaledHeightPx);
  const [cos, sin] = [Math.cos((rollDeg * Math.PI) / 180) / zoom, Math.sin((rollDeg * Math.PI) / 180) / zoom];
  const [middleX, middleY] = [scaledWidthPx / 2, scaledHeightPx / 2];
  for (let at = 0; at < seen.length; at += 1) {
    const dx = (at % scaledWidthPx) - middleX;
    const dy = Math.floor(at / scaledWidthPx) - middleY;
    const x = Math.round(middleX + cos * dx + sin * dy) + byX;
    const y = Math.round(middleY - sin * dx + cos * dy) + byY;
    let sum = 0;
    for (let dx = -blurPx; dx <= blurPx; dx += 1)
      for (let dy = -blurPx; dy <= blurPx; dy += 1) sum += street(x + dx, y + dy);
    seen[at] = sum / (2 * blurPx + 1) ** 2;
  }
  emptyStreets.set(key, seen);
  return seen;
}

/** One picture, `atS` after the start; the same for the same arguments. */
function picture(look: Look, atS: number): Uint8Array {
  const { byX = 0, byY = 0, light = 1, covered = 0, noise = 6, traffic = true } = look;
  const empty = emptyStreet(look);
  const pixels = new Uint8Array(3 * SIZE.netWidthPx * SIZE.netHeightPx);
  const carX = ((atS * 60) % 600) - byX;
  const seen = (x: number, y: number): number => {
    const isCar = traffic && y > 120 - byY && y < 190 - byY && x > carX - 110 && x < carX;
    return isCar ? 170 : (empty[y * SIZE.scaledWidthPx + x] ?? 0);
  };
  let random = Math.round(atS * 2) * 7919 + 1;
  for (let y = 0; y < SIZE.scaledHeightPx; y += 1) {
    for (let x = 0; x < SIZE.scaledWidthPx; x += 1) {
      random = (random * 1103515245 + 12345) & 0x7fffffff;
      const grey = x < covered * SIZE.scaledWidthPx ? 100 : light * seen(x, y);
      pixels[y * SIZE.netWidthPx + x] = Math.min(
        255,
        Math.max(0, grey + ((random >> 16) % 100) * 0.01 * noise),
      );
    }
  }
  return pixels;
}

interface Told {
  readonly faults: readonly ImageFault[];
  /** Seconds at which pictures were not trusted. */
  readonly doubtedS: readonly number[];
}

/** Shows a minute of the street, then each look for its time, each picture for half a second. */
function show(
  looks: readonly { readonly look: Look; readonly forS: number; readonly hung?: boolean }[],
  timing: Parameters<typeof createImageHealth>[1] = {},
  memory?: ViewMemory,
): Told {
  const health = createImageHealth(SIZE, timing, memory);
  const faults: ImageFault[] = [];
  const doubtedS: number[] = [];
  let atMs = 0;
  for (const { look, forS, hung = false } of [{ look: {}, forS: LEARN_S }, ...looks]) {
    const startMs = atMs;
    for (; atMs < startMs + forS * 1000; atMs += EVERY_MS) {
      faults.push(...health.inspect(picture(look, (hung ? startMs : atMs) / 1000), atMs));
      if (!health.isTrusted) doubtedS.push(atMs / 1000);
    }
  }
  return { faults, doubtedS };
}

const CASES: readonly {
  readonly code: ImageProblem;
  readonly what: string;
  readonly look: Look;
  hung?: boolean;
}[] = [
  { code: 'black', what: 'a cap over the lens', look: { light: 0, noise: 3 } },
  { code: 'too-dark', what: 'a street without any light', look: { light: 0.08, noise: 6 } },
  { code: 'overexposed', what: 'an iris that stays open', look: { light: 4 } },
  { code: 'covered', what: 'a bag over the lens', look: { covered: 1 } },
  { code: 'covered', what: 'a bag over most of the lens', look: { covered: 0.85 } },
  { code: 'blurred', what: 'water on the glass', look: { blurPx: 2 } },
  { code: 'blurred', what: 'a lens far out of focus', look: { blurPx: 5 } },
  { code: 'moved', what: 'a camera that was knocked', look: { byX: 16, byY: 8 } },
  { code: 'moved', what: 'a camera that was turned further', look: { byX: -60 } },
  { code: 'moved', what: 'a camera that hangs askew', look: { rollDeg: 5 } },
  { code: 'moved', what: 'a camera that hangs askew the other way', look: { rollDeg: -7 } },
  { code: 'moved', what: 'a lens of another length', look: { zoom: 1.12 } },
  { code: 'moved', what: 'another camera in its place', look: { zoom: 1.2, rollDeg: -4 } },
  { code: 'frozen', what: 'a hung sensor, with noise in its last picture', look: {}, hung: true },
];

test.each(CASES)('$what is $code within a minute, and over within a minute', ({ code, look, hung }) => {
  const { faults, doubtedS } = show([
    { look, forS: WITHIN_S, hung: hung ?? false },
    { look: {}, forS: WITHIN_S },
  ]);
  expect(faults).toMatchObject([
    { code, active: true },
    { code, active: false },
  ]);
  // Nothing is claimed from such pictures long before the fault opens, and nothing is withheld before they come.
  expect(doubtedS[0]).toBeGreaterThanOrEqual(LEARN_S);
  expect(doubtedS[0]).toBeLessThanOrEqual(LEARN_S + 7);
  expect(doubtedS.at(-1)).toBeLessThanOrEqual(((faults[1]?.atMs ?? 0) + EVERY_MS) / 1000);
});

test.each<{ readonly what: string; readonly look: Look }>([
  {
    what: 'an empty road at night, where only noise moves',
    look: { light: 0.35, noise: 10, traffic: false },
  },
  { what: 'a queue that stands', look: { traffic: false } },
  { what: 'a cloud before the sun', look: { light: 0.6 } },
  { what: 'the sun', look: { light: 1.3 } },
  { what: 'a lorry before a third of the picture', look: { covered: 0.35 } },
  { what: 'a pole that sways by a pixel', look: { byX: 1 } },
  { what: 'a pole that bends by half a degree', look: { rollDeg: 0.5 } },
  { what: 'a noisy sensor', look: { noise: 40 } },
])('$what is no fault', ({ look }) => {
  expect(show([{ look, forS: 90 }])).toEqual({ faults: [], doubtedS: [] });
});

test('a picture that hangs for less than the time to a fault is one doubt and no fault', () => {
  const { faults, doubtedS } = show([
    { look: {}, forS: 12, hung: true },
    { look: {}, forS: 30 },
  ]);
  expect(faults).toEqual([]);
  expect(doubtedS.length).toBeGreaterThan(5);
  expect(doubtedS.at(-1)).toBeLessThan(LEARN_S + 12);
});

describe('after a restart', () => {
  /** What a run has kept that was shown a look for so long after its minute of the street. */
  function keptAfter(look: Look, forS: number): LearnedView[] {
    const views: LearnedView[] = [];
    show(
      [{ look, forS }],
      { keepEveryMs: 30_000 },
      { before: null, keep: (view) => views.push(view), note: '' },
    );
    return views;
  }
  /** The first minute of the next run. */
  function startWith(look: Look, before: LearnedView | null): readonly ImageFault[] {
    const health = createImageHealth(SIZE, {}, { before, keep: () => undefined, note: '' });
    const times = Array.from({ length: 120 }, (_, at) => at * EVERY_MS);
    return times.flatMap((atMs) => health.inspect(picture(look, atMs / 1000), atMs));
  }

  test('a camera that was turned while nobody looked is told', () => {
    const [before = null] = keptAfter({}, 1);
    expect(startWith({ byX: 16, byY: 8 }, before)).toMatchObject([{ code: 'moved', active: true }]);
    expect(startWith({ byX: 16, byY: 8 }, null)).toEqual([]);
  });

  test('the same view, also in less light, is none', () => {
    const [before = null] = keptAfter({}, 1);
    expect(startWith({}, before)).toEqual([]);
    expect(startWith({ light: 0.5 }, before)).toEqual([]);
  });

  test('a view is kept once it is learned and from time to time, and never one that is in doubt', () => {
    expect(keptAfter({}, 10)).toHaveLength(1);
    expect(keptAfter({}, 65)).toHaveLength(3);
    expect(keptAfter({ byX: 16, byY: 8 }, 65)).toHaveLength(1);
  });
});

test('a lens that is out of focus is told through the noise of a dark evening, too', () => {
  const evening = { light: 0.7, noise: 24 };
  const { faults } = show([
    { look: evening, forS: LEARN_S },
    { look: { ...evening, blurPx: 3 }, forS: WITHIN_S },
  ]);
  expect(faults).toMatchObject([{ code: 'blurred', active: true }]);
});

test('a sensor that becomes quiet in the morning has not become soft', () => {
  const night = { light: 0.5, noise: 40 };
  const looks = [
    { look: night, forS: 300 },
    { look: { light: 0.8, noise: 12 }, forS: 30 },
    { look: {}, forS: WITHIN_S },
  ];
  expect(show(looks)).toEqual({ faults: [], doubtedS: [] });
});

test('dusk is learned as it falls', () => {
  const looks = Array.from({ length: 40 }, (_, step) => ({ look: { light: 1 - step * 0.018 }, forS: 8 }));
  expect(show(looks).faults).toEqual([]);
});

test('time without pictures opens nothing', () => {
  const health = createImageHealth(SIZE);
  const black = picture({ light: 0, noise: 0 }, 0);
  const faults = [0, 600_000, 1_200_000].flatMap((atMs) => health.inspect(black, atMs));
  expect(faults).toEqual([]);
});

test('a picture in whatever size is judged', () => {
  fc.assert(
    fc.property(fc.integer({ min: 1, max: 200 }), fc.integer({ min: 1, max: 200 }), (widthPx, heightPx) => {
      const net = { netWidthPx: 224, scaledWidthPx: widthPx, scaledHeightPx: heightPx };
      const health = createImageHealth(net, { learnPictures: 2 });
      const pixels = Uint8Array.from({ length: 3 * 224 * 224 }, (_, at) => (at * 31) % 251);
      for (let at = 0; at < 5; at += 1) health.inspect(pixels, at * EVERY_MS);
      expect(typeof health.isTrusted).toBe('boolean');
    }),
    { numRuns: 30 },
  );
});
