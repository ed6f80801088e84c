import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { measureDualLoop, slowestTravelMs, travelSpeed } from './dual-loop.ts';
import type { Pulse } from './pulse.ts';

const geometry = { spacingM: 4.5, loopLengthM: 2 };

function pulse(onMs: number, offMs: number, uncertaintyMs = 5): Pulse {
  const found = { onFound: false, offFound: false };
  return { onMs, offMs, onUncertaintyMs: uncertaintyMs, offUncertaintyMs: uncertaintyMs, ...found };
}

describe('a mean speed over the station', () => {
  test.each([
    ['of a vehicle that keeps its speed is that speed', pulse(0, 440), pulse(300, 740), 54],
    // Front 30 s, rear 0.3 s: 4.5 m in 15.15 s.
    ['of one that stands between the loops', pulse(0, 31_000), pulse(30_000, 31_300), 1.069307],
    ['of edges too coarse for a spot speed', pulse(0, 440, 50), pulse(300, 740, 50), 54],
    ['that no vehicle has', pulse(0, 100, 0), pulse(60, 160, 0), null],
    ['that one may have had for all that is known', pulse(0, 100, 25), pulse(60, 160, 25), 270],
    ['of loops met in no order', pulse(300, 740), pulse(0, 440), null],
    ['of an end that fell into silence', pulse(0, 440), { ...pulse(300, 740), offFound: true }, null],
  ] as const)('%s', (_, first, second, expected) => {
    const travel = travelSpeed({ first, second }, geometry);
    if (expected === null) expect(travel).toBeNull();
    else expect(travel?.speedKmh).toBeCloseTo(expected, 5);
  });

  test('has a pace within its uncertainty of the true one', () => {
    // True travel time 300 ms; each edge may be 50 ms off.
    for (const [a, b] of [
      [0, 0],
      [50, -50],
      [-50, 50],
    ] as const) {
      const pulses = { first: pulse(a, 440 + a, 50), second: pulse(300 + b, 740 + b, 50) };
      const travel = travelSpeed(pulses, geometry);
      const paceMs = 300 + b - a;
      expect(Math.abs(300 - paceMs)).toBeLessThanOrEqual(
        (paceMs * (travel?.paceUncertaintyPct ?? 0)) / 100 + 1e-9,
      );
    }
  });
});

describe('a dual-loop speed', () => {
  test.each([
    ['54 km/h, 4.6 m', pulse(0, 440), pulse(300, 740), { speedKmh: 54, lengthM: 4.6 }],
    ['a difference in sensitivity cancels', pulse(0, 440), pulse(290, 750), { speedKmh: 54, lengthM: 4.75 }],
    ['on-times that differ by more than a tenth', pulse(0, 440), pulse(300, 900), { speedKmh: null }],
    [
      'on-times that may agree for all that is known',
      pulse(0, 440, 20),
      pulse(300, 850, 20),
      { speedKmh: 45.633803 },
    ],
    [
      'edges that leave a quarter of the travel time open',
      pulse(0, 440, 37),
      pulse(300, 740, 37),
      { speedKmh: 54 },
    ],
    ['edges that leave more than a quarter open', pulse(0, 440, 38), pulse(300, 740, 38), { speedKmh: null }],
    ['faster than anything', pulse(0, 100, 0), pulse(60, 160, 0), { speedKmh: null }],
    ['slower than a vehicle that keeps its speed', pulse(0, 4000), pulse(3300, 7300), { speedKmh: null }],
    ['shorter than nothing', pulse(0, 100), pulse(300, 400), { speedKmh: null, lengthM: null }],
    ['an on-time that is a disturbance', pulse(0, 15, 0), pulse(20, 35, 0), { speedKmh: null }],
    ['in no order', pulse(300, 740), pulse(0, 440), { speedKmh: null }],
  ] as const)('%s', (_, first, second, expected) => {
    const { speedKmh, lengthM } = measureDualLoop({ first, second }, geometry);
    if (expected.speedKmh === null) expect([speedKmh, lengthM]).toEqual([null, null]);
    else expect(speedKmh).toBeCloseTo(expected.speedKmh, 6);
    if ('lengthM' in expected && expected.lengthM !== null) expect(lengthM).toBeCloseTo(expected.lengthM, 6);
  });

  test('is not made of an edge that nobody saw', () => {
    const first = { ...pulse(0, 440), onFound: true };
    expect(measureDualLoop({ first, second: pulse(300, 740) }, geometry).speedKmh).toBeNull();
  });

  test('lies within its uncertainty of the true speed, wherever the edges lie within theirs', () => {
    const share = fc.oneof(fc.constantFrom(-1, 1), fc.double({ min: -1, max: 1, noNaN: true }));
    fc.assert(
      fc.property(
        fc.integer({ min: 2, max: 50 }),
        fc.integer({ min: 1, max: 40 }),
        fc.tuple(share, share, share, share),
        (speedMs, uncertaintyMs, shifts) => {
          const [a, b, c, d] = shifts.map((shift) => shift * uncertaintyMs) as [
            number,
            number,
            number,
            number,
          ];
          const travelMs = 4500 / speedMs;
          const onMs = 6600 / speedMs;
          const first = pulse(a, onMs + b, uncertaintyMs);
          const second = pulse(travelMs + c, travelMs + onMs + d, uncertaintyMs);
          const { speedKmh, speedUncertaintyPct } = measureDualLoop({ first, second }, geometry);
          if (speedKmh === null || speedUncertaintyPct === null) return;
          const offPct = (100 * Math.abs(speedMs * 3.6 - speedKmh)) / speedKmh;
          expect(offPct).toBeLessThanOrEqual(speedUncertaintyPct + 1e-9);
        },
      ),
    );
  });

  test('needs no longer between the loops than the slowest that is believed', () => {
    expect(slowestTravelMs(4.5)).toBeCloseTo(3240, 6);
  });
});
