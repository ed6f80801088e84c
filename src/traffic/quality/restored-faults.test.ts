import { describe, expect, test, vi } from 'vitest';
import {
  cameraOver,
  HOUR_MS,
  isAbout,
  MIDNIGHT_MS,
  openedFaults,
  POLLED,
  watchedLane,
} from '../../../test/fakes/quality-site.ts';
import { type Simulated, type SimulationOptions, simulateSite } from '../../../test/fakes/simulated-site.ts';
import { siteDefinition } from '../../../test/fakes/site.ts';
import type { Fault, FaultRecord } from '../record.ts';

/** Hours of traffic take seconds on a busy machine. */
vi.setConfig({ testTimeout: 60_000 });

const RESTART_MS = MIDNIGHT_MS + 10 * HOUR_MS;
const lanes = [watchedLane(1, POLLED, { pair: true }), watchedLane(2, POLLED, { pair: true })];
const definition = siteDefinition({ lanes, intervalsS: [60], cameras: [cameraOver(lanes)] });

const leftOpen = (changes: Partial<Fault>): Fault => ({
  ...{
    fault: 'test-site/old/7',
    phase: 'open',
    layer: 'channel',
    sensor: 'a1',
    code: 'no-hits',
    detail: 'seen before',
  },
  ...{ lanes: ['north-1'], openedAtMs: RESTART_MS - 50 * HOUR_MS, closedAtMs: null },
  ...changes,
});
const restart = (openFaults: readonly Fault[], more: Partial<SimulationOptions> = {}): Simulated =>
  simulateSite({
    ...{ definition, hours: 1, seed: 9, startWallMs: RESTART_MS, demandOf: () => () => 600 },
    ...{ boot: 'new', openFaults, ...more },
  });
const closedAfterS = ({ faults }: Simulated): number =>
  ((faults.find(({ phase }) => phase === 'close')?.closedAtMs ?? Number.NaN) - RESTART_MS) / 1000;

describe('a fault that was open when the agent ended', () => {
  const dead: Partial<SimulationOptions> = {
    breaking: (all) => all.filter((it) => !isAbout('a1', it) && !isAbout('b1', it)),
  };

  test('stays open under its id while nothing shows that it is over', () => {
    const { faults, state } = restart([leftOpen({})], dead);
    expect(faults.filter(({ sensor }) => sensor === 'a1')).toEqual([]);
    expect(state.faults.get('channel/a1/no-hits')).toMatchObject({
      ...{ fault: 'test-site/old/7', openedMs: -50 * HOUR_MS, openedWallMs: RESTART_MS - 50 * HOUR_MS },
    });
  });
  test('keeps its loop distrusted from the first interval on', () => {
    const { records } = restart([leftOpen({})], {
      ...dead,
      definition: siteDefinition({ lanes: [watchedLane(1, POLLED)], intervalsS: [60] }),
    });
    const flows = records.filter((record) => record.stream === 'flow');
    expect(new Set(flows.map(({ count }) => count))).toEqual(new Set([null]));
  });
  test('closes with the id, opening time and lanes it had', () => {
    const run = restart([leftOpen({})]);
    expect(run.faults).toMatchObject([
      {
        fault: 'test-site/old/7',
        boot: 'new',
        phase: 'close',
        code: 'no-hits',
        openedAtMs: RESTART_MS - 50 * HOUR_MS,
      },
    ]);
    expect(closedAfterS(run)).toBeLessThan(60);
  });
  test.each([
    ['an output that hung, when it is free', leftOpen({ code: 'locked-on' }), 60],
    ['chatter, after ten clean minutes', leftOpen({ code: 'chatter' }), 11 * 60],
    ['a pair, after eight good vehicles', leftOpen({ code: 'pair-mismatch', sensor: 'b1' }), 4 * 60],
    ['crosstalk, when the lanes differ', leftOpen({ code: 'crosstalk' }), 10 * 60],
    ['short pulses, after a hundred good ones', leftOpen({ code: 'short-pulses' }), 15 * 60],
    ['a disagreement, when the counts agree', leftOpen({ code: 'count-disagreement' }), 10 * 60],
    [
      'a disagreement that was the camera’s',
      leftOpen({ code: 'count-disagreement', layer: 'camera', sensor: 'cam' }),
      10 * 60,
    ],
    [
      'the device, when it has answered for ten minutes',
      leftOpen({ layer: 'device', sensor: 'card-1', code: 'exception' }),
      601,
    ],
    ['a model that works again', leftOpen({ layer: 'model', sensor: 'net', code: 'model-missing' }), 601],
    ['a loop that is not in the configuration', leftOpen({ sensor: 'x9' }), 0],
    ['a rule that is switched off', leftOpen({ sensor: 'a1', code: 'occupancy-spike' }), 0],
  ] as const)('%s', (what, fault, withinS) => {
    const off = lanes.map((lane) => ({ ...lane, faultLimits: { ...lane.faultLimits, spikePct: 0 } }));
    const run = restart(
      [fault],
      what.includes('switched off') ? { definition: siteDefinition({ lanes: off }) } : {},
    );
    expect(run.faults).toMatchObject([{ fault: fault.fault, phase: 'close', code: fault.code }]);
    expect(closedAfterS(run)).toBeLessThanOrEqual(withinS);
  });
  test('that its reporter repeats is confirmed and not told again', () => {
    const card = leftOpen({ layer: 'device', sensor: 'card-1', code: 'exception' });
    const report = (active: boolean, atMs: number) => {
      const { layer, sensor, code } = card;
      return {
        atMs,
        observation: { kind: 'sensor-fault', layer, sensor, code, active, atMs, detail: 'again' },
      } as const;
    };
    const run = restart([card], {
      breaking: (all) => [...all, report(true, 5000), report(false, 3_000_000)],
    });
    expect(run.faults).toMatchObject([{ fault: card.fault, phase: 'close' }]);
    expect(closedAfterS(run)).toBe(3000);
  });
  test('does not end with a second crash before anything was seen', () => {
    const between = restart([leftOpen({})], { hours: 0 });
    expect(between.faults).toEqual([]);
  });
});

test('every fault left open by a day of broken loops is closed by its own successor', () => {
  const first = restart([], {
    hours: 6,
    breaking: (all) => all.filter((it) => !isAbout('b1', it) && !(isAbout('a2', it) || isAbout('b2', it))),
  });
  const open = new Map<string, FaultRecord>();
  for (const fault of first.faults) {
    if (fault.phase === 'open') open.set(fault.fault, fault);
    else open.delete(fault.fault);
  }
  expect(openedFaults([...open.values()]).length).toBeGreaterThanOrEqual(2);
  const second = restart([...open.values()], { hours: 2 });
  expect(second.faults.map(({ fault, phase }) => [fault, phase]).sort()).toEqual(
    [...open.keys()].map((fault) => [fault, 'close']).sort(),
  );
});
