import { beforeAll, describe, expect, test } from 'vitest';
import type { FlowRecord, PassageRecord } from '../../src/traffic/record.ts';
import { type CabinetRun, runCabinet, UNPLUGGED, WIDTHS_S } from '../fakes/cabinet-run.ts';
import { differencesOf } from '../fakes/lane-comparison.ts';
import type { TrueVehicle } from '../fakes/street.ts';

/** How the figures of a lane come about. `null`: it has none. */
interface Manner {
  readonly resolution: FlowRecord['resolution'];
  readonly occupancy: FlowRecord['occupancyMethod'];
  /** What a mean speed may rest on; where there is anything, some interval has one. */
  readonly speeds: readonly NonNullable<FlowRecord['speedMethod']>[];
  /** `counted`: passages of which only the moment is known, and not well. */
  readonly passages: 'measured' | 'counted' | 'none';
  readonly classes: 'gbt43229' | 'device' | null;
}

const PAIR: Manner = {
  ...{
    resolution: 'resolved',
    occupancy: 'edges',
    speeds: ['dual-loop', 'single-loop'],
    passages: 'measured',
  },
  classes: 'gbt43229',
};
const SINGLE: Manner = { ...PAIR, speeds: ['single-loop'], classes: null };
const COARSE: Manner = { ...SINGLE, resolution: 'coarse', speeds: [] };
const COUNTER: Manner = {
  ...{ resolution: 'device', occupancy: null, speeds: [], passages: 'counted', classes: null },
};
const INTERVALS: Manner = {
  ...{ resolution: 'device', occupancy: 'device', speeds: ['device'], passages: 'none', classes: 'device' },
};
const VEHICLES: Manner = { ...INTERVALS, passages: 'measured', classes: 'gbt43229' };

const MANNERS: Readonly<Record<string, Manner>> = {
  ...{ 'rs485-1': PAIR, 'rs485-2': SINGLE },
  ...{ 'server-1': SINGLE, 'server-2': SINGLE, 'server-3': SINGLE, 'pulses-1': COUNTER, 'pulses-2': COUNTER },
  ...{ 'canoga-1': PAIR, 'canoga-2': SINGLE, 'contacts-1': COARSE, 'contacts-2': COARSE },
  ...{ 'ascii-1': COUNTER, 'ascii-2': COUNTER, 'g4-1': INTERVALS, 'g4-2': INTERVALS },
  ...{ 'g4v-1': VEHICLES, 'g4v-2': VEHICLES, 'ss105-1': INTERVALS, 'ss105-2': INTERVALS },
  ...{ 'ss125-1': INTERVALS, 'ss125-2': INTERVALS, 'ss125v-1': VEHICLES, 'ss125v-2': VEHICLES },
  ...{ 'gbt-1': INTERVALS, 'gbt-2': INTERVALS },
};
const LANES = Object.keys(MANNERS);
const mannerOf = (lane: string): Manner => MANNERS[lane] ?? COUNTER;

let cabinet: CabinetRun;
beforeAll(async () => {
  cabinet = await runCabinet();
});

const kindOfPassages = (lane: string): 'each' | 'none' =>
  mannerOf(lane).passages === 'none' ? 'none' : 'each';
const differences = (truth: readonly TrueVehicle[]): readonly string[] =>
  LANES.flatMap((lane) => differencesOf(lane, truth, cabinet, kindOfPassages(lane)));
const flowsOf = (lane: string): readonly FlowRecord[] => cabinet.flows.filter((it) => it.lane === lane);
const passagesOf = (lane: string): readonly PassageRecord[] =>
  cabinet.passages.filter((it) => it.lane === lane);

const truthOf = (lane: string): readonly TrueVehicle[] => cabinet.truth.filter((it) => it.lane === lane);
const isUnplugged = ({ lane, endMs }: FlowRecord): boolean =>
  lane === UNPLUGGED && endMs > cabinet.unpluggedMs;

