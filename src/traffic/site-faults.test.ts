import { describe, expect, test, vi } from 'vitest';
import {
  cameraOver,
  HOUR_MS,
  isAbout,
  MIDNIGHT_MS,
  openedFaults,
  POLLED,
  watchedLane,
} from '../../test/fakes/quality-site.ts';
import type { Timed } from '../../test/fakes/simulated-lanes.ts';
import { type Simulated, type SimulationOptions, simulateSite } from '../../test/fakes/simulated-site.ts';
import { siteDefinition } from '../../test/fakes/site.ts';
import type { FaultRecord } from './record.ts';

/** Hours of traffic take seconds on a busy machine. */
vi.setConfig({ testTimeout: 60_000 });

const START_MS = MIDNIGHT_MS + 8 * HOUR_MS;
const BROKEN_MS = HOUR_MS;
const base = { seed: 5, startWallMs: START_MS, demandOf: () => () => 600 };
const run = (options: Omit<SimulationOptions, keyof typeof base>): Simulated =>
  simulateSite({ ...base, ...options });
const between = (fromMs: number, toMs: number, it: Timed): boolean => it.atMs >= fromMs && it.atMs < toMs;
const phases = (faults: readonly FaultRecord[]): unknown[] =>
  faults.map(({ code, sensor, phase }) => [code, sensor, phase]);

describe('a loop that dies and is repaired', () => {
  const repairedMs = 7 * HOUR_MS;
  const deadFor = (loop: string) => (all: readonly Timed[]) =>
    all.filter((it) => !(isAbout(loop, it) && between(BROKEN_MS, repairedMs, it)));
  const definition = siteDefinition({ lanes: [watchedLane(1, POLLED)], intervalsS: [60] });
  const broken = run({ definition, hours: 8, breaking: deadFor('a1') });

  test('keeps one fault from its opening to the first vehicle after the repair', () => {
    expect(phases(broken.faults)).toEqual([
      ['no-hits', 'a1', 'open'],
      ['no-hits', 'a1', 'close'],
    ]);
    const [open, close] = broken.faults;
    expect(close?.fault).toBe(open?.fault);
    expect(close?.openedAtMs).toBe(open?.openedAtMs);
    expect(close?.closedAtMs).toBeGreaterThanOrEqual(START_MS + repairedMs);
    expect(close?.closedAtMs).toBeLessThan(START_MS + repairedMs + 60_000);
  });
  test('publishes no zero from its detection on, and counts again with that first vehicle', () => {
    const openedAtMs = broken.faults[0]?.openedAtMs ?? 0;
    const flows = broken.records.filter((record) => record.stream === 'flow');
    const during = flows.filter(
      ({ startMs, endMs }) => startMs > openedAtMs && endMs < START_MS + repairedMs,
    );
    expect(during.length).toBeGreaterThan(50);
    expect(new Set(during.map(({ count }) => count))).toEqual(new Set([null]));
    expect(new Set(during.flatMap(({ gaps }) => gaps.map(({ cause }) => cause)))).toEqual(
      new Set(['detector']),
    );
    const passages = broken.records.filter((record) => record.stream === 'passage');
    const firstAtMs = passages.find(({ observedAtMs }) => observedAtMs > openedAtMs)?.observedAtMs ?? 0;
    expect(Math.abs(firstAtMs - (broken.faults[1]?.closedAtMs ?? 0))).toBeLessThan(100);
  });
});

describe('silence', () => {
  const definition = siteDefinition({ lanes: [watchedLane(1, POLLED, { pair: true })], intervalsS: [300] });
  const silent = (_sensor: string, atMs: number): boolean => atMs < BROKEN_MS || atMs > 11 * HOUR_MS;
  const fault = (active: boolean, atMs: number): Timed => ({
    atMs,
    observation: {
      ...{ kind: 'sensor-fault', sensor: 'rs485', layer: 'port', code: 'unreachable' },
      ...{ active, atMs, detail: active ? 'cannot open the port' : 'works again' },
    },
  });
  test('of a bus is the fault of the bus and of nothing behind it', () => {
    const quiet = (all: readonly Timed[]) => [
      ...all.filter((it) => silent('', it.atMs)),
      fault(true, BROKEN_MS),
      fault(false, 11 * HOUR_MS),
    ];
    const { faults } = run({ definition, hours: 12, answers: silent, breaking: quiet });
    expect(phases(faults)).toEqual([
      ['unreachable', 'rs485', 'open'],
      ['unreachable', 'rs485', 'close'],
    ]);
    expect(faults[1]?.detail).toBe('cannot open the port; over: works again');
  });
  test('while a vehicle stands on a loop does not make the loop hang', () => {
    const standing = (all: readonly Timed[]) => {
      const edges = all.filter((it) => between(0, BROKEN_MS, it) || it.atMs > 11 * HOUR_MS);
      const observation = { kind: 'loop-transition', loop: 'a1', uncertaintyMs: 5 } as const;
      const onMs = BROKEN_MS - 5000;
      return [
        ...edges.filter((it) => !(isAbout('a1', it) && between(onMs - 10_000, BROKEN_MS, it))),
        { atMs: onMs, observation: { ...observation, occupied: true, atMs: onMs, found: false } },
      ];
    };
    expect(run({ definition, hours: 12, answers: silent, breaking: standing }).faults).toEqual([]);
  });
});

