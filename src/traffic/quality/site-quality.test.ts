import { describe, expect, test } from 'vitest';
import {
  cameraOver,
  HOUR_MS as H,
  isAbout,
  watchedLane as lane,
  MIDNIGHT_MS,
  openedFaults,
  POLLED,
} from '../../../test/fakes/quality-site.ts';
import { counters, type Demand, type Timed, workingDay } from '../../../test/fakes/simulated-lanes.ts';
import { simulateSite } from '../../../test/fakes/simulated-site.ts';
import { siteDefinition } from '../../../test/fakes/site.ts';
import type { SiteDefinition } from '../site-definition.ts';

const busy: Demand = () => 600;

describe('a healthy site', () => {
  const lanes = [
    lane(1, POLLED, { pair: true }),
    lane(2, POLLED, { pair: true }),
    lane(3, { kind: 'polled-edges', pollMs: 50, accumulatesOccupancy: false }),
    lane(4, { kind: 'stamped-edges', resolutionMs: 1 }),
    lane(5, { kind: 'vehicles' }),
    lane(6, { kind: 'intervals', periodS: 60 }),
    lane(7, { kind: 'counts' }),
    lane(8, POLLED, { kind: 'stop-line', pair: true }),
  ];
  const definition = siteDefinition({
    lanes,
    intervalsS: [300],
    cameras: [cameraOver([1, 3, 6].flatMap((n) => lanes[n - 1] ?? []))],
  });
  test.each([1])(
    'opens no fault in a day with a quiet night (8 lanes, seed %i)',
    { timeout: 120_000 },
    (seed) => {
      const demandOf = () => workingDay(1200);
      const day = simulateSite({ definition, hours: 24, seed, startWallMs: MIDNIGHT_MS, demandOf });
      expect(day.records.filter(({ stream }) => stream === 'passage').length).toBeGreaterThan(50_000);
      expect(day.faults).toEqual([]);
      const compared = [...day.state.quality.agreements.values()].map(
        ({ last }) => last?.differencePct ?? 100,
      );
      expect(compared).toHaveLength(3);
      expect(Math.max(...compared)).toBeLessThan(15);
    },
  );
});

/** From here on the sensor is broken. */
const BROKEN_MS = H;
type Breaking = (observations: readonly Timed[]) => Timed[];

const later = ({ atMs }: Timed): boolean => atMs >= BROKEN_MS;
const isEdge = ({ observation }: Timed): boolean => observation.kind === 'loop-transition';
const edge = (loop: string, occupied: boolean, atMs: number): Timed => ({
  atMs,
  observation: { kind: 'loop-transition', loop, occupied, atMs, uncertaintyMs: 5, found: false },
});
/** Pulses of one loop at a steady pace, ms. */
const train = (
  loop: string,
  { everyMs, forMs, untilMs }: { everyMs: number; forMs: number; untilMs: number },
): Timed[] =>
  Array.from(
    { length: Math.floor((untilMs - BROKEN_MS) / everyMs) },
    (_, at) => BROKEN_MS + at * everyMs,
  ).flatMap((onMs) => [edge(loop, true, onMs), edge(loop, false, onMs + forMs)]);

const dead =
  (loop: string): Breaking =>
  (all) =>
    all.filter((it) => !(later(it) && isAbout(loop, it)));
const presenceDead =
  (loop: string): Breaking =>
  (all) =>
    all.filter((it) => !(later(it) && isAbout(loop, it) && isEdge(it)));
const stuckOn =
  (loop: string): Breaking =>
  (all) => [...dead(loop)(all), edge(loop, true, BROKEN_MS)];
const chattering =
  (loop: string): Breaking =>
  (all) => [...dead(loop)(all), ...train(loop, { everyMs: 600, forMs: 250, untilMs: 2 * H })];
/** The output sticks for 28 s of each minute. */
const spiking =
  (loop: string): Breaking =>
  (all) => [...dead(loop)(all), ...train(loop, { everyMs: 60_000, forMs: 28_000, untilMs: 2 * H })];
/** A tenth of the vehicles leaves a flicker of 8 ms behind. */
const flickering =
  (loop: string): Breaking =>
  (all) => [
    ...all,
    ...all
      .filter(
        (it) =>
          later(it) &&
          isAbout(loop, it) &&
          isEdge(it) &&
          'occupied' in it.observation &&
          !it.observation.occupied,
      )
      .filter((_, at) => at % 10 === 0)
      .flatMap(({ atMs }) => [
        { ...edge(loop, true, atMs + 40), observation: sharp(loop, true, atMs + 40) },
        { ...edge(loop, false, atMs + 48), observation: sharp(loop, false, atMs + 48) },
      ]),
  ];
const sharp = (loop: string, occupied: boolean, atMs: number) =>
  ({ kind: 'loop-transition', loop, occupied, atMs, uncertaintyMs: 0.5, found: false }) as const;
