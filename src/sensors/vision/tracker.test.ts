import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import type { VehicleClass } from '../../traffic/observations/observation.ts';
import type { Detection } from './detections.ts';
import { createTracker, MAX_TRACKS, type Track, type Tracker } from './tracker.ts';

const VIEW = { scoreThreshold: 0.35, widthPx: 416, heightPx: 234 };
const FRAME_MS = 100;

interface Seen {
  readonly x: number;
  readonly y?: number;
  readonly score?: number;
  readonly class?: VehicleClass;
  readonly widthPx?: number;
  readonly heightPx?: number;
}

/** A road user whose foot stands at x, y. */
function seen({ x, y = 150, score = 0.6, widthPx = 40, heightPx = 30, ...rest }: Seen): Detection {
  const box = [x - widthPx / 2, y - heightPx, x + widthPx / 2, y] as const;
  return { box, score, class: rest.class ?? 'car' };
}

/** Shows the tracker one picture after the other and tells what it made of each. */
function watch(
  pictures: readonly (readonly Seen[])[],
  options: { readonly tracker?: Tracker; readonly everyMs?: number; readonly fromMs?: number } = {},
): readonly (readonly Track[])[] {
  const { tracker = createTracker(VIEW), everyMs = FRAME_MS, fromMs = 0 } = options;
  return pictures.map((picture, index) => tracker.update(picture.map(seen), fromMs + index * everyMs));
}

function pictures<T>(count: number, picture: (index: number) => T): readonly T[] {
  return Array.from({ length: count }, (_, index) => picture(index));
}

function idsOf(history: readonly (readonly Track[])[]): readonly number[] {
  return [...new Set(history.flat().map((each) => each.track))].sort((a, b) => a - b);
}

function middleOf(track: Track | undefined): number {
  return track === undefined ? Number.NaN : (track.box[0] + track.box[2]) / 2;
}

describe('becoming a track', () => {
  test('a vehicle is believed at its third detection', () => {
    const history = watch(pictures(4, (i) => [{ x: 50 + 5 * i }]));
    expect(history.map((tracks) => tracks.length)).toEqual([0, 0, 1, 1]);
  });

  test('a box that shows once is nobody', () => {
    expect(idsOf(watch([[{ x: 50 }], [], [], [], [], [{ x: 200 }], [], []]))).toEqual([]);
  });

  test('weak detections alone are nobody', () => {
    expect(idsOf(watch(pictures(20, () => [{ x: 50, score: 0.3 }])))).toEqual([]);
  });

  test('one strong detection among weak ones is nobody', () => {
    const history = watch(pictures(20, (i) => [{ x: 50 + 5 * i, score: i === 0 ? 0.5 : 0.25 }]));
    expect(idsOf(history)).toEqual([]);
  });

  test('weak detections continue what strong ones began', () => {
    const history = watch(pictures(10, (i) => [{ x: 50 + 5 * i, score: i < 2 ? 0.5 : 0.25 }]));
    expect(idsOf(history)).toEqual([1]);
    expect(history.at(-1)?.[0]).toMatchObject({ coasting: false, score: 0.25 });
  });
});

