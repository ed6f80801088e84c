import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { TestRoad } from '../../../test/fakes/road.ts';
import { INCIDENT_RULES, laneDefinition, siteWith } from '../../../test/fakes/site.ts';
import type { TrackPoint } from '../observations/observation.ts';
import { EMPTY_VIEW, foldTracks, type ViewState } from '../passages/camera-view.ts';
import type { CameraDefinition, PointPx } from '../site-definition.ts';
import { type CollisionState, foldCollisions, NO_COLLISION } from './collision-evidence.ts';

/** Pictures of 1000 × 1000 pixels, ten a second, with vehicles 100 pixels wide and 50 high (a box height is 1.5 m). */
const HEIGHT = 50;
const WIDTH = 100;
const EVERY_MS = 100;
const STOP_MS = 9000;

const camera: CameraDefinition = {
  camera: 'cam',
  framesPerSecond: 10,
  lanes: [
    {
      lane: 'north-1',
      polygon: [
        [0, 0],
        [1000, 0],
        [1000, 1000],
        [0, 1000],
      ],
      countLine: [
        [0, 990],
        [1000, 990],
      ],
      direction: [
        [500, 0],
        [500, 1000],
      ],
      stopLine: null,
    },
  ],
  zones: [],
  plane: null,
  visible: [0, 0, 1000, 1000],
};
const definition = { lanes: [laneDefinition()], incidents: INCIDENT_RULES };

interface Actor {
  readonly track: number;
  readonly class?: TrackPoint['class'];
  /** Foot at a time; null while it is not there. */
  at(ms: number): PointPx | null;
}

function pointsOf(actors: readonly Actor[], ms: number, jitter = (): number => 0): TrackPoint[] {
  return actors.flatMap(({ track, class: kind = 'car', at }) => {
    const place = at(ms);
    if (place === null) return [];
    const [x, y] = [place[0] + HEIGHT * jitter(), place[1] + HEIGHT * jitter()];
    const box = [x - WIDTH / 2, y - HEIGHT, x + WIDTH / 2, y] as const;
    return [{ track, class: kind, score: 0.6, box, foot: [x, y], groundM: null, coasting: false }];
  });
}

/** What the camera says from 0 to STOP_MS; one entry per picture with evidence. */
function signsOf(actors: readonly Actor[], jitter?: () => number) {
  let view: ViewState = EMPTY_VIEW;
  let state: CollisionState = NO_COLLISION;
  const signs: { readonly atMs: number; readonly says: string; readonly lane: string }[] = [];
  for (let atMs = 0; atMs <= STOP_MS; atMs += EVERY_MS) {
    const points = pointsOf(actors, atMs, jitter);
    view = foldTracks(camera, view, { kind: 'vehicle-tracks', camera: 'cam', atMs, tracks: points }).state;
    const fold = foldCollisions(camera, state, { view, points, atMs }, definition);
    state = fold.state;
    signs.push(...fold.evidence.map(({ says, lane }) => ({ atMs, says, lane })));
  }
  return signs;
}

/** From one place with a velocity (pixels per second) until it is stopped within `overMs`; it stays there. */
function driven(
  from: PointPx,
  velocity: PointPx,
  stop: { readonly atMs: number; readonly overMs: number } = { atMs: STOP_MS, overMs: 0 },
): (ms: number) => PointPx {
  return (ms) => {
    const free = Math.min(ms, stop.atMs) / 1000;
    const braking = Math.min(Math.max(0, ms - stop.atMs), stop.overMs) / 1000;
    const slowing = stop.overMs === 0 ? 0 : braking - (braking * braking * 1000) / (2 * stop.overMs);
    const seconds = free + slowing;
    return [from[0] + velocity[0] * seconds, from[1] + velocity[1] * seconds];
  };
}

const IMPACT = { atMs: 2000, overMs: 100 };
/** Both come to x = 500 after two seconds, four box heights a second each (22 km/h). */
const fromLeft = driven([60, 500], [200, 0], IMPACT);
const fromRight = driven([940, 505], [-200, 0], IMPACT);

