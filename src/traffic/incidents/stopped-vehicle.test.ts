import { describe, expect, test } from 'vitest';
import { TestRoad } from '../../../test/fakes/road.ts';
import { laneDefinition, siteWith } from '../../../test/fakes/site.ts';
import type { TrackPoint, VehicleClass } from '../observations/observation.ts';
import type { LaneKind, PointPx, ZoneDefinition, ZoneKind } from '../site-definition.ts';

/** The lane is 100 px wide and runs down the picture; what lies to the right of it is beside the lane. */
const BESIDE: readonly PointPx[] = [
  [100, 0],
  [200, 0],
  [200, 1000],
  [100, 1000],
];
const IN_LANE: readonly PointPx[] = [
  [0, 200],
  [100, 200],
  [100, 400],
  [0, 400],
];

function vehicle(track: number, foot: PointPx, kind: VehicleClass = 'car'): TrackPoint {
  const [x, y] = foot;
  const box = [x - 20, y - 40, x + 20, y] as const;
  return { track, class: kind, score: 0.6, box, foot, groundM: null, coasting: false };
}

function zone(kind: ZoneKind, polygon: readonly PointPx[]): ZoneDefinition {
  return { zone: `a-${kind}`, kind, polygon, lane: null };
}

function roadWith(zones: readonly ZoneDefinition[], kind: LaneKind = 'through'): TestRoad {
  const definition = siteWith(laneDefinition({ kind, station: null, usualSource: 'camera' }));
  const cameras = definition.cameras.map((camera) => ({ ...camera, zones }));
  return new TestRoad({ ...definition, cameras });
}

function opened(road: TestRoad): readonly string[] {
  return road
    .of('incident')
    .flatMap(({ phase, incidentKind, zone: at }) =>
      phase === 'open' ? [at === null ? incidentKind : `${incidentKind} on ${at}`] : [],
    );
}

/** Stands at its place for as long as the road is watched. */
const standing =
  (...points: readonly TrackPoint[]) =>
  (): TrackPoint[] => [...points];

