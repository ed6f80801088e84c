/**
 * Eclipse SUMO is the judge of our flow intervals: it moves the vehicles, its points in the road drive a
 * simulated card, and its E1 detectors say what the intervals must hold. All in virtual time.
 *
 * What is compared, and what cannot be:
 *   count      E1 nVehContrib of the entry loop. E1 counts whoever passes it; a vehicle that changes lanes on
 *              the loop is seen by the loop and not by E1. Such vehicles are counted apart, and bound the
 *              difference where they occur.
 *   occupancy  E1 of the entry loop, with the loop's length, every interval.
 *   speed      E1 in the middle of the station, where the same vehicles left both in the interval and nobody
 *              changed lanes. Where vehicles stop on the station no point measures what two loops measure:
 *              there cars as long as the loops are apart are judged by the E1 at both ends, and mixed traffic
 *              by the definition of a dual loop over SUMO's own times of every vehicle (see sumo-files.ts).
 *              Means that are estimated from single loops are printed, not judged.
 */
import { beforeAll, describe, expect, it } from 'vitest';
import { alignColumns } from '../../src/cli/text-table.ts';
import {
  countError,
  differencePct,
  isCountComparable,
  isSpeedComparable,
  occupancyError,
  type Pair,
  type PassagePair,
  pairIntervals,
  pairPassages,
  speedError,
  summarise,
} from './agreement.ts';
import { asideOf, HEADINGS, rowOf } from './agreement-table.ts';
import { type CabinetWish, loadCabinet, withStampedEdges } from './cabinet-site.ts';
import { createRoadTruth, type RoadTruth, type SpeedJudge } from './lane-truth.ts';
import type { LoopEdge } from './loop-visits.ts';
import { runSumo, STEP_S, type SumoOutput, sumoVersion } from './sumo-run.ts';
import { SCENARIOS, type TrafficScenario } from './sumo-scenarios.table.ts';
import { foldDeliveries, pollCard, stampEdges } from './virtual-reading.ts';

const JUDGED_S = 900;
/** Beyond the last interval: its grace time, and vehicles that are waited for. */
const RUN_S = JUDGED_S + 15;
const POLL_SEED = 1;
const POLLS_MS = [10, 20, 50, 100] as const;

/** Where vehicles stop on the station. */
const STANDING = SCENARIOS.filter(({ light }) => light !== null);

const MAX_OCCUPANCY_ERROR_PP = 0.5;
const MAX_SPEED_ERROR_PCT = 2;

const version = sumoVersion();
const isRequired = process.env['ROADSIDE_REQUIRE_SUMO'] === '1';

/** Polled each so many ms, or stamped by the device itself to 1 ms. */
type Method = number | 'stamped';

interface Reading extends Omit<CabinetWish, 'pollMs' | 'kind'> {
  readonly method: Method;
  /** Leaves edges out: a card that loses some. */
  readonly keep?: (edge: LoopEdge, index: number) => boolean;
}

if (version === null) {
  it('SUMO judges the flow intervals', ({ skip }) => {
    expect(isRequired, 'ROADSIDE_REQUIRE_SUMO=1, but there is no sumo in the PATH').toBe(false);
    const why = 'SUMO is not installed (apt-get install sumo): nothing judges the flow intervals';
    process.stdout.write(`${why}\n`);
    skip(why);
  });
}

interface Outcome {
  readonly pairs: readonly Pair[];
  readonly passages: readonly PassagePair[];
  readonly faults: readonly string[];
}