describe('a likely collision', () => {
  test('is two vehicles that meet and stand where no brakes could have stopped them', () => {
    const signs = signsOf([
      { track: 1, at: fromLeft },
      { track: 2, at: fromRight },
    ]);
    expect(signs[0]?.atMs).toBeGreaterThan(IMPACT.atMs);
    expect(signs[0]?.atMs).toBeLessThan(IMPACT.atMs + 3000);
    expect(signs.at(-1)).toEqual({ atMs: STOP_MS, says: 'confirms', lane: 'north-1' });
  });

  test('is suspected while only one of the two is left', () => {
    const lost = (ms: number): PointPx | null => (ms > 2200 ? null : fromRight(ms));
    const signs = signsOf([
      { track: 1, at: fromLeft },
      { track: 2, at: lost },
    ]);
    expect(new Set(signs.map(({ says }) => says))).toEqual(new Set(['raises']));
  });

  test('is borne out by people who come to it, not by those who stand farther off', () => {
    const lost = (ms: number): PointPx | null => (ms > 2200 ? null : fromRight(ms));
    const passerBy = (y: number) => (ms: number) => (ms < 6000 ? null : ([480, y] as const));
    const signs = (y: number) =>
      signsOf([
        { track: 1, at: fromLeft },
        { track: 2, at: lost },
        { track: 3, class: 'person', at: passerBy(y) },
      ]);
    expect(signs(560).find(({ says }) => says === 'confirms')?.atMs).toBe(6000);
    expect(new Set(signs(760).map(({ says }) => says))).toEqual(new Set(['raises']));
  });

  test('is a car that is turned round by another and comes to rest; a motorcycle may turn so', () => {
    const hit = (ms: number): PointPx =>
      ms <= 2000
        ? driven([200, 500], [120, 0])(ms)
        : driven([440, 500], [-60, 70], { atMs: 1500, overMs: 400 })(ms - 2000);
    const signs = (kind: TrackPoint['class']) =>
      signsOf([
        { track: 1, class: kind, at: hit },
        { track: 2, at: driven([560, 340], [-20, 80]) },
      ]);
    expect(signs('car')).not.toEqual([]);
    expect(signs('motorcycle')).toEqual([]);
  });

  test.each([
    ['near the place and soon', { velocity: [-60, 70], forMs: 700, creepMs: 0 }, true],
    ['far from it', { velocity: [-120, 140], forMs: 1700, creepMs: 0 }, false],
    ['after it has crept on for seconds', { velocity: [-60, 70], forMs: 700, creepMs: 4600 }, false],
  ] as const)('is what rests %s, or none', (_where, { velocity, forMs, creepMs }, told) => {
    const hit = (ms: number): PointPx => {
      const [sinceMs, crept] = [Math.max(0, ms - 2000), Math.min(creepMs, Math.max(0, ms - 2000 - forMs))];
      const from = driven([200, 500], [120, 0])(Math.min(ms, 2000));
      const [x, y] = driven(from, velocity, { atMs: forMs, overMs: 0 })(sinceMs);
      return [x - (17 * crept) / 1000, y + (17 * crept) / 1000];
    };
    const other = { track: 2, at: driven([560, 340], [-20, 80]) };
    expect(signsOf([{ track: 1, at: hit }, other]).length > 0).toBe(told);
  });

  test('goes on under another number when the tracker loses the wreck for a while', () => {
    const lost = (ms: number): PointPx | null => (ms > 5000 ? null : fromLeft(ms));
    const found = (ms: number): PointPx | null => (ms < 7000 ? null : fromLeft(ms));
    const signs = signsOf([
      { track: 1, at: lost },
      { track: 2, at: (ms) => (ms > 2200 ? null : fromRight(ms)) },
      { track: 3, at: found },
    ]);
    expect(signs.some(({ atMs }) => atMs > 5000 && atMs < 7000)).toBe(false);
    expect(signs.at(-1)?.atMs).toBe(STOP_MS);
  });
});

