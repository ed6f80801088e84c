import { describe, expect, it } from 'vitest';
import type { Observation } from '../traffic/observations/observation.ts';
import type { LoopEvidence, SiteDefinition } from '../traffic/site-definition.ts';
import { createLoopLamps } from './loop-lamps.ts';

function lampsOn(evidence: LoopEvidence) {
  const loop = (name: string, detector: number) => ({ loop: name, detector, evidence });
  const station = { entry: loop('in', 1), exit: loop('out', 2) };
  const lanes = [
    { lane: 'north-1', station },
    { lane: 'north-2', station: null },
  ];
  return createLoopLamps({ lanes } as unknown as SiteDefinition);
}

const POLLED: LoopEvidence = { kind: 'polled-edges', pollMs: 10, accumulatesOccupancy: false };

function edge(occupied: boolean, atMs: number, more: { found?: boolean; loop?: string } = {}): Observation {
  const { found = false, loop = 'in' } = more;
  return { kind: 'loop-transition', loop, occupied, atMs, uncertaintyMs: 5, found };
}

function counter(count: number, bits: 8 | 16 | 32 = 16): Observation {
  return { kind: 'loop-counters', loop: 'in', count, bits, nonVolatile: true, atMs: count };
}

describe('a loop lamp', () => {
  it('counts a vehicle as it arrives and knows its on-time when it has left', () => {
    const lamps = lampsOn(POLLED);
    expect(lamps.of('in')).toMatchObject({ occupied: null, count: 0, hitMs: null });
    lamps.take([edge(false, 0, { found: true }), edge(true, 1000)]);
    expect(lamps.of('in')).toMatchObject({ occupied: true, count: 1, hitMs: 1000, lastOnTimeMs: null });
    lamps.take([edge(false, 1240)]);
    expect(lamps.of('in')).toMatchObject({ occupied: false, changedMs: 1240, lastOnTimeMs: 240, count: 1 });
    expect(lamps.of('out')).toMatchObject({ occupied: null, count: 0 });
  });

  it('neither counts nor times a vehicle whose arrival nobody saw', () => {
    const lamps = lampsOn(POLLED);
    lamps.take([edge(true, 0, { found: true }), edge(false, 500)]);
    expect(lamps.of('in')).toMatchObject({ occupied: false, count: 0, lastOnTimeMs: null });
    lamps.take([edge(true, 1000), edge(false, 9000, { found: true })]);
    expect(lamps.of('in')).toMatchObject({ count: 1, lastOnTimeMs: null });
  });

  it('takes a counter only where there is nothing better, over its wrap and over its reset', () => {
    const both = lampsOn(POLLED);
    both.take([counter(5), counter(9)]);
    expect(both.of('in').count).toBe(0);
    const alone = lampsOn({ kind: 'counts' });
    alone.take([counter(65_530), counter(65_534), counter(2), counter(0)]);
    expect(alone.of('in').count).toBe(8);
  });

  it('counts what a device measured by itself, the missed ones too', () => {
    const lamps = lampsOn({ kind: 'vehicles' });
    const vehicle = { uncertaintyMs: 1, direction: 'forward', lengthM: null, class: null } as const;
    lamps.take([
      {
        kind: 'vehicle-detection',
        loop: 'in',
        atMs: 7,
        onTimeMs: 300,
        speedKmh: 48,
        missedBefore: 2,
        ...vehicle,
      },
    ]);
    expect(lamps.of('in')).toMatchObject({ occupied: null, count: 3, lastOnTimeMs: 300, speedKmh: 48 });
  });
});