describe('parts of a vehicle', () => {
  const lorry = (i: number): Seen => ({ x: 100 + 4 * i, y: 150, widthPx: 90, heightPx: 80 });

  test('a cab that is drawn beside the whole lorry is no second vehicle', () => {
    const cab = (i: number): Seen => ({ x: 70 + 4 * i, y: 152, widthPx: 45, heightPx: 50, score: 0.7 });
    const history = watch(pictures(20, (i) => (i < 5 ? [lorry(i)] : [cab(i), lorry(i)])));
    expect(idsOf(history)).toEqual([1]);
  });

  test('a box on a roof is none either', () => {
    const load = (i: number): Seen => ({ x: 100 + 4 * i, y: 100, widthPx: 30, heightPx: 25 });
    expect(idsOf(watch(pictures(20, (i) => [lorry(i), ...(i < 5 ? [] : [load(i)])])))).toEqual([1]);
  });

  test('lamps below the cabin of an oncoming car are none either', () => {
    const cabin = (i: number): Seen => ({ x: 150 + 4 * i, y: 120 + 2 * i, widthPx: 40, heightPx: 36 });
    const lamps = (i: number): Seen => ({ x: 154 + 4 * i, y: 136 + 2 * i, widthPx: 50, heightPx: 28 });
    const history = watch(pictures(20, (i) => (i < 5 ? [cabin(i)] : [cabin(i), lamps(i)])));
    expect(idsOf(history)).toEqual([1]);
  });

  describe('above a car that is drawn as its bonnet', () => {
    const bonnet = (i: number): Seen => ({ x: 150, y: 120 + 4 * i, widthPx: 70, heightPx: 60 });
    const above = (i: number, shape: Omit<Seen, 'x' | 'y'>): Seen => ({ x: 152, y: 70 + 4 * i, ...shape });
    const withShape = (shape: Omit<Seen, 'x' | 'y'>): readonly number[] =>
      idsOf(watch(pictures(20, (i) => (i < 5 ? [bonnet(i)] : [bonnet(i), above(i, shape)]))));

    test('its windscreen is none either', () => {
      expect(withShape({ widthPx: 32, heightPx: 40 })).toEqual([1]);
    });

    test.each<[string, Omit<Seen, 'x' | 'y'>]>([
      ['a car far behind it', { widthPx: 32, heightPx: 25 }],
      ['a car close behind it', { widthPx: 60, heightPx: 52 }],
      ['a motorcycle behind it', { widthPx: 20, heightPx: 40, class: 'motorcycle' }],
    ])('%s is', (_, shape) => {
      expect(withShape(shape)).toEqual([1, 2]);
    });
  });

  test('a car before the lorry is', () => {
    const car = (i: number): Seen => ({ x: 100 + 4 * i, y: 190, widthPx: 40, heightPx: 45 });
    expect(idsOf(watch(pictures(20, (i) => [lorry(i), ...(i < 5 ? [] : [car(i)])])))).toEqual([1, 2]);
  });

  test('the next car of a queue is', () => {
    const queue = (y: number): Seen => ({ x: 100, y });
    expect(idsOf(watch(pictures(20, (i) => [queue(150), ...(i < 5 ? [] : [queue(136)])])))).toEqual([1, 2]);
  });
});

describe('staying one track', () => {
  test('a vehicle faster than its own length in a picture is one vehicle', () => {
    const history = watch(pictures(8, (i) => [{ x: 30 + 45 * i }]));
    expect(idsOf(history)).toEqual([1]);
    expect(history.at(-1)?.[0]?.coasting).toBe(false);
  });

  test('two vehicles that pass each other keep their numbers', () => {
    const history = watch(
      pictures(25, (i) => [
        { x: 60 + 10 * i, y: 150 },
        { x: 300 - 10 * i, y: 162 },
      ]),
    );
    expect(idsOf(history)).toEqual([1, 2]);
    for (const before of history[2] ?? []) {
      const after = history.at(-1)?.find((each) => each.track === before.track);
      expect(Math.abs(middleOf(after) - middleOf(before))).toBeGreaterThan(200);
    }
  });

  test('two vehicles in a tight queue keep their numbers whatever the order of their boxes', () => {
    const pair: readonly Seen[] = [{ x: 100 }, { x: 124 }];
    const history = watch(pictures(12, (i) => (i % 2 === 0 ? pair : [...pair].reverse())));
    const places = new Map(history[2]?.map((each) => [each.track, middleOf(each)]));
    expect(places.size).toBe(2);
    for (const each of history.slice(2).flat()) {
      expect(middleOf(each)).toBeCloseTo(places.get(each.track) ?? Number.NaN, 0);
    }
  });

  test('a vehicle that is hidden for half a second coasts and comes back as itself', () => {
    const history = watch(pictures(20, (i) => (i >= 8 && i < 13 ? [] : [{ x: 50 + 8 * i }])));
    expect(idsOf(history)).toEqual([1]);
    expect(history.map(([track]) => track?.coasting).slice(7, 14)).toEqual([
      false,
      true,
      true,
      true,
      true,
      true,
      false,
    ]);
    expect(middleOf(history[12]?.[0])).toBeCloseTo(50 + 8 * 12, -1);
  });

  test('a vehicle that is hidden for three seconds is given up', () => {
    const history = watch(pictures(45, (i) => (i >= 10 && i < 40 ? [] : [{ x: 50 + 5 * i }])));
    expect(history[25]).toEqual([]);
    expect(idsOf(history)).toEqual([1, 2]);
  });

  test('pictures may come at any interval', () => {
    const at = [0, 80, 300, 350, 700, 1000, 1040, 1500];
    const tracker = createTracker(VIEW);
    const history = at.map((ms) => tracker.update([seen({ x: 50 + ms * 0.1 })], ms));
    expect(idsOf(history)).toEqual([1]);
  });

  test('one picture a second is enough for a slow vehicle', () => {
    expect(
      idsOf(
        watch(
          pictures(8, (i) => [{ x: 50 + 12 * i }]),
          { everyMs: 1000 },
        ),
      ),
    ).toEqual([1]);
  });

  test('after a minute without pictures a moving vehicle is another vehicle', () => {
    const tracker = createTracker(VIEW);
    watch(
      pictures(5, (i) => [{ x: 50 + 5 * i }]),
      { tracker },
    );
    const after = watch(
      pictures(5, (i) => [{ x: 75 + 5 * i }]),
      { tracker, fromMs: 60_000 },
    );
    expect(idsOf(after)).toEqual([2]);
  });
});