describe('no collision', () => {
  const standing = (place: PointPx) => (): PointPx => place;
  /** 8 m/s²: 200 px/s are 6 m/s, which end within 750 ms. */
  const HARD = { atMs: 2000, overMs: 750 };

  test.each<[string, readonly Actor[]]>([
    [
      'is hard braking of two that come at each other',
      [
        { track: 1, at: driven([0, 500], [200, 0], { ...HARD, atMs: 1700 }) },
        { track: 2, at: driven([960, 505], [-200, 0], { ...HARD, atMs: 1700 }) },
      ],
    ],
    [
      'is people who run into each other',
      [
        { track: 1, class: 'person', at: fromLeft },
        { track: 2, class: 'person', at: fromRight },
      ],
    ],
    [
      'is a queue that closes up',
      [
        { track: 1, at: driven([300, 500], [80, 0], { atMs: 1500, overMs: 2000 }) },
        { track: 2, at: driven([100, 505], [120, 0], { atMs: 1800, overMs: 1500 }) },
      ],
    ],
    [
      'is one that passes before the other',
      [
        { track: 1, at: driven([60, 500], [200, 0]) },
        { track: 2, at: driven([940, 510], [-200, 0]) },
      ],
    ],
    [
      'is a standing vehicle that takes over the number of one that passes it',
      [
        { track: 1, at: (ms) => (ms < 2000 ? driven([60, 500], [200, 0])(ms) : [470, 490]) },
        { track: 2, at: (ms) => (ms < 2000 ? [470, 490] : driven([60, 500], [200, 0])(ms)) },
      ],
    ],
    [
      'is a mover whose number jumps to a vehicle that stood there, while it drives on under a new one',
      [
        { track: 1, at: (ms) => (ms < 2000 ? fromLeft(ms) : [455, 490]) },
        { track: 2, at: driven([940, 505], [-200, 0]) },
        { track: 3, at: (ms) => (ms < 2100 ? [455, 490] : null) },
        { track: 4, at: (ms) => (ms < 2100 ? null : driven([60, 500], [200, 0])(ms)) },
      ],
    ],
    [
      'is a slow vehicle that stops, whose box settles a little back',
      [
        { track: 1, at: (ms) => (ms < 2000 ? driven([350, 500], [60, 0])(ms) : [450, 500]) },
        { track: 2, at: driven([940, 505], [-200, 0]) },
      ],
    ],
    [
      'is a vehicle that drives against a parked box',
      [
        { track: 1, at: standing([560, 500]) },
        { track: 2, at: fromLeft },
      ],
    ],
    [
      'is two that leave through the border of the picture, where their boxes stay',
      [
        { track: 1, at: (ms) => driven([590, 500], [180, 0])(Math.min(ms, 2000)) },
        { track: 2, at: (ms) => driven([950, 860], [0, -180])(Math.min(ms, 2000)) },
      ],
    ],
  ])('%s', (_, actors) => {
    expect(signsOf(actors)).toEqual([]);
  });

  test('comes of any two drivers who brake as hard as they can, however the boxes jump', () => {
    const pace = fc.double({ min: 0.5, max: 8, noNaN: true });
    const angle = fc.double({ min: 0, max: 2 * Math.PI, noNaN: true });
    const drivers = fc.record({ pace, angle, brakeMs: fc.integer({ min: 1000, max: 3000 }) });
    fc.assert(
      fc.property(
        drivers,
        drivers,
        fc.infiniteStream(fc.double({ min: -0.03, max: 0.03, noNaN: true })),
        (a, b, noise) => {
          const actor = (track: number, { pace: heights, angle: way, brakeMs }: typeof a): Actor => {
            const velocity: PointPx = [heights * HEIGHT * Math.cos(way), heights * HEIGHT * Math.sin(way)];
            // 8 m/s² at a box height of 1.5 m.
            const overMs = (heights / (8 / 1.5)) * 1000;
            const from: PointPx = [
              500 - velocity[0] * (brakeMs / 1000),
              500 - velocity[1] * (brakeMs / 1000),
            ];
            return { track, at: driven(from, velocity, { atMs: brakeMs, overMs }) };
          };
          expect(signsOf([actor(1, a), actor(2, b)], () => noise.next().value ?? 0)).toEqual([]);
        },
      ),
      { numRuns: 60 },
    );
  });
});

test.each([
  [2, 0],
  [20, 1],
])('%d vehicles on each side that all meet: what is passed over is counted', (vehicles, atLeast) => {
  const column = (first: number, at: Actor['at']): Actor[] =>
    Array.from({ length: vehicles }, (_, n) => ({ track: first + n, at }));
  let view: ViewState = EMPTY_VIEW;
  let state: CollisionState = NO_COLLISION;
  const actors = [...column(1, fromLeft), ...column(101, fromRight)];
  for (let atMs = 0; atMs <= IMPACT.atMs; atMs += EVERY_MS) {
    const points = pointsOf(actors, atMs);
    view = foldTracks(camera, view, { kind: 'vehicle-tracks', camera: 'cam', atMs, tracks: points }).state;
    state = foldCollisions(camera, state, { view, points, atMs }, definition).state;
  }
  expect(state.encounters.length).toBeGreaterThan(0);
  expect(state.encounters.length).toBeLessThanOrEqual(256);
  expect(Math.min(1, state.refused)).toBe(atLeast);
});

describe('a collision on a site', () => {
  function roadWith(kind: 'through' | 'non-motor'): TestRoad {
    const rules = { ...INCIDENT_RULES, collision: { dwellS: 0.2, clearS: 5, lanes: ['through'] as const } };
    const lane = laneDefinition({ kind, station: null, usualSource: 'camera' });
    return new TestRoad(siteWith(lane, { incidents: rules }));
  }
  /** Along the lane, narrow enough to be seen whole. */
  const crash = (ms: number): TrackPoint[] =>
    [fromLeft(ms)[0], fromRight(ms)[0] - 55].map((y, index): TrackPoint => {
      const box = [25, y - HEIGHT, 75, y] as const;
      return {
        ...{ track: index + 1, class: 'car', score: 0.6, box, foot: [50, y] },
        groundM: null,
        coasting: false,
      };
    });

  test('opens once, is confirmed, and closes when the wrecks have been towed away', () => {
    const road = roadWith('through').run(9000, crash).run(40_000);
    const told = road.of('incident').filter(({ incidentKind }) => incidentKind === 'collision');
    expect(told[0]).toMatchObject({ phase: 'open', lane: 'north-1', severity: 'critical' });
    expect(told.some(({ phase, certainty }) => phase !== 'close' && certainty === 'confirmed')).toBe(true);
    expect(told.filter(({ phase }) => phase === 'open')).toHaveLength(1);
    expect(told.at(-1)?.phase).toBe('close');
  });

  test('is not looked for where the site does not want it', () => {
    const road = roadWith('non-motor').run(9000, crash);
    expect(road.of('incident').filter(({ incidentKind }) => incidentKind === 'collision')).toEqual([]);
  });
});
