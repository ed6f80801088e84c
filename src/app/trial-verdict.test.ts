import { describe, expect, it } from 'vitest';
import type { Observation } from '../traffic/observations/observation.ts';
import { frameMismatches, modbusMismatches } from './trial-verdict.ts';

const loops = ['t-1', 't-2'];
const edge = (loop: string, occupied: boolean, atMs: number): Observation => ({
  kind: 'loop-transition',
  loop,
  occupied,
  atMs,
  uncertaintyMs: 1,
  found: false,
});
const fault = (sensor: string, code: string, active: boolean): Observation => ({
  kind: 'sensor-fault',
  sensor,
  layer: sensor.startsWith('t-') ? 'channel' : 'device',
  code,
  active,
  atMs: 1,
  detail: 'does not answer',
});
const interval = (count: number, classCounts: Record<string, number> | null): Observation => ({
  kind: 'device-interval',
  loop: 't-1',
  fromMs: 0,
  toMs: 60_000,
  count,
  occupancyPct: 10,
  meanSpeedKmh: null,
  speed85Kmh: null,
  meanHeadwayS: null,
  meanGapS: null,
  meanLengthM: null,
  classCounts,
});

describe('what a Modbus example expects', () => {
  it('holds when the last claims say so, and a fault that nobody claimed is none', () => {
    const observations = [edge('t-1', false, 1), edge('t-1', true, 2), edge('t-2', false, 1)];
    const expectation = { 'loop-occupied': [true, false], 'loop-open': [false, false] };
    expect(modbusMismatches(expectation, { observations, loops })).toEqual([]);
  });

  it('differs in one sentence a meaning, with what the device itself had', () => {
    const observations = [
      edge('t-1', true, 1),
      fault('t-1', 'loop-open', true),
      fault('card', 'timeout', true),
    ];
    expect(
      modbusMismatches({ 'loop-occupied': [true, true], 'loop-open': [false] }, { observations, loops }),
    ).toEqual([
      'loop-occupied: expected [true,true], observed [true,null]',
      'timeout: does not answer',
      'loop-open: expected [false], observed [true]',
      'timeout: does not answer',
    ]);
  });
});

describe('what a frame example expects', () => {
  it('holds when every claim follows in order, whatever else is said and left out', () => {
    const observations = [interval(3, { a: 1, b: 2 }), edge('t-2', true, 5), interval(4, null)];
    const claims = [
      { kind: 'device-interval', channel: 1, count: 3, classCounts: { b: 2, a: 1 } },
      { kind: 'device-interval', channel: 1, count: 4, classCounts: null },
    ] as const;
    expect(frameMismatches(claims, { observations, loops })).toEqual([]);
    expect(frameMismatches(claims.toReversed(), { observations, loops })).not.toEqual([]);
  });

  it('shows the claims of the same kind that came instead', () => {
    const wanted = { kind: 'device-interval', channel: 1, count: 9 } as const;
    const [expected = '', observed = '', ...more] = frameMismatches([wanted], {
      observations: [edge('t-1', true, 1), interval(3, null)],
      loops,
    });
    expect(expected).toContain('expected claim 1 of 1: {"kind":"device-interval","channel":1,"count":9}');
    expect(observed).toContain('"count":3');
    expect(more).toEqual([]);
    expect(frameMismatches([wanted], { observations: [], loops }).at(-1)).toBe('observed nothing');
  });

  it('does not take a class count of another vehicle class for the right one', () => {
    const wanted = { kind: 'device-interval', channel: 1, classCounts: { a: 1 } } as const;
    expect(frameMismatches([wanted], { observations: [interval(1, { b: 1 })], loops })).not.toEqual([]);
    expect(frameMismatches([wanted], { observations: [interval(1, { a: 1, b: 0 })], loops })).not.toEqual([]);
  });
});