describe('a loop and a camera that count differently', () => {
  const lanes = [watchedLane(1, POLLED), watchedLane(2, POLLED)];
  const both = siteDefinition({ lanes, intervalsS: [60], cameras: [cameraOver(lanes)] });
  const alone = siteDefinition({
    lanes: lanes.slice(0, 1),
    intervalsS: [60],
    cameras: [cameraOver(lanes.slice(0, 1))],
  });
  const isLost = (it: Timed): boolean => between(BROKEN_MS, 2 * HOUR_MS, it);
  /** Every second track is not seen. */
  const cameraMisses = (all: readonly Timed[]): Timed[] =>
    all.filter(
      (it) =>
        !(
          isLost(it) &&
          it.observation.kind === 'vehicle-tracks' &&
          (it.observation.tracks[0]?.track ?? 0) % 2 === 0
        ),
    );
  /** Every second pulse is not seen. */
  const loopMisses = (all: readonly Timed[]): Timed[] => {
    let edges = 0;
    return all.filter((it) => {
      if (!isAbout('a1', it)) return true;
      edges += 1;
      return !isLost(it) || Math.ceil(edges / 2) % 2 === 0;
    });
  };
  const hours = 3;

  test('the camera is suspected when it disagrees with every loop', () => {
    const { faults } = run({ definition: both, hours, breaking: cameraMisses });
    const blamed = faults.filter(({ layer }) => layer === 'camera');
    expect(blamed.map(({ phase }) => phase)).toEqual(['open', 'close']);
    expect(blamed[0]?.detail).toContain('disagrees with the loops of every lane');
    expect(
      faults
        .filter(({ layer, phase }) => layer === 'channel' && phase === 'open')
        .every(({ detail }) => detail.includes('cannot tell')),
    ).toBe(true);
  });
  test('the loop is suspected when the camera agrees with the others, and the camera leads', () => {
    const { faults, records } = run({ definition: both, hours, breaking: loopMisses });
    const decided = faults.filter(({ detail }) =>
      detail.includes('agrees with the loops of its other lanes'),
    );
    expect(phases(decided)).toEqual([
      ['count-disagreement', 'a1', 'open'],
      ['count-disagreement', 'a1', 'close'],
    ]);
    const [fromMs, toMs] = [decided[0]?.openedAtMs ?? 0, decided[1]?.closedAtMs ?? 0];
    const led = records
      .filter((record) => record.stream === 'flow')
      .filter((flow) => flow.lane === 'north-1' && flow.lead && flow.startMs > fromMs && flow.endMs < toMs);
    expect(new Set(led.map(({ source, leadReason }) => `${source} ${leadReason}`))).toEqual(
      new Set(['camera distrust']),
    );
    expect(openedFaults(faults.filter(({ lanes: touched }) => touched.includes('north-2')))).toEqual([]);
  });
  test('nobody is distrusted when nothing tells them apart', () => {
    const { faults, records } = run({ definition: alone, hours, breaking: loopMisses });
    expect(phases(faults)).toEqual([
      ['count-disagreement', 'a1', 'open'],
      ['count-disagreement', 'a1', 'close'],
    ]);
    expect(faults[0]?.detail).toContain('cannot tell which of the two is wrong');
    const led = records.filter((record) => record.stream === 'flow').filter(({ lead }) => lead);
    expect(new Set(led.map(({ source }) => source))).toEqual(new Set(['loop']));
  });
});