describe('ending', () => {
  test('a vehicle that is lost at the border has left and does not linger', () => {
    const away = pictures(10, (i) => [{ x: 310 + 10 * i }]);
    const history = watch([...away, [], [], [], []]);
    expect(history[9]).toHaveLength(1);
    expect(history.at(-1)).toEqual([]);
  });

  test.each([
    ['left', (i: number): Seen => ({ x: 2.5 * i, widthPx: Math.min(5 * i, 90) })],
    [
      'lower',
      (i: number): Seen => ({ x: 200, y: Math.min(234, 300 - 6 * i), heightPx: Math.min(60, 6 * i - 6) }),
    ],
  ])('one that comes in over the %s border may be missed for half a second', (_, entering) => {
    const shown = pictures(24, (i) => (i > 7 && i < 13 ? [] : [entering(i + 3)]));
    const history = watch(shown);
    expect(history[7]).toHaveLength(1);
    expect(idsOf(history)).toEqual([1]);
  });

  test('a prediction that runs into a vehicle that is seen is given up: both would be counted', () => {
    const history = watch(
      pictures(20, (i) => {
        const slow: Seen = { x: 148 + 4 * i };
        return i < 8 ? [slow, { x: 40 + 12 * i }] : [slow];
      }),
    );
    expect(history[8]?.filter((each) => each.coasting)).toHaveLength(1);
    expect(history[16]).toHaveLength(1);
  });

  test('a shadow that was taken for a vehicle once is given up when only weak boxes are left of it', () => {
    const drifting = (i: number): Seen => ({ x: 50 + 4 * i, score: i < 4 ? 0.5 : 0.2 });
    const history = watch(pictures(60, (i) => [drifting(i)]));
    expect(history[10]).toHaveLength(1);
    expect(history.at(-1)).toEqual([]);
  });

  test('numbers are never used again', () => {
    const tracker = createTracker(VIEW);
    const ids = pictures(5, (round) =>
      idsOf(
        watch(
          pictures(4, (i) => [{ x: 50 + 5 * i }]),
          { tracker, fromMs: round * 60_000 },
        ),
      ),
    );
    expect(ids).toEqual([[1], [2], [3], [4], [5]]);
  });
});

describe('standing vehicles', () => {
  const parked: Seen = { x: 200, y: 150 };

  test('a standing vehicle that traffic hides for eight seconds is still there', () => {
    const history = watch([...pictures(30, () => [parked]), ...pictures(80, () => []), [parked]]);
    expect(idsOf(history)).toEqual([1]);
    expect(history[100]?.[0]).toMatchObject({ coasting: true });
    expect(middleOf(history[100]?.[0])).toBeCloseTo(200, 0);
    expect(history.at(-1)?.[0]).toMatchObject({ coasting: false });
  });

  test('it is not believed for ever', () => {
    const history = watch([...pictures(30, () => [parked]), ...pictures(120, () => [])]);
    expect(history.at(-1)).toEqual([]);
  });

  test('a vehicle that passes before it does not take its number', () => {
    const history = watch(
      pictures(66, (i) => {
        const passing: Seen = { x: 20 + 12 * (i - 28), y: 155 };
        const hides = Math.abs(passing.x - parked.x) < 30;
        return [...(hides ? [] : [parked]), ...(i >= 28 && passing.x < 380 ? [passing] : [])];
      }),
    );
    expect(idsOf(history)).toEqual([1, 2]);
    const last = history.at(-1) ?? [];
    expect(last.map((track) => track.track)).toEqual([1]);
    expect(middleOf(last[0])).toBeCloseTo(200, 0);
  });

  test('one that passes while the parked one is not seen begins its own track at the first touch', () => {
    // It overlaps the parked one by 0.3 at most, and the next picture shows it farther on.
    const passing = (i: number): Seen => ({ x: 221 + 12 * Math.max(0, i - 30), y: 152 });
    const history = watch([...pictures(30, () => [parked]), ...pictures(10, (i) => [passing(30 + i)])]);
    expect(idsOf(history)).toEqual([1, 2]);
    expect(middleOf(history.at(-1)?.[0])).toBeCloseTo(200, 0);
  });

  test('its box is steadier than the detector’s', () => {
    const jitter = [0, 2, -1, 1, -2, 2, -2, 1];
    const history = watch(pictures(80, (i) => [{ x: 200 + (jitter[i % jitter.length] ?? 0) }]));
    const settled = history.slice(40).map(([track]) => middleOf(track));
    expect(Math.max(...settled) - Math.min(...settled)).toBeLessThan(1.5);
  });

  test('one that drives off is followed from its first metres', () => {
    const history = watch(pictures(60, (i) => [{ x: 150 + Math.max(0, i - 40) * 8 }]));
    expect(idsOf(history)).toEqual([1]);
    expect(Math.abs(middleOf(history[50]?.[0]) - 230)).toBeLessThan(6);
  });

  test('one that is drawn whole and as its cabin by turns keeps its place and size', () => {
    const cabin: Seen = { x: 96, y: 124, widthPx: 36, heightPx: 26 };
    const whole: Seen = { x: 100, y: 150, widthPx: 56, heightPx: 44 };
    const history = watch(pictures(60, (i) => [i > 30 && i % 3 > 0 ? cabin : whole]));
    expect(idsOf(history)).toEqual([1]);
    for (const [track] of history.slice(30)) {
      expect(track?.coasting).toBe(false);
      expect(track?.box[3]).toBeCloseTo(150, -1);
    }
  });

  test('one that was drawn too large is measured anew after a second', () => {
    const history = watch(
      pictures(60, (i) => [
        i > 30 ? { x: 100, widthPx: 36, heightPx: 26 } : { x: 100, widthPx: 56, heightPx: 44 },
      ]),
    );
    const heightOf = (track: Track | undefined): number => (track?.box[3] ?? 0) - (track?.box[1] ?? 0);
    expect(heightOf(history[40]?.[0])).toBeCloseTo(44, 0);
    expect(heightOf(history.at(-1)?.[0])).toBeCloseTo(26, -0.5);
  });
});