describe('a vehicle that stands', () => {
  test('on a shoulder is an incident of the nearest lane, on that shoulder', () => {
    const road = roadWith([zone('shoulder', BESIDE)]).run(8000, standing(vehicle(1, [150, 300])));
    expect(opened(road)).toEqual(['stopped-vehicle on a-shoulder']);
    expect(road.of('incident')[0]).toMatchObject({ lane: 'north-1', severity: 'warning' });
  });

  test('on a shoulder waits for no signal, and is an incident of the lane that the zone names', () => {
    const { definition } = roadWith([], 'stop-line');
    const lanes = [
      ...definition.lanes,
      laneDefinition({ lane: 'south-1', kind: 'stop-line', station: null }),
    ];
    const zones = [{ ...zone('shoulder', BESIDE), lane: 'south-1' }];
    const cameras = definition.cameras.map((camera) => ({ ...camera, zones }));
    const road = new TestRoad({ ...definition, lanes, cameras });
    expect(opened(road.run(8000, standing(vehicle(1, [150, 300]))))).toEqual([
      'stopped-vehicle on a-shoulder',
    ]);
    expect(road.of('incident')[0]?.lane).toBe('south-1');
  });

  test.each<readonly [string, readonly ZoneDefinition[], VehicleClass]>([
    ['beside the lane where no shoulder is drawn', [], 'car'],
    ['in a bay beside the lane', [zone('bay', BESIDE), zone('shoulder', BESIDE)], 'car'],
    ['at a bus stop beside the lane, if a bus', [zone('bus-stop', BESIDE), zone('shoulder', BESIDE)], 'bus'],
  ])('%s is none', (_name, zones, kind) => {
    expect(opened(roadWith(zones).run(200_000, standing(vehicle(1, [150, 300], kind))))).toEqual([]);
  });

  test.each<readonly [string, readonly ZoneDefinition[], VehicleClass]>([
    ['in a marked bay within the lane', [zone('bay', IN_LANE)], 'car'],
    ['at a bus stop within the lane, if a bus', [zone('bus-stop', IN_LANE)], 'bus'],
    ['in an area that is ignored', [zone('ignore', IN_LANE)], 'car'],
  ])('%s is none', (_name, zones, kind) => {
    const bystander = standing(vehicle(1, [50, 300], kind));
    expect(opened(roadWith(zones).run(200_000, bystander))).toEqual([]);
    expect(opened(roadWith([]).run(200_000, bystander))).toEqual(['stopped-vehicle']);
  });

  test('on the border of a bay is parked there; half a minute after it has left the bay it is not', () => {
    const bay = zone('bay', IN_LANE);
    const sways = (atMs: number) => [vehicle(1, [50, 400 + 1.5 * Math.sin(atMs / 900)])];
    expect(opened(roadWith([bay]).run(120_000, sways))).toEqual([]);
    const backsOut = (atMs: number) => [vehicle(1, [50, atMs < 10_000 ? 398 : 403])];
    expect(opened(roadWith([bay]).run(35_000, backsOut))).toEqual([]);
    expect(opened(roadWith([bay]).run(45_000, backsOut))).toEqual(['stopped-vehicle']);
  });

  test('on the edge of the road is one while its box is in the lane most of the time', () => {
    const sways = (outPct: number) => (atMs: number) => [
      vehicle(1, [atMs % 1000 < 10 * outPct ? 101 : 99, 300]),
    ];
    expect(opened(roadWith([]).run(20_000, sways(30)))).toEqual(['stopped-vehicle']);
    expect(opened(roadWith([]).run(20_000, sways(70)))).toEqual([]);
  });

  test('on the edge between the road and a bay beside it is parked there', () => {
    const sways = (atMs: number) => [vehicle(1, [atMs % 1000 < 300 ? 101 : 99, 300])];
    expect(opened(roadWith([zone('bay', BESIDE)]).run(60_000, sways))).toEqual([]);
  });

  test('at a bus stop and is no bus waits as long as in a bus lane', () => {
    const road = roadWith([zone('bus-stop', IN_LANE)]);
    expect(opened(road.run(110_000, standing(vehicle(1, [50, 300]))))).toEqual([]);
    expect(opened(road.run(20_000, standing(vehicle(1, [50, 300]))))).toEqual(['stopped-vehicle']);
  });

  test('at a stop line that is drawn waits for a red, whatever kind the lane is of', () => {
    const { definition } = roadWith([], 'through');
    const stopLine = [
      [0, 800],
      [100, 800],
    ] as const;
    const cameras = definition.cameras.map((camera) => ({
      ...camera,
      lanes: camera.lanes.map((lane) => ({ ...lane, stopLine })),
    }));
    const road = new TestRoad({ ...definition, cameras });
    expect(opened(road.run(170_000, standing(vehicle(1, [50, 780]))))).toEqual([]);
    expect(opened(road.run(20_000, standing(vehicle(1, [50, 780]))))).toEqual(['stopped-vehicle']);
  });

  test('behind others that wait for something out of sight is no stopped vehicle', () => {
    const queue = [950, 890, 830].map((y, index) => vehicle(index, [50, y]));
    expect(opened(roadWith([]).run(60_000, standing(...queue)))).toEqual([]);
  });

  test('at the head of a queue with a free road before it is one, and those behind it are not', () => {
    const queue = [500, 440, 380].map((y, index) => vehicle(index, [50, y]));
    const road = roadWith([]).run(60_000, standing(...queue));
    expect(opened(road)).toEqual(['stopped-vehicle']);
    expect(road.of('incident')[0]?.positionPx).toEqual([50, 500]);
  });

  test('keeps its time when the tracker loses it and finds it under another number', () => {
    const road = roadWith([]).run(4000, standing(vehicle(1, [50, 300])));
    road.run(1500);
    road.run(700, standing(vehicle(2, [55, 303])));
    expect(opened(road)).toEqual(['stopped-vehicle']);
  });

  test('keeps its time when something hides it and the tracker holds its number', () => {
    const hidden = () => [{ ...vehicle(1, [50, 300]), coasting: true }];
    const road = roadWith([], 'stop-line').run(100_000, standing(vehicle(1, [50, 300])));
    road.run(8000, hidden).run(70_000, standing(vehicle(1, [50, 300])));
    expect(opened(road)).toEqual([]);
    expect(opened(road.run(10_000, standing(vehicle(1, [50, 300]))))).toEqual(['stopped-vehicle']);
  });

  test('has not stood for the time of another one at another place', () => {
    const road = roadWith([]).run(4000, standing(vehicle(1, [50, 300])));
    road.run(1500);
    road.run(2000, standing(vehicle(2, [50, 500])));
    expect(opened(road)).toEqual([]);
  });

  test('has not stood for the time of one that was much smaller', () => {
    const bus: TrackPoint = { ...vehicle(2, [50, 300]), box: [10, 200, 90, 300] };
    const road = roadWith([]).run(4000, standing(vehicle(1, [50, 300])));
    expect(opened(road.run(1500).run(2000, standing(bus)))).toEqual([]);
  });

  test('only now and then, because it is a shadow, is none', () => {
    const road = roadWith([]);
    for (let n = 0; n < 20; n += 1) {
      road.run(1500, standing(vehicle(n, [50, 300])));
      road.run(3000);
    }
    expect(opened(road)).toEqual([]);
  });

  test('is none while most of its time was not seen', () => {
    const { definition } = roadWith([]);
    const { stoppedVehicle } = definition.incidents;
    const incidents = { ...definition.incidents, stoppedVehicle: { ...stoppedVehicle, dwellS: 10 } };
    const blink = (gapMs: number): TestRoad => {
      const road = new TestRoad({ ...definition, incidents }).run(3000, standing(vehicle(0, [50, 300])));
      for (const [n, longerMs] of [0, 500, 1000, 1500].entries()) {
        road.run(gapMs + longerMs).run(700, standing(vehicle(n + 1, [50, 300])));
      }
      return road;
    };
    expect(opened(blink(2000))).toEqual([]);
    expect(opened(blink(500))).toEqual(['stopped-vehicle']);
  });

  test('and creeps on again and again never stood that long', () => {
    const road = roadWith([]);
    for (let y = 100; y < 900; y += 45) {
      road.run(3500, standing(vehicle(1, [50, y])));
    }
    expect(opened(road)).toEqual([]);
  });

  test('and creeps slower than anything is seen to move stands anew with every box height', () => {
    const creeping = (pxS: number) => (atMs: number) => [vehicle(1, [50, 200 + (pxS * atMs) / 1000])];
    expect(opened(roadWith([], 'stop-line').run(200_000, creeping(2.5)))).toEqual([]);
    expect(opened(roadWith([], 'stop-line').run(200_000, creeping(0.1)))).toEqual(['stopped-vehicle']);
  });

  test.each([
    ['for longer than it stood', { stoodMs: 4000, goneMs: 5500, thenMs: 2500, lane: 'through' }, []],
    ['for less', { stoodMs: 4000, goneMs: 3000, thenMs: 2500, lane: 'through' }, ['stopped-vehicle']],
    ['for more than 30 s', { stoodMs: 120_000, goneMs: 40_000, thenMs: 30_000, lane: 'stop-line' }, []],
    [
      'for less than 30 s',
      { stoodMs: 120_000, goneMs: 20_000, thenMs: 45_000, lane: 'stop-line' },
      ['stopped-vehicle'],
    ],
  ] as const)('and was lost %s: keeps its time or not', (_name, { stoodMs, goneMs, thenMs, lane }, told) => {
    const road = roadWith([], lane).run(stoodMs, standing(vehicle(1, [50, 300])));
    road.run(goneMs).run(thenMs, standing(vehicle(2, [50, 300])));
    expect(opened(road)).toEqual(told);
  });

  test('is told once in its cool-down, another one at another place at once', () => {
    const road = roadWith([]).run(10_000, standing(vehicle(1, [50, 300])));
    road.run(6000);
    road.run(20_000, standing(vehicle(2, [52, 301])));
    expect(opened(road)).toEqual(['stopped-vehicle']);
    road.run(20_000, standing(vehicle(3, [50, 600])));
    expect(opened(road)).toEqual(['stopped-vehicle', 'stopped-vehicle']);
    expect(new Set(road.of('incident').map(({ incident }) => incident)).size).toBe(2);
  });

  test('is another one under the same number, when the camera has begun to count anew', () => {
    const road = roadWith([]).run(10_000, standing(vehicle(1, [50, 300])));
    road.cameraAlive = false;
    road.run(8000);
    road.cameraAlive = true;
    road.run(4000);
    road.run(10_000, standing(vehicle(1, [50, 600])));
    expect(opened(road)).toEqual(['stopped-vehicle', 'stopped-vehicle']);
  });
});

