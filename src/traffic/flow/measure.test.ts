import { describe, expect, test } from 'vitest';
import { dualStation, laneDefinition, loopDefinition, singleStation } from '../../../test/fakes/site.ts';
import type { LoopEvidence } from '../site-definition.ts';
import { cameraMeasure, graceMs, loopMeasure, widthsFor } from './measure.ts';

const withEvidence = (evidence: LoopEvidence) =>
  singleStation({ entry: loopDefinition({ loop: 'a', evidence }) });
const polled = (pollMs: number): LoopEvidence => ({
  kind: 'polled-edges',
  pollMs,
  accumulatesOccupancy: false,
});

describe('the resolution of a lane', () => {
  // a motorcycle of 2 m at 78 km/h is on a loop of 2 m for 185 ms, at 156 km/h for 92 ms
  test.each([
    [polled(92), 60, 'resolved'],
    [polled(93), 60, 'coarse'],
    [polled(50), 120, 'coarse'],
    [polled(46), 120, 'resolved'],
    [{ kind: 'stamped-edges', resolutionMs: 1 }, 120, 'resolved'],
    [{ kind: 'stamped-edges', resolutionMs: 100 }, 60, 'coarse'],
    [{ kind: 'vehicles' }, 60, 'device'],
    [{ kind: 'intervals', periodS: 30 }, 60, 'device'],
    [{ kind: 'counts' }, 60, 'device'],
  ] as const)('%o at a limit of %i km/h is %s', (evidence, speedLimitKmh, resolution) => {
    const lane = laneDefinition({ speedLimitKmh });
    expect(loopMeasure(lane, withEvidence(evidence)).resolution).toBe(resolution);
  });
  test('decides whether flow and occupancy may be made a speed', () => {
    expect(loopMeasure(laneDefinition(), withEvidence(polled(50))).estimatesSpeed).toBe(true);
    expect(loopMeasure(laneDefinition(), withEvidence(polled(100))).estimatesSpeed).toBe(false);
    expect(loopMeasure(laneDefinition(), withEvidence({ kind: 'counts' })).estimatesSpeed).toBe(false);
  });
});

describe('the grace time of a lane', () => {
  test('is that of its latest loop, and the time that the slowest vehicle needs to the second loop', () => {
    const late = loopDefinition({ loop: 'b', latencyMs: 5000 });
    expect(graceMs(null)).toBe(2000);
    expect(graceMs(singleStation())).toBe(2000);
    expect(graceMs(singleStation({ entry: late }))).toBe(6000);
    expect(graceMs(dualStation({ exit: late }))).toBeCloseTo(9240, 6);
  });
  test('is the same for its camera, so that both close together', () => {
    const station = dualStation();
    const lane = laneDefinition({ station });
    expect(cameraMeasure(lane, { lengths: false }).graceMs).toBe(
      loopMeasure(laneDefinition(), station).graceMs,
    );
  });
});

test('a device that makes intervals has none narrower than its own', () => {
  expect(widthsFor({ kind: 'intervals', periodS: 30 }, [10, 30, 60])).toEqual([30, 60]);
  expect(widthsFor(polled(10), [10, 30, 60])).toEqual([10, 30, 60]);
});