describe.runIf(version !== null)('flow intervals beside those of SUMO', () => {
  const outputs = new Map<TrafficScenario, SumoOutput>();
  beforeAll(() => {
    for (const scenario of SCENARIOS) outputs.set(scenario, runSumo(scenario, RUN_S));
  });

  function truthOf(scenario: TrafficScenario): RoadTruth {
    const output = outputs.get(scenario);
    if (output === undefined) throw new RangeError(`${scenario.name} was not run`);
    return createRoadTruth(output);
  }

  const outcomes = new Map<string, Promise<Outcome>>();

  /** The same reading of the same scenario has the same outcome. */
  function read(scenario: TrafficScenario, reading: Reading): Promise<Outcome> {
    const key = JSON.stringify([scenario.name, { ...reading, keep: reading.keep?.toString() }]);
    const outcome = outcomes.get(key) ?? readAfresh(scenario, reading);
    outcomes.set(key, outcome);
    return outcome;
  }

  async function readAfresh(scenario: TrafficScenario, reading: Reading): Promise<Outcome> {
    const truth = truthOf(scenario);
    const everyMs = reading.method === 'stamped' ? 1 : reading.method;
    const kind = scenario.light === null ? 'through' : 'stop-line';
    const polled = await loadCabinet({ ...reading, kind, pollMs: Math.max(10, everyMs) });
    const site = reading.method === 'stamped' ? withStampedEdges(polled) : polled;
    const { keep = () => true } = reading;
    const edges = truth.edges.filter(({ loop }) => site.wiring.includes(loop)).filter(keep);
    const endMs = 1000 * RUN_S;
    const deliveries =
      reading.method === 'stamped'
        ? stampEdges(site, edges)
        : pollCard(site, edges, { endMs, seed: POLL_SEED });
    const records = foldDeliveries(site, deliveries, { endMs, everyMs });
    return {
      pairs: pairIntervals(records, truth, JUDGED_S),
      passages: pairPassages(records, truth),
      faults: records.flatMap((record) =>
        record.stream === 'fault' ? [`${record.sensor} ${record.code}`] : [],
      ),
    };
  }

  /** Whom a scenario's speeds are compared with. */
  const judgeOf = ({ light, vehicles }: TrafficScenario): SpeedJudge => {
    if (light === null) return 'e1-middle';
    return vehicles === 'equal' ? 'e1-ends' : 'passages';
  };

  const wrongCounts = (pairs: readonly Pair[]) =>
    pairs.filter((pair) => isCountComparable(pair) && countError(pair) !== 0).map(place);
  const wrongOccupancies = (pairs: readonly Pair[]) =>
    pairs.filter((pair) => occupancyError(pair) > MAX_OCCUPANCY_ERROR_PP).map(place);
  const judgedSpeeds = (scenario: TrafficScenario, pairs: readonly Pair[]) =>
    pairs
      .filter((pair) => isSpeedComparable(pair, { judge: judgeOf(scenario), method: 'dual-loop' }))
      .flatMap((pair) => {
        const errorPct = speedError(pair, judgeOf(scenario));
        return errorPct === null ? [] : [{ pair, errorPct }];
      });
  const wrongSpeeds = (scenario: TrafficScenario, pairs: readonly Pair[]) =>
    judgedSpeeds(scenario, pairs)
      .filter(({ errorPct }) => errorPct > MAX_SPEED_ERROR_PCT)
      .map(({ pair }) => place(pair));

  describe.each(SCENARIOS)('$name, dual loops read each 10 ms', (scenario) => {
    let pairs: readonly Pair[] = [];
    let faults: readonly string[] = [];
    beforeAll(async () => {
      ({ pairs, faults } = await read(scenario, { method: 10, stations: 'dual' }));
    });

    it('counts equal those of E1', () => {
      expect(wrongCounts(pairs)).toEqual([]);
      expect(pairs.filter(isCountComparable).length).toBeGreaterThan(pairs.length / 2);
    });

    it('where lanes are changed on the loops, counts differ by those vehicles at most', () => {
      const beyond = pairs.filter(
        (pair) => Math.abs(countError(pair)) > pair.truth.changers + pair.truth.atBorder,
      );
      expect(beyond.map(place)).toEqual([]);
    });

    it(`occupancies are within ${MAX_OCCUPANCY_ERROR_PP} points of E1`, () => {
      expect(wrongOccupancies(pairs)).toEqual([]);
    });

    it(`harmonic-mean speeds are within ${MAX_SPEED_ERROR_PCT} %`, () => {
      expect(wrongSpeeds(scenario, pairs)).toEqual([]);
      expect(judgedSpeeds(scenario, pairs).length).toBeGreaterThan(pairs.length / 4);
    });

    it('loops that are in order have no fault', () => {
      expect(faults).toEqual([]);
    });
  });

  describe.each(SCENARIOS)('$name, single loops read each 10 ms', (scenario) => {
    it('counts equal those of E1, and occupancies are within the bound', async () => {
      const { pairs } = await read(scenario, { method: 10, stations: 'single' });
      expect(wrongCounts(pairs)).toEqual([]);
      expect(wrongOccupancies(pairs)).toEqual([]);
    });
  });

  describe.each(SCENARIOS)('$name, dual loops at every poll period', (scenario) => {
    it('the truth lies within the uncertainties that are published', async () => {
      for (const method of POLLS_MS) {
        const { pairs, passages } = await read(scenario, { method, stations: 'dual' });
        expect(pairs.filter(isOccupancyBeyond).map(place), `${method} ms`).toEqual([]);
        expect(passages.filter(isSpeedBeyond), `${method} ms`).toEqual([]);
      }
    });
  });

  describe('the judge is not lenient', () => {
    it.each(SCENARIOS)('$name: a spacing that is 10 % too long shows in the speeds', async (scenario) => {
      const { pairs } = await read(scenario, { method: 10, stations: 'dual', spacingM: 4.4 });
      const judged = judgedSpeeds(scenario, pairs);
      expect(wrongSpeeds(scenario, pairs).length).toBeGreaterThan(judged.length * 0.9);
    });

    it.each(STANDING)(
      '$name: the mean of those who kept their speed is not that of all',
      async (scenario) => {
        const { pairs } = await read(scenario, { method: 10, stations: 'dual' });
        const errors = judgedSpeeds(scenario, pairs).flatMap(({ pair }) => {
          const errorPct = differencePct(pair.spotMeanKmh, pair.truth.speeds[judgeOf(scenario)].kmh);
          return errorPct === null ? [] : [errorPct];
        });
        expect(errors.filter((errorPct) => errorPct > MAX_SPEED_ERROR_PCT).length).toBeGreaterThan(
          errors.length / 2,
        );
      },
    );

    it.each(SCENARIOS)('$name: losing every 50th edge shows in the counts', async (scenario) => {
      const keep = (_: LoopEdge, index: number) => index % 50 !== 49;
      const { pairs } = await read(scenario, { method: 'stamped', stations: 'single', keep });
      expect(wrongCounts(pairs)).not.toEqual([]);
    });
  });

  it('the errors by poll period, printed; a 100 ms read is worse than a 10 ms read in every scenario', async () => {
    const rows: string[][] = [[...HEADINGS]];
    const asides: string[] = [];
    for (const scenario of SCENARIOS) {
      const occupancyOf = new Map<Method, number>();
      for (const method of ['stamped', ...POLLS_MS] as const) {
        const dual = (await read(scenario, { method, stations: 'dual' })).pairs.filter(isMinute);
        const agreement = summarise(dual, { judge: judgeOf(scenario), method: 'dual-loop' });
        const single = (await read(scenario, { method, stations: 'single' })).pairs.filter(isMinute);
        const estimate = summarise(single, { judge: 'e1-middle', method: 'single-loop' });
        rows.push(rowOf(scenario, String(method), { dual: agreement, single: estimate }));
        occupancyOf.set(method, agreement.occupancyMean);
        if (scenario.light !== null && method === 10) asides.push(asideOf(scenario, dual));
      }
      expect(occupancyOf.get(100)).toBeGreaterThan(occupancyOf.get(10) ?? 0);
    }
    process.stdout.write(`\n${version}; ${CAPTION}\n${[...alignColumns(rows), ...asides].join('\n')}\n\n`);
  });
});

