import { beforeAll, describe, expect, test } from 'vitest';
import type { ImageFault } from '../../../src/sensors/cameras/health/image-health.ts';
import { type Box, iouOf } from '../../../src/sensors/vision/box.ts';
import { openDetectorSession } from '../../../src/sensors/vision/detector-session.ts';
import { shiftedTruth } from '../../evaluate/truth.ts';
import { LIGHTS, type LightName } from './light.table.ts';
import {
  type Counts,
  countsOf,
  errorsPct,
  medianOf,
  overlapsOf,
  shareWithinStated,
  speedPairsOf,
} from './street-figures.ts';
import { STREET_SCENARIOS } from './street-scenarios.table.ts';
import { buildStreetScene, buildStreetTruth, type StreetTruth } from './street-truth.ts';
import {
  createQuickHealth,
  openStreetSite,
  readStreetScene,
  readStreetTruth,
  type WatchedStreet,
  watchStreet,
} from './watch-street.ts';

/**
 * What the product has to reach. docs/synthetic-scene.md has what it reached; a bound leaves room for about one
 * vehicle. Always the fp32 model: which one a machine chooses depends on its processor.
 */
const BOUNDS: Readonly<Record<LightName, Bounds>> = {
  day: { toward: 0.85, away: 0.85, extra: 1, boxes: 0.93, speedPct: 3, stated: 0.9 },
  dusk: { toward: 0.75, away: 0.85, extra: 1, boxes: 0.55, speedPct: 3, stated: 0.85 },
  night: { toward: 0.7, away: 0.65, extra: 1, boxes: 0.5, speedPct: 7, stated: 0.5 },
  rain: { toward: 0.8, away: 0.85, extra: 1, boxes: 0.75, speedPct: 3, stated: 0.9 },
};

interface Bounds {
  /** Least share of crossings counted, oncoming and receding. */
  readonly toward: number;
  readonly away: number;
  /** Most counted vehicles that did not cross. */
  readonly extra: number;
  /** Least share of large boxes that a track overlaps by half. */
  readonly boxes: number;
  /** Largest median size of the error of speeds. */
  readonly speedPct: number;
  /** Least share of true speeds that lie within what the product states about its own. */
  readonly stated: number;
}

const NAMES = Object.keys(LIGHTS) as LightName[];
/** A vehicle covers its line for half a second: this much later, it is another's time. */
const SHIFT_S = 1.2;
/** So much light is left when the lens is as good as capped. */
const CAPPED_SHARE = 0.05;
const SCALE_ERROR = 1.3;
/** Half a minute on two idle cores. */
const WATCH_LIMIT_MS = 600_000;

const streets = new Map<LightName, WatchedStreet>();
const brightness = new Map<LightName, { readonly mean: number; readonly spread: number }>();
const doubts = new Map<LightName, number>();
const faultsOverDay: ImageFault[] = [];
const faultsCapped: ImageFault[] = [];

beforeAll(async () => {
  const site = await openStreetSite('day');
  const session = await openDetectorSession({ ...site.model, precision: 'fp32' });
  const overDay = createQuickHealth(site);
  const capped = createQuickHealth(site);
  let beforeMs = 0;
  for (const light of NAMES) {
    const levels: { mean: number; spread: number }[] = [];
    const street = await watchStreet({
      light,
      detector: session,
      inspect(pixels, atMs) {
        faultsOverDay.push(...overDay.inspect(pixels, beforeMs + atMs));
        if (!overDay.isTrusted) doubts.set(light, (doubts.get(light) ?? 0) + 1);
        if (light === 'night') {
          const dark = pixels.map((level) => level * CAPPED_SHARE);
          faultsCapped.push(...capped.inspect(dark, atMs));
        }
        levels.push(levelsOf(pixels));
      },
    });
    streets.set(light, street);
    brightness.set(light, {
      mean: medianOf(levels.map(({ mean }) => mean)),
      spread: medianOf(levels.map(({ spread }) => spread)),
    });
    beforeMs += street.truth.duration * 1000;
  }
  await session.release();
}, WATCH_LIMIT_MS);

