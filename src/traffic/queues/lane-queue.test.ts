import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { TestRoad } from '../../../test/fakes/road.ts';
import { laneDefinition, siteSeenFromAbove } from '../../../test/fakes/site.ts';
import type { TrackPoint } from '../observations/observation.ts';
import type { CameraDefinition, SiteDefinition } from '../site-definition.ts';

/** The stop line lies 90 m down the lane; ten pixels are a metre. */
const STOP_LINE = [
  [0, 900],
  [100, 900],
] as const;

function site(stopLine: CameraDefinition['lanes'][number]['stopLine'] = STOP_LINE): SiteDefinition {
  const seen = siteSeenFromAbove(laneDefinition({ kind: 'stop-line', station: null, usualSource: 'camera' }));
  return {
    ...seen,
    cameras: seen.cameras.map((camera) => ({
      ...camera,
      lanes: camera.lanes.map((lane) => ({ ...lane, stopLine })),
    })),
  };
}

/** From 7 to 9 m before the line. */
const BAY = [
  [0, 810],
  [100, 810],
  [100, 830],
  [0, 830],
] as const;

/** A car whose front is so many metres before the stop line. */
function car(track: number, beforeM: number): TrackPoint {
  const y = 900 - 10 * beforeM;
  const box = [30, y - 40, 70, y] as const;
  return { track, class: 'car', score: 0.6, box, foot: [50, y], groundM: [5, -y / 10], coasting: false };
}

function queues(road: TestRoad): readonly (readonly [number | null, number | null])[] {
  return road.flow('camera').map(({ queueLengthM, meanQueueLengthM }) => [queueLengthM, meanQueueLengthM]);
}

describe('the queue of a lane', () => {
  test('reaches from the stop line to the rear of the last car that stands', () => {
    const road = new TestRoad(site()).run(22_000, () => [car(1, 1), car(2, 8), car(3, 15)]);
    // Front 15 m before the line, and 4.5 m of car.
    expect(queues(road)).toEqual([[19.5, expect.closeTo(19, 0)]]);
  });

  test('does not hold who is still coming, nor who stands far behind a gap', () => {
    const road = new TestRoad(site()).run(22_000, (atMs) => [car(1, 1), car(2, 80 - atMs / 400), car(3, 45)]);
    expect(queues(road)).toEqual([[5.5, expect.anything()]]);
  });

  test('keeps a car that creeps and lets go of one that drives', () => {
    const creeping = (atMs: number): TrackPoint[] => [car(1, atMs < 8000 ? 10 : 10 - (atMs - 8000) / 500)];
    // 2 m/s are 7.2 km/h: more than standing, less than driving.
    const [creeps] = queues(new TestRoad(site()).run(22_000, creeping));
    const driving = (atMs: number): TrackPoint[] => [car(1, atMs < 8000 ? 10 : 10 - (atMs - 8000) / 125)];
    const [drives] = queues(new TestRoad(site()).run(22_000, driving));
    expect(creeps?.[1]).toBeGreaterThan((drives?.[1] ?? 0) + 1);
  });

  test('is 0 on an empty road, and null without a stop line, without calibration, without pictures', () => {
    expect(queues(new TestRoad(site()).run(22_000))).toEqual([[0, 0]]);
    expect(queues(new TestRoad(site(null)).run(22_000))).toEqual([[null, null]]);
    const uncalibrated = site();
    const cameras = uncalibrated.cameras.map((camera) => ({ ...camera, plane: null }));
    expect(queues(new TestRoad({ ...uncalibrated, cameras }).run(22_000))).toEqual([[null, null]]);
    const blind = new TestRoad(site());
    blind.cameraAlive = false;
    expect(queues(blind.run(22_000))).toEqual([[null, null]]);
  });

  test('does not hold who is parked in a bay beside it', () => {
    const bay = { zone: 'bay', kind: 'bay', polygon: BAY, lane: null } as const;
    const seen = site();
    const cameras = seen.cameras.map((camera) => ({ ...camera, zones: [bay] }));
    const cars = (): TrackPoint[] => [car(1, 1), car(2, 8)];
    expect(queues(new TestRoad({ ...seen, cameras }).run(22_000, cars))).toEqual([[5.5, expect.anything()]]);
  });

  test('never gets shorter by a car more, nor longer than from the line to the last rear', () => {
    const places = fc.array(fc.double({ min: 0, max: 85, noNaN: true }), { minLength: 1, maxLength: 8 });
    const longest = (beforeM: readonly number[]): number => {
      const cars = beforeM.map((each, index) => car(index, each));
      const road = new TestRoad(site()).run(22_000, () => cars);
      return queues(road)[0]?.[0] ?? Number.NaN;
    };
    fc.assert(
      fc.property(places, (beforeM) => {
        const all = longest(beforeM);
        expect(all).toBeGreaterThanOrEqual(longest(beforeM.slice(1)));
        expect(all).toBeLessThanOrEqual(Math.max(...beforeM) + 4.55);
      }),
      { numRuns: 25 },
    );
  });
});
