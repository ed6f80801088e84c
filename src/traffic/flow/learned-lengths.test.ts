import { describe, expect, test } from 'vitest';
import { flowRecord } from '../../../test/fakes/records.ts';
import { TestRoad } from '../../../test/fakes/road.ts';
import { dualStation, laneDefinition, loopDefinition, siteWith } from '../../../test/fakes/site.ts';
import { createSiteState, type EarlierRuns } from '../site-state.ts';
import { learnedLengths } from './learned-lengths.ts';

/** A run in which ten vehicles of 5.5 m drove over two loops of 2 m, and what it has stored, newest first. */
function runBefore(): EarlierRuns {
  const road = new TestRoad().run(1000);
  for (let i = 0; i < 10; i += 1) road.drive();
  const flows = road.run(45_000).stop().of('flow').toReversed();
  return { openFaults: [], lastStoredMs: null, learnedLengths: learnedLengths(flows) };
}

/** The first interval of the lane's loops in the run after that. */
function firstFlow(earlier: EarlierRuns | undefined, station = dualStation()) {
  const road = new TestRoad(siteWith(laneDefinition({ station })));
  road.state = createSiteState('next', earlier);
  return road.run(25_000).flow('loop')[0];
}

describe('what an earlier run has learned about a lane', () => {
  test('is where the next run begins, and nothing is where the first begins', () => {
    const learned = firstFlow(runBefore())?.effectiveLength;
    expect(learned).toMatchObject({ basis: 'measured', vehicles: 10 });
    expect(learned?.lengthM).toBeCloseTo(7.5, 1);
    expect(firstFlow(undefined)?.effectiveLength).toMatchObject({ basis: 'configured', vehicles: 0 });
  });

  test('is not believed of a loop that has taken the place of the one that learned it', () => {
    const station = dualStation({ entry: loopDefinition({ loop: 'other' }) });
    expect(firstFlow(runBefore(), station)?.effectiveLength?.basis).toBe('configured');
  });

  test('is the newest of each lane; what says nothing of it is passed over', () => {
    const of = (lane: string, vehicles: number) => ({
      ...flowRecord({ seq: 1, lane }),
      effectiveLength: { lengthM: 7, basis: 'camera', vehicles } as const,
    });
    const { effectiveLength: _, ...ofAnEarlierProgram } = of('north-1', 4);
    const byCamera = { ...of('north-1', 3), effectiveLength: null };
    const rows = [ofAnEarlierProgram, byCamera, of('north-1', 2), of('north-2', 9), of('north-1', 1)];
    expect(learnedLengths(rows).map(({ lane, length }) => [lane, length.vehicles])).toEqual([
      ['north-1', 2],
      ['north-2', 9],
    ]);
  });
});
