import { expect, test } from 'vitest';
import { TestRoad } from '../../test/fakes/road.ts';
import { laneDefinition, siteWith } from '../../test/fakes/site.ts';
import type { TrackPoint } from '../traffic/observations/observation.ts';
import { createLoopLamps } from './loop-lamps.ts';
import { makeOverview, type OverviewParts } from './overview.ts';

function overviewOf(road: TestRoad, processes: OverviewParts['processes'] = []) {
  const { definition, state } = road;
  const lamps = createLoopLamps(definition);
  return makeOverview({
    ...{ definition, state, lamps, now: road.now(), version: '0.0.0', startedMonoMs: 0 },
    ...{ warnings: [], processes, inbox: { waiting: 0, refused: 0 } },
    store: {} as OverviewParts['store'],
    uplinks: [{} as OverviewParts['uplinks'][0]],
    ...{ commands: null, sparkplug: null },
  });
}

const standing: TrackPoint = {
  ...{ track: 1, class: 'car', score: 0.6, box: [30, 260, 70, 300], foot: [50, 300] },
  ...{ groundM: null, coasting: false },
};

test('an incident is shown from its opening to its end', () => {
  const road = new TestRoad(siteWith(laneDefinition({ station: null, usualSource: 'camera' })));
  expect(overviewOf(road).incidents).toEqual([]);
  road.run(8000, () => [standing]);
  const [told] = road.of('incident');
  expect(overviewOf(road).incidents).toEqual([
    {
      ...{ incident: told?.incident, kind: 'stopped-vehicle', lane: 'north-1', zone: null, files: [] },
      ...{ severity: 'warning', certainty: 'suspected', sinceMs: told?.startedAtMs },
    },
  ]);
  road.run(8000);
  expect(overviewOf(road).incidents).toEqual([]);
});

test('the figures of a camera that sees nothing are not shown as sound', () => {
  const road = new TestRoad().run(1000);
  const isBelieved = () => overviewOf(road).lanes[0]?.measures.map(({ believed }) => believed);
  expect(isBelieved()).toEqual([true, true]);
  const black = { kind: 'sensor-fault', sensor: 'cam', layer: 'camera', code: 'black', detail: '' } as const;
  road.claim({ ...black, active: true, atMs: road.nowMs }).run(100);
  expect(isBelieved()).toEqual([true, false]);
  road.claim({ ...black, active: false, atMs: road.nowMs }).run(100);
  expect(isBelieved()).toEqual([true, true]);
});

test('a camera tells what its process counts, and what judging its pictures had to pass over', () => {
  const sensor = { state: 'working', figures: { restarts: 3 }, note: '' } as const;
  const sensors = [
    { ...sensor, sensor: 'cam' },
    { ...sensor, sensor: 'evidence' },
  ];
  const vision = { process: 'vision', state: 'working', pid: 1, restarts: 0, sensors } as const;
  const [shown] = overviewOf(new TestRoad().run(1000), [vision]).processes;
  expect(shown?.sensors.map(({ figures }) => figures)).toEqual([
    { restarts: 3, refusedEncounters: 0 },
    { restarts: 3 },
  ]);
});