const CAPTION = `3 lanes x ${JUDGED_S / 60} intervals of 60 s each; errors against SUMO`;
function isMinute({ widthS }: Pair): boolean {
  return widthS === 60;
}

/** E1's own borders are as sharp as its steps. */
function isOccupancyBeyond({ widthS, ours, truth }: Pair): boolean {
  if (ours.occupancyPct === null || ours.occupancyUncertaintyPct === null) return true;
  const bordersPct = (100 * 2 * STEP_S) / widthS;
  return Math.abs(ours.occupancyPct - truth.occupancyPct) > ours.occupancyUncertaintyPct + bordersPct + 0.01;
}

/** Speeds are published to 0.1 km/h. */
function isSpeedBeyond({ ours, truth }: PassagePair): boolean {
  const openKmh = (ours.speedKmh * (ours.speedUncertaintyPct ?? 0)) / 100;
  return Math.abs(ours.speedKmh - truth.speedKmh) > openKmh + 0.1;
}

/** For a person who looks for the reason. */
function place({ lane, widthS, beginS, ours, truth }: Pair): string {
  const ourFigures = `${ours.count} veh, ${ours.occupancyPct} %, ${ours.spaceMeanSpeedKmh} km/h of ${ours.speedCount}`;
  const speeds = Object.entries(truth.speeds).map(([judge, { kmh }]) => `${judge} ${kmh?.toFixed(1)}`);
  const sumo = `${truth.count} veh, ${truth.occupancyPct.toFixed(2)} %, ${speeds.join(', ')} km/h`;
  return `lane ${lane}, ${widthS} s from ${beginS} s: ${ourFigures}; SUMO ${sumo}`;
}