describe('a cabinet with a device of each kind, each on its own transport', () => {
  test('counts in every lane and every interval width what drove there', () => {
    for (const lane of LANES) expect(truthOf(lane).length).toBeGreaterThan(3);
    expect(differences(cabinet.truth)).toEqual([]);
    for (const lane of LANES) {
      expect(new Set(flowsOf(lane).map(({ widthS }) => widthS))).toEqual(new Set(WIDTHS_S));
    }
  });

  test('would not agree with a truth in which one vehicle more, or one less, drove anywhere', () => {
    for (const lane of LANES) {
      const [vehicle] = truthOf(lane);
      if (vehicle === undefined) throw new Error(`nothing drove in ${lane}`);
      const more = differences([...cabinet.truth, { ...vehicle, leftMs: vehicle.leftMs + 1000 }]);
      const less = differences(cabinet.truth.filter((it) => it !== vehicle));
      for (const found of [more, less]) {
        expect(found.length).toBeGreaterThan(0);
        expect(found.filter((difference) => !difference.startsWith(lane))).toEqual([]);
      }
    }
  });

  test.each(Object.entries(MANNERS))('says how the figures of %s came about', (lane, manner) => {
    const flows = flowsOf(lane);
    const methods = (of: readonly unknown[]): ReadonlySet<unknown> => new Set(of.filter((it) => it !== null));
    const wanted = (it: unknown): ReadonlySet<unknown> => methods([it]);
    expect(new Set(flows.map(({ resolution }) => resolution))).toEqual(new Set([manner.resolution]));
    expect(methods(flows.map((it) => it.occupancyMethod))).toEqual(wanted(manner.occupancy));
    expect(methods(flows.map((it) => it.classScheme))).toEqual(wanted(manner.classes));
    const speeds = methods(flows.map((it) => it.speedMethod));
    // The card that is unplugged may have counted too little for an estimate.
    if (lane !== UNPLUGGED) expect(speeds.size > 0).toBe(manner.speeds.length > 0);
    expect(manner.speeds).toEqual(expect.arrayContaining([...speeds]));
    for (const flow of flows) {
      expect(flow).toMatchObject({ source: 'loop', lead: true, leadReason: null, queuePresenceS: null });
      expect(flow.occupancyPct === null).toBe(flow.occupancyMethod === null);
      const means = [flow.timeMeanSpeedKmh, flow.spaceMeanSpeedKmh, flow.speed85Kmh];
      if (flow.speedMethod === null) expect(means).toEqual([null, null, null]);
      expect(flow.counterOnlyCount).toBe(manner.passages === 'counted' ? (flow.count ?? 0) : 0);
    }
    const passages = passagesOf(lane);
    for (const passage of passages) {
      expect(passage).toMatchObject({ direction: 'forward', counterOnly: manner.passages === 'counted' });
    }
    // An edge of which a reading was lost makes no on-time.
    const timed = passages.filter(({ onTimeMs }) => onTimeMs !== null).length;
    if (manner.passages === 'measured') expect(timed).toBeGreaterThan(passages.length / 2);
    else expect(timed).toBe(0);
  });

  test('knows the speeds that devices have measured, and those between two loops', () => {
    for (const lane of LANES.filter((it) => it.startsWith('ss125v'))) {
      const truth = truthOf(lane);
      for (const [index, { speedKmh, lengthM, speedMethod }] of passagesOf(lane).entries()) {
        expect(speedMethod).toBe('device');
        expect(speedKmh).toBeCloseTo(truth[index]?.speedKmh ?? 0, 0);
        expect(lengthM).toBeCloseTo(truth[index]?.lengthM ?? 0, 0);
      }
    }
    for (const lane of LANES.filter((it) => mannerOf(it) === INTERVALS)) {
      const flows = flowsOf(lane).filter(({ widthS }) => widthS === WIDTHS_S[0]);
      const sum = flows.reduce((total, it) => total + (it.timeMeanSpeedKmh ?? 0) * (it.count ?? 0), 0);
      const mean = meanOf(truthOf(lane).map(({ speedKmh }) => speedKmh));
      // These devices tell whole km/h.
      expect(Math.abs(sum / truthOf(lane).length - mean)).toBeLessThan(1.5);
    }
    for (const lane of LANES.filter((it) => mannerOf(it) === PAIR)) {
      const errors = passagesOf(lane).flatMap(({ speedKmh, speedMethod }, index) => {
        if (speedKmh === null) return [];
        expect(speedMethod).toBe('dual-loop');
        return [Math.abs(speedKmh / (truthOf(lane)[index]?.speedKmh ?? 0) - 1)];
      });
      expect(errors.length).toBeGreaterThan(passagesOf(lane).length / 2);
      // The middle one: a machine that is held up blurs some of them, and says so in their uncertainty.
      expect(errors.toSorted((one, other) => one - other)[Math.floor(errors.length / 2)]).toBeLessThan(0.15);
    }
  });

  test('knows no speed and no length of a vehicle where nothing can', () => {
    const measuring = new Set<Manner>([PAIR, VEHICLES]);
    for (const lane of LANES.filter((it) => !measuring.has(mannerOf(it)))) {
      for (const passage of passagesOf(lane)) {
        expect(passage).toMatchObject({
          speedKmh: null,
          speedMethod: null,
          lengthM: null,
          lengthClass: null,
        });
      }
    }
  });

  test('knows how long its detectors were occupied', () => {
    for (const lane of LANES.filter((it) => mannerOf(it).occupancy !== null && it !== UNPLUGGED)) {
      const flows = flowsOf(lane).filter(({ widthS }) => widthS === WIDTHS_S[0]);
      const toldMs = flows.reduce(
        (ms, it) => ms + ((it.occupancyPct ?? 0) / 100) * (it.endMs - it.startMs),
        0,
      );
      const trueMs = truthOf(lane).reduce((ms, { cameMs, leftMs }) => ms + leftMs - cameMs, 0);
      // Near enough to tell vehicles from nonsense, on a machine with other work too.
      expect({ lane, isNear: Math.abs(toldMs / trueMs - 1) < 0.25 }).toEqual({ lane, isNear: true });
    }
  });

  test('classifies the vehicles whose lengths are known', () => {
    for (const lane of LANES.filter((it) => /^(gbt|ss125v|g4v)-/.test(it))) {
      const classes = { a: 0, b: 0, c: 0 };
      for (const { lengthM } of truthOf(lane)) classes[lengthM < 6 ? 'c' : lengthM < 12 ? 'b' : 'a'] += 1;
      const flows = flowsOf(lane).filter(({ widthS }) => widthS === WIDTHS_S[0]);
      const told = (name: string): number =>
        flows.reduce((sum, { classCounts }) => sum + (classCounts?.[name] ?? 0), 0);
      expect({ lane, a: told('a'), b: told('b'), c: told('c') }).toEqual({ lane, ...classes });
    }
  });

  test('misses the unplugged card from then on, and says what it misses', () => {
    const silent = flowsOf(UNPLUGGED).filter(({ startMs }) => startMs > cabinet.unpluggedMs + 3000);
    expect(silent.length).toBeGreaterThan(2);
    for (const { count, coveragePct, occupancyPct, flowVehH } of silent) {
      expect({ count, coveragePct, occupancyPct, flowVehH }).toEqual({
        ...{ count: null, coveragePct: 0, occupancyPct: null, flowVehH: null },
      });
    }
    for (const { gaps } of flowsOf(UNPLUGGED).filter(isUnplugged)) {
      expect(gaps.length).toBeGreaterThan(0);
      expect(new Set(gaps.map(({ cause }) => cause))).toEqual(new Set(['device']));
    }
    expect(cabinet.faults).toMatchObject([
      { phase: 'open', layer: 'device', sensor: 'rs485-12', code: 'timeout', lanes: [UNPLUGGED] },
    ]);
  });

  test('misses nothing of all others meanwhile, and invents nothing', () => {
    const whole = cabinet.flows.filter(
      ({ startMs, lane }) => startMs > cabinet.startedMs && lane !== UNPLUGGED,
    );
    for (const flow of whole.filter(({ endMs }) => endMs < cabinet.drivenMs)) {
      expect(flow.count).not.toBeNull();
      // Least on the line of the unplugged card: whether that is back is asked now and then, which takes time.
      expect(flow.coveragePct).toBeGreaterThan(60);
      expect(flow.gaps.map(({ cause }) => cause)).not.toContain('device');
    }
    // What the agent says of itself comes besides.
    const ofTheRoad = [...cabinet.streams].map(String).filter((it) => !['audit', 'health'].includes(it));
    expect(ofTheRoad.toSorted()).toEqual(['fault', 'flow', 'passage']);
    expect(cabinet.report).toMatchObject({ gaps: [], invalid: [], disordered: [] });
  });

  test('says in its status how busy each bus is', () => {
    const buses = cabinet.status.processes.flatMap(({ sensors }) => sensors);
    const busy = new Map(buses.map(({ sensor, figures }) => [sensor, figures['utilisationPct']]));
    expect([...busy.keys()].toSorted()).toEqual([...new Set(LANES.map((it) => it.split('-')[0]))].toSorted());
    for (const utilisationPct of busy.values()) {
      expect(utilisationPct).toBeGreaterThanOrEqual(0);
      expect(utilisationPct).toBeLessThanOrEqual(100);
    }
    // Two lines of 9600 baud at work, against connections that carry a few bytes each second.
    for (const bus of ['rs485', 'server']) expect(busy.get(bus)).toBeGreaterThan(busy.get('pulses') ?? 100);
    expect(cabinet.status.faults).toMatchObject([{ layer: 'device', sensor: 'rs485-12' }]);
  });
});

function meanOf(values: readonly number[]): number {
  return values.reduce((sum, value) => sum + value, 0) / values.length;
}
