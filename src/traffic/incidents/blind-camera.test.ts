import { describe, expect, test } from 'vitest';
import { TestRoad } from '../../../test/fakes/road.ts';
import { INCIDENT_RULES, laneDefinition, siteWith } from '../../../test/fakes/site.ts';
import type { TrackPoint } from '../observations/observation.ts';
import type { LaneKind } from '../site-definition.ts';

/** As configured by default: a vehicle is gone when it has not been seen for 15 s. */
const INCIDENTS = {
  ...INCIDENT_RULES,
  stoppedVehicle: { ...INCIDENT_RULES.stoppedVehicle, dwellS: 10, clearS: 15 },
};

function roadOf(kind: LaneKind): TestRoad {
  const definition = siteWith(laneDefinition({ kind, station: null, usualSource: 'camera' }));
  return new TestRoad({ ...definition, incidents: INCIDENTS });
}

function car(track: number, y = 300): TrackPoint {
  const box = [30, y - 40, 70, y] as const;
  return { track, class: 'car', score: 0.6, box, foot: [50, y], groundM: null, coasting: false };
}
const standing = (track: number, y?: number) => () => [car(track, y)];

function blind(road: TestRoad, forMs: number): TestRoad {
  road.cameraAlive = false;
  road.run(forMs);
  road.cameraAlive = true;
  return road;
}

function told(road: TestRoad): readonly string[] {
  return road.of('incident').map(({ phase, closing }) => (closing === null ? phase : closing));
}

describe('an open incident whose camera shows nothing for a while', () => {
  test.each<readonly [LaneKind, number]>([
    ['through', 20],
    ['through', 120],
    ['stop-line', 20],
    ['stop-line', 120],
  ])('in a %s lane, %i s: is the same one when the vehicle still stands there', (kind, blindS) => {
    const road = roadOf(kind).run(INCIDENTS.stoppedVehicle.waitS[kind] * 1000 + 20_000, standing(1));
    blind(road, blindS * 1000).run(40_000, standing(7));
    expect(told(road).filter((said) => said !== 'update')).toEqual(['open']);
  });

  test('closes when the road has been seen free for the closing time, and not before', () => {
    const road = blind(roadOf('through').run(20_000, standing(1)), 60_000).run(14_000);
    expect(told(road)).toEqual(['open']);
    const [, close] = road.run(2000).of('incident');
    expect(close).toMatchObject({ phase: 'close', closing: 'cleared' });
    expect((close?.closedAtMs ?? 0) - (close?.openedAtMs ?? 0)).toBeLessThan(11_000);
  });

  test('is not kept open for ever by a camera that never shows the road long enough to tell', () => {
    const road = roadOf('through').run(20_000, standing(1));
    for (let n = 0; n < 24; n += 1) blind(road, 5000).run(8000);
    expect(told(road)).toEqual(['open']);
    for (let n = 0; n < 2; n += 1) blind(road, 5000).run(8000);
    expect(told(road)).toEqual(['open', 'unseen']);
  });

  test('ends where another vehicle waits at another place of the stop line lane', () => {
    const road = blind(roadOf('stop-line').run(200_000, standing(1)), 60_000).run(20_000, standing(2, 600));
    expect(told(road)).toEqual(['open', 'cleared']);
  });
});

test('an incident goes on under any number: a camera process that was started anew gave the old one to another', () => {
  const road = blind(roadOf('stop-line').run(200_000, standing(1)), 20_000);
  road.run(40_000, () => [car(1, 700), car(2, 300)]);
  expect(told(road).filter((said) => said !== 'update')).toEqual(['open']);
});

describe('a vehicle that waits for less than vehicles wait by design', () => {
  test('begins anew after a stretch in which it may have been away', () => {
    const road = blind(roadOf('stop-line').run(100_000, standing(1)), 20_000).run(170_000, standing(1));
    expect(told(road)).toEqual([]);
  });
});

describe('a queue that is an incident in a lane where vehicles wait by design', () => {
  const queue = () => Array.from({ length: 12 }, (_, at) => car(at, 950 - 60 * at));
  const congestion = (road: TestRoad) =>
    road
      .of('incident')
      .filter(({ incidentKind, phase }) => incidentKind === 'congestion' && phase !== 'update');

  test('is the same one when it still stands there after a stretch without pictures', () => {
    const road = blind(roadOf('stop-line').run(200_000, queue), 60_000).run(60_000, queue);
    expect(congestion(road).map(({ phase }) => phase)).toEqual(['open']);
    expect(congestion(road.run(60_000)).map(({ phase }) => phase)).toEqual(['open', 'close']);
  });
});

describe('an incident that loops raised, and whose loops fall silent', () => {
  test('is not cleared by the first reading after the silence', () => {
    const definition = siteWith(laneDefinition());
    const road = new TestRoad({ ...definition, cameras: [] });
    road.cameraAlive = false;
    road.drive(['b', 'a']).run(500);
    road.cardAlive = false;
    road.run(20_000);
    road.cardAlive = true;
    expect(told(road.run(2000))).toEqual(['open']);
    expect(told(road.run(4000))).toEqual(['open', 'cleared']);
  });
});
