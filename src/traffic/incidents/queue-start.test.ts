import { expect, test } from 'vitest';
import { TestRoad } from '../../../test/fakes/road.ts';
import { laneDefinition, siteWith } from '../../../test/fakes/site.ts';
import type { TrackPoint } from '../observations/observation.ts';

const RED_MS = 60_000;
/** A driver follows the one before by so much later. */
const FOLLOWS_MS = 1500;

function car(track: number, y: number): TrackPoint {
  const box = [30, y - 40, 70, y] as const;
  return { track, class: 'car', score: 0.6, box, foot: [50, y], groundM: null, coasting: false };
}

/** Six cars that wait for something out of sight and start one after another; the lane ends at 1000. */
function queue(staysBehind: number | null = null) {
  return (atMs: number): TrackPoint[] =>
    Array.from({ length: 6 }, (_, n) => {
      const s = n === staysBehind ? 0 : Math.max(0, atMs - RED_MS - n * FOLLOWS_MS) / 1000;
      return car(n, 950 - 60 * n + 40 * s * s);
    }).filter(({ foot }) => foot[1] < 1040);
}

function stopped(road: TestRoad): readonly (readonly [number, number] | null)[] {
  const opened = road
    .of('incident')
    .filter(({ phase, incidentKind }) => phase === 'open' && incidentKind === 'stopped-vehicle');
  return opened.map(({ positionPx }) => positionPx);
}

function watch(tracksAt: (atMs: number) => TrackPoint[], forMs = 90_000): TestRoad {
  const lane = laneDefinition({ kind: 'through', station: null, usualSource: 'camera' });
  return new TestRoad(siteWith(lane)).run(forMs, tracksAt);
}

test('a queue that starts from its front makes no stopped vehicle of each that comes first in it', () => {
  expect(stopped(watch(queue()))).toEqual([]);
});

test('who stays behind when the queue before it has left is one', () => {
  expect(stopped(watch(queue(3)))).toEqual([[50, 770]]);
});

test('a queue whose end vanishes for a picture now and then leaves no stopped vehicle', () => {
  const flickers = (atMs: number): TrackPoint[] => queue()(atMs).slice(0, atMs % 7000 === 0 ? 1 : 6);
  expect(stopped(watch(flickers, RED_MS))).toEqual([]);
});