describe('classes', () => {
  test('the class with most score over all pictures wins', () => {
    const classes: readonly VehicleClass[] = ['car', 'truck', 'truck', 'car', 'truck'];
    const history = watch(pictures(5, (i) => [{ x: 50 + 5 * i, class: classes[i] ?? 'car' }]));
    expect(history.at(-1)?.[0]?.class).toBe('truck');
  });

  test('an unknown vehicle is what any picture called it', () => {
    const history = watch(
      pictures(6, (i) => [
        { x: 50 + 5 * i, class: i === 2 ? 'bus' : 'unknown', score: i === 2 ? 0.36 : 0.8 },
      ]),
    );
    expect(history.at(-1)?.[0]?.class).toBe('bus');
  });

  test('a rider of whom some pictures show the motorcycle rides it', () => {
    const rider = (i: number): Seen => ({ x: 50 + 3 * i, class: i % 4 === 0 ? 'motorcycle' : 'person' });
    expect(watch(pictures(12, (i) => [rider(i)])).at(-1)?.[0]?.class).toBe('motorcycle');
  });

  test('a pedestrian where a car was is not the car', () => {
    const history = watch(pictures(12, (i) => [{ x: 200, class: i < 6 ? 'car' : 'person' }]));
    expect(idsOf(history)).toEqual([1, 2]);
  });
});

describe('limits', () => {
  test('more road users than the limit are refused and counted', () => {
    const tracker = createTracker({ ...VIEW, widthPx: 100_000 });
    const crowd = pictures(MAX_TRACKS + 7, (i) => ({ x: 100 + 100 * i }));
    const history = watch([crowd, crowd, crowd], { tracker });
    expect(history.at(-1)).toHaveLength(MAX_TRACKS);
    expect(tracker.refused).toBe(21);
  });

  test('whatever it is shown, numbers are unique in a picture and grow with time', () => {
    const detection = fc.record({
      x: fc.integer({ min: 0, max: 416 }),
      y: fc.integer({ min: 20, max: 234 }),
      score: fc.double({ min: 0.18, max: 1, noNaN: true }),
    });
    fc.assert(
      fc.property(fc.array(fc.array(detection, { maxLength: 8 }), { maxLength: 40 }), (shown) => {
        let highest = 0;
        for (const tracks of watch(shown)) {
          const ids = tracks.map((each) => each.track);
          expect(new Set(ids).size).toBe(ids.length);
          expect(ids).toEqual([...ids].sort((a, b) => a - b));
          expect(tracks.flatMap((each) => each.box).every(Number.isFinite)).toBe(true);
          const fresh = ids.filter((id) => id > highest);
          expect(fresh).toEqual(fresh.map((_, index) => highest + 1 + index));
          highest += fresh.length;
        }
      }),
    );
  });
});