/** The loop answers to every vehicle of its neighbour, a little later and a little shorter. */
const coupled =
  (from: string, to: string): Breaking =>
  (all) => [
    ...all,
    ...all.flatMap((it): Timed[] => {
      const { observation } = it;
      if (!later(it) || !isAbout(from, it) || observation.kind !== 'loop-transition') return [];
      const atMs = observation.atMs + (observation.occupied ? 10 : -10);
      return [
        {
          atMs: it.atMs + (observation.occupied ? 10 : -10),
          observation: { ...observation, loop: to, atMs },
        },
      ];
    }),
  ];
const openCircuit =
  (loop: string): Breaking =>
  (all) => [
    ...stuckOn(loop)(all),
    {
      atMs: BROKEN_MS,
      observation: {
        ...{ kind: 'sensor-fault', sensor: loop, layer: 'channel', code: 'loop-open', active: true },
        ...{ atMs: BROKEN_MS, detail: 'reported by the detector card' },
      },
    },
  ];
/** The device repeats one interval for ever. */
const repeating =
  (loop: string): Breaking =>
  (all) =>
    all.map((it) =>
      later(it) && it.observation.kind === 'device-interval' && isAbout(loop, it)
        ? { ...it, observation: { ...it.observation, count: 9, occupancyPct: 7.5 } }
        : it,
    );
const counting =
  (loop: string): Breaking =>
  (all) => {
    const hits = all.filter(
      (it) => isAbout(loop, it) && it.observation.kind === 'loop-transition' && it.observation.occupied,
    );
    const presence = hits.map(({ atMs }) => ({ onMs: atMs, offMs: atMs + 300 }));
    return [...all, ...counters(loop, presence, 26 * H)];
  };

const MIN = 60_000;
const single = () => siteDefinition({ lanes: [lane(1, POLLED)] });
const pair = () => siteDefinition({ lanes: [lane(1, POLLED, { pair: true })] });
const neighbours = () =>
  siteDefinition({ lanes: [lane(1, POLLED, { pair: true }), lane(2, POLLED, { pair: true })] });
const radar = () => siteDefinition({ lanes: [lane(1, { kind: 'intervals', periodS: 60 })] });
const stamped = () => siteDefinition({ lanes: [lane(1, { kind: 'stamped-edges', resolutionMs: 1 })] });

describe('a broken loop opens exactly its own fault', () => {
  const both =
    (first: Breaking, second: Breaking): Breaking =>
    (all) =>
      second(first(all));
  const table: readonly (readonly [string, () => SiteDefinition, Breaking, number, readonly string[]])[] = [
    ['a dead loop', single, dead('a1'), 4 * H + 2 * MIN, ['no-hits a1']],
    [
      'a dead radar zone',
      radar,
      (all) =>
        all.map((it) =>
          later(it) && it.observation.kind === 'device-interval'
            ? { ...it, observation: { ...it.observation, count: 0, occupancyPct: 0 } }
            : it,
        ),
      4 * H + 3 * MIN,
      ['no-hits a1'],
    ],
    ['a chattering output', single, chattering('a1'), 65_000, ['chatter a1']],
    ['an output that hangs', single, stuckOn('a1'), 125_000, ['locked-on a1']],
    ['an output that hangs, of a pair', pair, stuckOn('a1'), 125_000, ['locked-on a1']],
    ['a device that repeats itself', radar, repeating('a1'), 30 * H, ['constant a1']],
    ['an output that sticks again and again', single, spiking('a1'), 150_000, ['occupancy-spike a1']],
    [
      'a dead presence bit beside a live counter',
      single,
      both(counting('a1'), presenceDead('a1')),
      8 * MIN,
      ['flow-occupancy-mismatch a1'],
    ],
    ['an output that flickers', stamped, flickering('a1'), 20 * MIN, ['short-pulses a1']],
    ['a dead exit loop of a pair', pair, dead('b1'), 4 * MIN, ['pair-mismatch b1']],
    ['a dead entry loop of a pair', pair, dead('a1'), 4 * MIN, ['pair-mismatch a1']],
    ['an open circuit that calls constantly', single, openCircuit('a1'), 0, ['loop-open a1']],
    ['a loop that hears its neighbour', neighbours, coupled('a1', 'a2'), 40 * MIN, ['crosstalk a2']],
  ];
  test.each(table)('%s', { timeout: 60_000 }, (_what, site, breaking, withinMs, codes) => {
    const hours = Math.ceil((BROKEN_MS + withinMs) / H) + 1;
    const run = simulateSite({
      ...{ definition: site(), hours, seed: 4, breaking, demandOf: () => busy },
      startWallMs: MIDNIGHT_MS + 6 * H,
    });
    expect(openedFaults(run.faults)).toEqual(codes);
    const afterMs = (run.faults[0]?.openedAtMs ?? 0) - MIDNIGHT_MS - 6 * H - BROKEN_MS;
    expect(afterMs).toBeGreaterThanOrEqual(0);
    expect(afterMs).toBeLessThanOrEqual(withinMs);
  });
});
