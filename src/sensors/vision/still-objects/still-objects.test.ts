import { describe, expect, test } from 'vitest';
import type { Track } from '../tracker.ts';
import { createStillObjects, type StillObject } from './still-objects.ts';

const PLACEMENT = { netWidthPx: 416, netHeightPx: 256, scaledWidthPx: 416, scaledHeightPx: 234 };
const LEARN_MS = 6000;
const LOOK_MS = 500;
const BEGUN_MS = 8000;
const ASPHALT = 100;

/** The same each time: a test that fails, fails again. */
function hash(a: number, b: number, c = 0): number {
  const mixed = Math.imul(
    Math.imul(a + 1, 73_856_093) ^ Math.imul(b + 1, 19_349_663) ^ Math.imul(c + 1, 83_492_791),
    0x2c1b3c6d,
  );
  return ((mixed ^ (mixed >>> 15)) >>> 0) / 2 ** 32;
}

interface Patch {
  readonly box: readonly [number, number, number, number];
  /** What is seen there, given the road's grey. */
  readonly grey: (road: number, x: number, y: number) => number;
}

/** A picture of asphalt with its grain, two kerbs and a broken line; compression noise of a few levels. */
function draw(
  look: number,
  patches: readonly Patch[],
  { shiftPx = 0, gain = 1, noise = 5 } = {},
): Uint8Array {
  const pixels = new Uint8Array(3 * PLACEMENT.netWidthPx * PLACEMENT.netHeightPx);
  for (let y = 0; y < PLACEMENT.scaledHeightPx; y += 1) {
    for (let x = 0; x < PLACEMENT.scaledWidthPx; x += 1) {
      const [roadX, roadY] = [x + shiftPx, y + shiftPx];
      const isKerb = roadX < 30 || roadX > 390;
      const isLine = Math.abs(roadX - 210) < 3 && roadY % 60 < 30;
      let grey = (isKerb ? 150 : isLine ? 190 : ASPHALT) + 12 * (hash(roadX >> 1, roadY >> 1) - 0.5);
      for (const { box, grey: of } of patches) {
        if (x >= box[0] && x < box[2] && y >= box[1] && y < box[3]) grey = of(grey, x, y);
      }
      const value = gain * grey + noise * (hash(x, y, look + 7) - 0.5);
      pixels[y * PLACEMENT.netWidthPx + x] = Math.max(0, Math.min(255, Math.round(value)));
    }
  }
  return pixels;
}

/** Cars of the size that the road's cars have at each place: their height is a third of how far down they stand. */
function carAt(track: number, x: number, footY: number): Track {
  const height = footY / 3;
  const box = [x - 0.6 * height, footY - height, x + 0.6 * height, footY] as const;
  return { track, class: 'car', score: 0.7, box, coasting: false };
}
const body = ({ box }: Track): Patch => ({
  box,
  grey: (_, x, y) => (y < box[1] + 15 ? 30 : 60 + 90 * hash(x >> 3, 1)),
});
/** Traffic that passes while the scale of the road is learned and afterwards. */
const passing = (atMs: number): Track =>
  carAt(1 + Math.floor(atMs / 4000), 290, 60 + ((atMs % 4000) / 4000) * 165);

interface Road {
  readonly patches?: (atMs: number) => readonly Patch[];
  readonly tracks?: (atMs: number) => readonly Track[];
  readonly light?: (atMs: number) => Parameters<typeof draw>[2];
}

/** What is claimed from 0 to `untilMs`, with the moment of each claim. */
function claims({ patches = () => [], tracks = () => [], light = () => ({}) }: Road, untilMs = 24_000) {
  const still = createStillObjects(PLACEMENT, { learnMs: LEARN_MS, lookEveryMs: LOOK_MS });
  const all: (StillObject & { readonly atMs: number })[] = [];
  for (let atMs = 0; atMs <= untilMs; atMs += LOOK_MS) {
    const cars = [...(atMs < 16_000 ? [passing(atMs)] : []), ...tracks(atMs)];
    // What passes is drawn nearer than what lies on the road.
    const picture = draw(
      atMs,
      [...patches(atMs), ...(atMs < 16_000 ? [body(passing(atMs))] : [])],
      light(atMs),
    );
    all.push(...still.look(picture, cars, atMs).map((object) => ({ ...object, atMs })));
  }
  return all;
}

const CARTON: Patch = { box: [100, 150, 120, 164], grey: (_, x, y) => 175 + 20 * hash(x >> 2, y >> 2) };
const since =
  (...patches: readonly Patch[]) =>
  (atMs: number): readonly Patch[] =>
    atMs >= BEGUN_MS ? patches : [];

