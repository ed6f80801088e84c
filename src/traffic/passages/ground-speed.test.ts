import { describe, expect, test } from 'vitest';
import { exactPlane, measuredPlane } from '../../../test/fakes/marks.ts';
import { cameraOn, drawPole, type Pole } from '../../../test/fakes/pole.ts';
import { groundSpeed, MAX_SPEED_UNCERTAINTY_PCT, publishedSpeed, type SpeedSample } from './ground-speed.ts';

const POLE: Pole = { heightM: 7, tiltDeg: 15, focalPx: 1400 };
/** Autocorrelation of the box's jitter from one picture to the next. */
const CARRIED = 0.5;

interface Drive {
  readonly speedKmh: number;
  readonly fromM: number;
  readonly pictures?: number;
  /** Standard deviation of the foot, pixels, and of the stamps, ms. */
  readonly jitterPx?: number;
  readonly stampMs?: number;
  readonly normal?: () => number;
}

/** The feet of a vehicle that comes towards the camera, ten pictures in a second. */
function drive(pole: Pole, of: Drive): readonly SpeedSample[] {
  const { speedKmh, fromM, pictures = 11, jitterPx = 0, stampMs = 0, normal = () => 0 } = of;
  const fresh = Math.sqrt(1 - CARRIED ** 2);
  let [dx, dy] = [normal() * jitterPx, normal() * jitterPx];
  return Array.from({ length: pictures }, (_, i) => {
    const [x, y] = cameraOn(pole).pixelOf([1.7, fromM - (speedKmh / 3.6) * i * 0.1]);
    [dx, dy] = [CARRIED * dx + fresh * normal() * jitterPx, CARRIED * dy + fresh * normal() * jitterPx];
    return { atMs: i * 100 + normal() * stampMs, foot: [x + dx, y + dy] };
  });
}

describe('a speed on the ground', () => {
  const near = { plane: exactPlane(POLE), boxHeightPx: 60, atMs: 500 };

  test('is what the vehicle drives', () => {
    const speed = publishedSpeed(drive(POLE, { speedKmh: 54, fromM: 35 }), near);
    expect(speed?.speedKmh).toBeCloseTo(54, 1);
    expect(speed?.uncertaintyPct).toBeGreaterThan(3);
    expect(speed?.uncertaintyPct).toBeLessThan(15);
  });

  test('is less certain farther away, from fewer pictures, and where the box jumps', () => {
    const at = (of: Partial<Drive>): number =>
      groundSpeed(drive(POLE, { speedKmh: 54, fromM: 30, ...of }), near)?.uncertaintyPct ?? Number.NaN;
    expect(at({ fromM: 60 })).toBeGreaterThan(at({}));
    expect(at({ pictures: 6 })).toBeGreaterThan(at({}));
    let turn = 1;
    const alternating = (): number => {
      turn = -turn;
      return turn;
    };
    expect(at({ jitterPx: 12, normal: alternating })).toBeGreaterThan(at({}));
  });

  test('is less certain of a moment long after the pictures: the vehicle may have got faster', () => {
    const samples = drive(POLE, { speedKmh: 20, fromM: 30 });
    const [now, later] = [500, 1200].map((atMs) => groundSpeed(samples, { ...near, atMs })?.uncertaintyPct);
    expect(later).toBeGreaterThan((now ?? 0) + 5);
  });

  test('is refused where the calibration cannot carry it: paced marks, a low pole, far away', () => {
    const { normal } = drawPole(3);
    const low: Pole = { heightM: 4, tiltDeg: 5, focalPx: 1000 };
    const paced = measuredPlane(low, { count: 4, accuracyM: 1, normal });
    const far = drive(low, { speedKmh: 54, fromM: 70 });
    expect(publishedSpeed(far, { plane: paced, boxHeightPx: 20, atMs: 500 })).toBeNull();
    expect(publishedSpeed(drive(POLE, { speedKmh: 54, fromM: 30 }), near)).not.toBeNull();
  });

  test('is none of a vehicle that creeps: its box jumps as far as it moves', () => {
    expect(publishedSpeed(drive(POLE, { speedKmh: 1, fromM: 30 }), near)).toBeNull();
  });
});

test('the truth lies within the stated uncertainty in at least 95 of 100 drives, and a wrong plane misses it', () => {
  const runs = { drives: 0, published: 0, held: 0, heldWrong: 0 };
  for (let seed = 1; seed <= 600; seed += 1) {
    const { pole, normal, between } = drawPole(seed);
    const plane = measuredPlane(pole, { count: 4 + (seed % 5), accuracyM: 0.1, normal });
    const boxHeightPx = between(25, 120);
    const speedKmh = between(15, 90);
    const jitterPx = Math.max(0.7, 0.03 * boxHeightPx);
    const samples = drive(pole, {
      ...{ speedKmh, fromM: between(25, 45), pictures: 6 + (seed % 10) },
      ...{ jitterPx, stampMs: 15, normal },
    });
    runs.drives += 1;
    const speed = groundSpeed(samples, { plane, boxHeightPx, atMs: (samples.at(-1)?.atMs ?? 0) / 2 });
    if (speed === null || speed.uncertaintyPct > MAX_SPEED_UNCERTAINTY_PCT) continue;
    runs.published += 1;
    const holds = (foundKmh: number): boolean =>
      Math.abs(foundKmh - speedKmh) <= (foundKmh * speed.uncertaintyPct) / 100;
    if (holds(speed.speedKmh)) runs.held += 1;
    if (holds(speed.speedKmh * 1.25)) runs.heldWrong += 1;
  }
  expect(runs.published).toBeGreaterThan(400);
  expect(runs.held / runs.published).toBeGreaterThanOrEqual(0.95);
  expect(runs.heldWrong / runs.published).toBeLessThan(0.1);
});