describe.each(NAMES)('%s', (light) => {
  const street = (): WatchedStreet => {
    const found = streets.get(light);
    if (found === undefined) throw new RangeError(`${light} was not watched`);
    return found;
  };
  const bounds = BOUNDS[light];

  test.each(['toward', 'away'] as const)('vehicles are counted where and when they cross, %s', (heading) => {
    const counts = countsOf(street().judge(street().truth), heading);
    expect(counts.truth).toBeGreaterThanOrEqual(3);
    expect(recallOf(counts)).toBeGreaterThanOrEqual(bounds[heading]);
    expect(counts.extra).toBeLessThanOrEqual(bounds.extra);
  });

  test('a truth that is a moment late, or has its lanes mixed up, is found out', () => {
    const { truth, judge } = street();
    const right = totalOf(judge(truth));
    const late = totalOf(judge(shiftedTruth(truth, SHIFT_S)));
    const mixed = totalOf(judge(withMixedLanes(truth)));
    expect(recallOf(late)).toBeLessThan(0.7 * recallOf(right));
    expect(recallOf(mixed)).toBeLessThan(0.7 * recallOf(right));
  });

  test('speeds are near the true ones, and these lie within what is stated', () => {
    const pairs = speedPairsOf(street(), street().truth);
    expect(pairs.length).toBeGreaterThanOrEqual(5);
    expect(medianOf(errorsPct(pairs).map(Math.abs))).toBeLessThanOrEqual(bounds.speedPct);
    expect(shareWithinStated(pairs)).toBeGreaterThanOrEqual(bounds.stated);
    const scaled = pairs.map((pair) => ({ ...pair, trueKmh: pair.trueKmh * SCALE_ERROR }));
    expect(shareWithinStated(scaled)).toBeLessThan(bounds.stated - 0.2);
  });

  test('tracked boxes lie on the vehicles', () => {
    const overlaps = overlapsOf(street());
    expect(overlaps.length).toBeGreaterThan(40);
    expect(overlaps.filter((overlap) => overlap >= 0.5).length / overlaps.length).toBeGreaterThanOrEqual(
      bounds.boxes,
    );
    const elsewhere = { ...street(), truth: withBoxesOf(street(), 1) };
    expect(medianOf(overlapsOf(elsewhere))).toBeLessThan(medianOf(overlaps) - 0.2);
  });

  test('what happens is reported, and nothing else', () => {
    const { truth, judge } = street();
    const { events, falseAt } = judge(truth);
    expect(events.map(({ type, inTime }) => ({ type, inTime }))).toEqual(
      truth.events.map(({ type }) => ({ type, inTime: true })),
    );
    expect(falseAt).toEqual([]);
    const uneventful = judge({ ...truth, events: [] });
    expect(uneventful.falseAt.length).toBeGreaterThanOrEqual(events.length);
  });

  test('the shipped truth is what the simulation does today: if this fails, render the clip again', async () => {
    const scenario = STREET_SCENARIOS.find(({ name }) => name === light);
    if (scenario === undefined) throw new RangeError(`no scenario ${light}`);
    const { boxes, ...truth } = await readStreetTruth(light);
    expect(truth).toEqual(JSON.parse(JSON.stringify(buildStreetTruth(scenario))));
    expect(boxes.length).toBeGreaterThan(100);
    expect(await readStreetScene(light)).toEqual(JSON.parse(JSON.stringify(buildStreetScene())));
    const pictures = scenario.durationS * 10;
    expect(street().watched.pictures).toBe(pictures);
  });
});

test.each(['day', 'night'] as const)(
  'what the page drew and what the truth says is one geometry, %s',
  async (light) => {
    const { boxes, events } = await readStreetTruth(light);
    const halt = events.find(({ type }) => type === 'stopped_vehicle');
    const [x, y, width, height] = halt?.bbox ?? [0, 0, 0, 0];
    const around = (asideShare: number): Box => [
      x + asideShare * width,
      y,
      x + (1 + asideShare) * width,
      y + height,
    ];
    const standing = boxes.filter(({ t, lane }) => lane === 'clip-2' && t >= (halt?.t_start ?? 0));
    expect(standing.length).toBeGreaterThan(20);
    for (const { box } of standing) {
      expect(iouOf(around(0), box)).toBeGreaterThan(0.8);
      expect(iouOf(around(0.2), box)).toBeLessThan(0.7);
    }
  },
);

test('from day into dusk, rain and night no light is taken for a broken camera', () => {
  expect(faultsOverDay).toEqual([]);
  expect([...doubts]).toEqual([]);
});

test('a camera that shows a twentieth of the night is told', () => {
  expect(faultsCapped.map(({ code, active }) => ({ code, active }))).toEqual([
    { code: expect.stringMatching(/^(black|too-dark)$/), active: true },
  ]);
});

test('the clips show what they are called: the light goes, and rain takes the contrast', () => {
  const of = (light: LightName) => brightness.get(light) ?? { mean: Number.NaN, spread: Number.NaN };
  expect(of('dusk').mean).toBeLessThan(0.9 * of('day').mean);
  expect(of('night').mean).toBeLessThan(0.9 * of('day').mean);
  expect(of('rain').spread).toBeLessThan(of('day').spread);
});

function recallOf({ matched, truth }: Counts): number {
  return matched / truth;
}

function totalOf(judged: ReturnType<WatchedStreet['judge']>): Counts {
  const [toward, away] = [countsOf(judged, 'toward'), countsOf(judged, 'away')];
  return {
    truth: toward.truth + away.truth,
    matched: toward.matched + away.matched,
    extra: toward.extra + away.extra,
  };
}

/** Each lane is given the vehicles of the next one. */
function withMixedLanes(truth: StreetTruth): StreetTruth {
  const { lines } = truth;
  return {
    ...truth,
    lines: lines.map((line, index) => {
      const direction = line.crossings[0]?.direction ?? '';
      const others = lines[(index + 1) % lines.length]?.crossings ?? [];
      return { ...line, crossings: others.map((crossing) => ({ ...crossing, direction })) };
    }),
  };
}

/** The true boxes, so many seconds late. */
function withBoxesOf({ truth }: WatchedStreet, lateS: number): WatchedStreet['truth'] {
  const boxes = truth.boxes.map((box) => ({ ...box, t: box.t + lateS }));
  return { ...truth, boxes: boxes.filter(({ t }) => t < truth.duration) };
}

/** Of the green plane, which comes first: mean, and standard deviation as a share of it. */
function levelsOf(pixels: Uint8Array): { readonly mean: number; readonly spread: number } {
  const green = pixels.subarray(0, pixels.length / 3);
  let sum = 0;
  let squares = 0;
  for (const level of green) {
    sum += level;
    squares += level * level;
  }
  const mean = sum / green.length;
  return { mean, spread: Math.sqrt(Math.max(0, squares / green.length - mean * mean)) / mean };
}