describe('a thing that has come to rest on the road', () => {
  test('is found where it lies, when it has lain there for five seconds', () => {
    const [first] = claims({ patches: since(CARTON) });
    expect(first?.atMs).toBeGreaterThanOrEqual(BEGUN_MS + 4500);
    expect(first?.atMs).toBeLessThanOrEqual(BEGUN_MS + 7000);
    for (const [index, side] of (first?.box ?? []).entries()) {
      expect(Math.abs(side - (CARTON.box[index] ?? 0))).toBeLessThanOrEqual(2);
    }
  });

  test('is found under a light that has changed since the road was learned', () => {
    const dusk = (atMs: number) => ({ gain: atMs < LEARN_MS + 500 ? 1 : 0.6 });
    expect(claims({ patches: since(CARTON), light: dusk })[0]?.object).toBe(1);
  });

  test('keeps its number while traffic passes before it, and is told to have gone once', () => {
    const before = carAt(90, 110, 190);
    const all = claims(
      {
        patches: (atMs) => {
          const hidden = atMs >= 15_000 && atMs < 17_000 ? [body(before)] : [];
          return [...(atMs >= BEGUN_MS && atMs < 20_000 ? [CARTON] : []), ...hidden];
        },
        tracks: (atMs) => (atMs >= 15_000 && atMs < 17_000 ? [before] : []),
      },
      30_000,
    );
    expect(new Set(all.map(({ object }) => object))).toEqual(new Set([1]));
    expect(all.filter(({ present }) => !present)).toHaveLength(1);
    expect(all.at(-1)?.present).toBe(false);
  });

  test('may be as small as an eighth of a car is high', () => {
    // A car at y = 160 is 53 pixels high.
    const brick: Patch = { box: [100, 152, 108, 160], grey: () => 190 };
    const grain: Patch = { box: [150, 156, 154, 160], grey: () => 190 };
    expect(claims({ patches: since(brick) })).not.toEqual([]);
    expect(claims({ patches: since(grain) })).toEqual([]);
  });
});

const PARKED = carAt(80, 110, 180);
/** No larger than a thing may be. */
const SCOOTER: Track = { ...PARKED, class: 'motorcycle', box: [95, 145, 120, 180] };
const isThere = (from: number, to: number) => (atMs: number) => atMs >= from && atMs < to;

describe('no thing', () => {
  test.each<[string, Road]>([
    ['is an empty road', {}],
    [
      'is what rolls over the road without resting',
      {
        patches: (atMs) => [
          { ...CARTON, box: [40 + (atMs / 24_000) * 300, 150, 60 + (atMs / 24_000) * 300, 164] },
        ],
      },
    ],
    ['is the light that changes with a cloud', { light: (atMs) => ({ gain: atMs < BEGUN_MS ? 1 : 0.6 }) }],
    ['is night, and the noise of it', { light: () => ({ gain: 0.25, noise: 14 }) }],
    [
      'is a camera that has been nudged by two pixels',
      { light: (atMs) => ({ shiftPx: atMs < BEGUN_MS ? 0 : 2 }) },
    ],
    [
      'is a camera that sways',
      { light: (atMs) => ({ shiftPx: [0, 2, 1, -2, -1][(atMs / LOOK_MS) % 5] ?? 0 }) },
    ],
    ['is a shadow', { patches: since({ box: [80, 120, 120, 150], grey: (road) => 0.6 * road }) }],
    [
      'is the glow of headlights, which has no outline',
      {
        patches: since({
          box: [60, 150, 160, 230],
          grey: (road, x, y) => road + 45 * Math.max(0, 1 - Math.hypot(x - 110, y - 185) / 30),
        }),
      },
    ],
    [
      'is a vehicle that stands',
      {
        patches: (atMs) => (atMs >= BEGUN_MS ? [body(PARKED)] : []),
        tracks: (atMs) => (atMs >= BEGUN_MS ? [PARKED] : []),
      },
    ],
    [
      'is a two-wheeler that stands and is not detected any more',
      {
        patches: (atMs) => (atMs >= BEGUN_MS ? [body(SCOOTER)] : []),
        tracks: (atMs) => (isThere(BEGUN_MS, 14_000)(atMs) ? [SCOOTER] : []),
      },
    ],
    [
      'is the road behind a thing that had always lain there',
      { patches: (atMs) => (atMs < BEGUN_MS ? [{ ...CARTON, grey: () => 35 }] : []) },
    ],
    [
      'is a mark on the road that a thing had always covered',
      { patches: (atMs) => (atMs < BEGUN_MS ? [{ box: [206, 122, 214, 152], grey: () => 35 }] : []) },
    ],
    [
      'is the road behind a parked two-wheeler that leaves',
      {
        patches: (atMs) => (atMs < 12_000 ? [body(SCOOTER)] : []),
        tracks: (atMs) => (atMs < 12_000 ? [SCOOTER] : []),
      },
    ],
    [
      'is sun that breaks through the trees',
      {
        patches: since(
          ...[60, 100, 140, 180, 240, 300].map(
            (x): Patch => ({ box: [x, 100 + x / 4, x + 18, 116 + x / 4], grey: (road) => 1.6 * road }),
          ),
        ),
      },
    ],
    [
      'is as large as a lorry',
      {
        patches: since({ box: [40, 60, 160, 140], grey: (_, x, y) => 60 + 120 * hash(x >> 4, y >> 4) }),
      },
    ],
  ])('%s', (_, road) => {
    expect(claims(road)).toEqual([]);
  });

  test('can be told from a car far away where no cars have been seen', () => {
    const far: Patch = { box: [100, 18, 108, 24], grey: () => 190 };
    expect(claims({ patches: since(far) })).toEqual([]);
  });
});
