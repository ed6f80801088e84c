import { describe, expect, test } from 'vitest';
import { seededRandom } from '../../../../test/fakes/seeded-random.ts';
import {
  CROSSTALK_WINDOW_PULSES,
  type Crosstalk,
  foldCrosstalk,
  type Neighbour,
  NO_CROSSTALK,
  type SharpPulse,
} from './crosstalk.ts';

const LIMIT_PCT = 20;
const HOUR_MS = 3_600_000;

interface Traffic {
  readonly vehH: number;
  readonly hours: number;
  readonly seed: number;
  /** Half of the poll period, ms. */
  readonly uncertaintyMs: number;
}

/** Free traffic: Poisson with a least headway of 800 ms, 50 ± 7 km/h, 15 % lorries. Poisson is the null hypothesis. */
function freeTraffic({ vehH, hours, seed, uncertaintyMs }: Traffic): SharpPulse[] {
  const random = seededRandom(seed);
  const pulses: SharpPulse[] = [];
  for (let atMs = 0; atMs < hours * HOUR_MS; ) {
    atMs += 800 + random.exponential(HOUR_MS / vehH - 800);
    pulses.push(polled(atMs, onTimeMs(random, 14), uncertaintyMs));
  }
  return pulses;
}

/** Two lanes that discharge together: green each 90 s, 20 vehicles 2 s ± 150 ms apart. */
function platoons({ hours, seed, uncertaintyMs }: Traffic): SharpPulse[] {
  const random = seededRandom(seed);
  const pulses: SharpPulse[] = [];
  for (let cycleMs = 0; cycleMs < hours * HOUR_MS; cycleMs += 90_000) {
    for (let place = 0; place < 20; place += 1) {
      const atMs = cycleMs + 2000 + place * 2000 + random.normal(150);
      pulses.push(polled(atMs, onTimeMs(random, 8 + Math.min(6, place * 0.6)), uncertaintyMs));
    }
  }
  return pulses;
}

function onTimeMs(random: ReturnType<typeof seededRandom>, speed: number): number {
  const lengthM = random.share() < 0.85 ? 4.5 + random.normal(0.4) : 11 + random.normal(1.5);
  return (1000 * (lengthM + 2)) / Math.max(3, speed + random.normal(speed / 7));
}

function polled(onMs: number, forMs: number, uncertaintyMs: number): SharpPulse {
  const grid = 2 * uncertaintyMs;
  const seen = (atMs: number): number => Math.floor(atMs / grid) * grid + uncertaintyMs;
  const uncertain = { onUncertaintyMs: uncertaintyMs, offUncertaintyMs: uncertaintyMs };
  return { onMs: seen(onMs), offMs: seen(onMs + forMs), ...uncertain };
}

function meet(
  first: readonly SharpPulse[],
  second: readonly SharpPulse[],
  start = NO_CROSSTALK,
): Crosstalk[] {
  const of = (pulses: readonly SharpPulse[], from: Neighbour) => pulses.map((pulse) => ({ from, pulse }));
  const all = [...of(first, 'first'), ...of(second, 'second')].sort((a, b) => a.pulse.offMs - b.pulse.offMs);
  const states: Crosstalk[] = [];
  let state = start;
  for (const input of all) {
    state = foldCrosstalk(state, input, LIMIT_PCT);
    states.push(state);
  }
  return states;
}
const alarms = (states: readonly Crosstalk[]): number =>
  states.filter((state, at) => state.victim !== null && (states[at - 1]?.victim ?? null) === null).length;

/** What a coupled loop makes of its neighbour's vehicles: a little later on, a little earlier off. */
const ghostsOf = (pulses: readonly SharpPulse[], share: number): SharpPulse[] =>
  pulses
    .filter((_, at) => (at * share) % 1 < share)
    .map((pulse) => ({ ...pulse, onMs: pulse.onMs + 10, offMs: pulse.offMs - 10 }));
const inTime = (pulses: readonly SharpPulse[]): SharpPulse[] => [...pulses].sort((a, b) => a.onMs - b.onMs);

describe('crosstalk between neighbouring lanes', () => {
  const road: Traffic = { vehH: 600, hours: 2, seed: 1, uncertaintyMs: 5 };
  const first = freeTraffic(road);
  const own = freeTraffic({ ...road, vehH: 200, seed: 2 });

  test('names the lane that has no vehicles of its own', () => {
    const states = meet(first, ghostsOf(first, 1));
    expect(states.at(-1)?.victim).toBe('second');
    const foundAt = states.findIndex(({ victim }) => victim !== null);
    expect(foundAt).toBeLessThan(2 * 2 * CROSSTALK_WINDOW_PULSES + 2);
  });
  test('names it too when it has some', () => {
    expect(meet(inTime([...own, ...ghostsOf(first, 0.6)]), first).at(-1)?.victim).toBe('first');
  });
  test('ends with the coupling, even when the lane falls silent', () => {
    const faulty = meet(first, ghostsOf(first, 1)).at(-1);
    expect(meet(first, own, faulty).at(-1)?.victim).toBeNull();
    expect(meet(first, [], faulty).at(-1)?.victim).toBeNull();
  });
  test('is not looked for with edges too blurred to tell', () => {
    const blurred = freeTraffic({ ...road, uncertaintyMs: 50 });
    expect(meet(blurred, ghostsOf(blurred, 1)).at(-1)?.victim).toBeNull();
  });

  const SEEDS = [1, 2, 3, 4, 5];
  test.each([
    ['free traffic of 1800 veh/h read every 10 ms', freeTraffic, 5],
    ['free traffic of 1800 veh/h read every 50 ms', freeTraffic, 25],
    ['platoons that start together, read every 10 ms', platoons, 5],
    ['platoons that start together, read every 50 ms', platoons, 25],
  ] as const)(
    'no false alarm in 5 days of two lanes (seeds 1-5) of %s',
    { timeout: 60_000 },
    (_what, traffic, uncertaintyMs) => {
      const of = (seed: number) => traffic({ vehH: 1800, hours: 24, seed, uncertaintyMs });
      const counts = SEEDS.map((seed) => alarms(meet(of(seed), of(seed + 1000))));
      expect(counts).toEqual(SEEDS.map(() => 0));
    },
  );
});