describe('the end of an incident', () => {
  test('is not a camera that shows nothing; after a time it closes as unseen', () => {
    const road = roadWith([]).run(8000, standing(vehicle(1, [50, 300])));
    road.cameraAlive = false;
    road.run(200_000);
    expect(road.of('incident').map(({ phase }) => phase)).toEqual(['open']);
    road.run(101_000);
    expect(road.of('incident').at(-1)).toMatchObject({ phase: 'close', closing: 'unseen' });
  });

  test('is a road that is seen free, and dated when it was seen last', () => {
    const road = roadWith([]).run(8000, standing(vehicle(1, [50, 300])));
    road.run(5000);
    const [open, close] = road.of('incident');
    expect(close).toMatchObject({ phase: 'close', closing: 'cleared', incident: open?.incident });
    expect((close?.closedAtMs ?? 0) - (open?.startedAtMs ?? 0)).toBeGreaterThanOrEqual(7000);
    expect((close?.closedAtMs ?? 0) - (open?.startedAtMs ?? 0)).toBeLessThan(9000);
  });

  test('is the agent that stops', () => {
    const road = roadWith([])
      .run(8000, standing(vehicle(1, [50, 300])))
      .stop();
    expect(road.of('incident').at(-1)).toMatchObject({ phase: 'close', closing: 'agent-stopped' });
  });

  test('one camera that goes on showing it confirms it', () => {
    const road = roadWith([]).run(64_000, standing(vehicle(1, [50, 300])));
    expect(road.of('incident').map(({ certainty }) => certainty)).toEqual(['suspected']);
    road.run(4000, standing(vehicle(1, [50, 300])));
    expect(road.of('incident').map(({ phase, certainty }) => [phase, certainty])).toEqual([
      ['open', 'suspected'],
      ['update', 'confirmed'],
    ]);
  });
});

describe('a vehicle of which the detector shows the whole and its cabin by turns, as by night', () => {
  /** For so long the one, then the other; a cabin's box ends above the lamps. */
  const TURN_MS = 1500;
  const seen = (cabinPx: number) => (atMs: number) => {
    const isWhole = Math.floor(atMs / TURN_MS) % 2 === 0;
    const [x, y] = [50, isWhole ? 300 : 276];
    const box = [x - 20, y - (isWhole ? 40 : cabinPx), x + 20, y] as const;
    return [{ ...vehicle(1, [x, y]), box }];
  };

  test('stands', () => {
    expect(opened(roadWith([]).run(20_000, seen(20)))).toEqual(['stopped-vehicle']);
  });

  test('does not, where the whole of it goes to and fro', () => {
    expect(opened(roadWith([]).run(20_000, seen(40)))).toEqual([]);
  });
});
