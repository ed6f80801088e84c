import fc from 'fast-check';
import { expect, test } from 'vitest';
import { TestRoad, WALL_MINUS_MONO } from '../../../test/fakes/road.ts';
import { laneDefinition, siteWith } from '../../../test/fakes/site.ts';
import type { TrackPoint, VehicleClass } from '../observations/observation.ts';
import type { IncidentRecord } from '../record.ts';
import type { LaneKind } from '../site-definition.ts';

/** A stretch of time in which one road user is or is not there, and the sensors work or do not. */
interface Scene {
  readonly forMs: number;
  readonly track: number;
  readonly class: VehicleClass;
  readonly foot: readonly [number, number];
  readonly step: number;
  readonly there: boolean;
  readonly cameraAlive: boolean;
  readonly loop: 'a' | 'b' | null;
}

const scene: fc.Arbitrary<Scene> = fc.record({
  forMs: fc.integer({ min: 1, max: 90 }).map((tenths) => 100 * tenths),
  track: fc.integer({ min: 1, max: 4 }),
  class: fc.constantFrom<VehicleClass>('car', 'bus', 'motorcycle', 'person', 'bicycle'),
  foot: fc.tuple(fc.integer({ min: -20, max: 220 }), fc.integer({ min: 0, max: 1000 })),
  step: fc.constantFrom(0, 0, 0, 1, -1, 8, -8),
  there: fc.oneof({ weight: 3, arbitrary: fc.constant(true) }, fc.boolean()),
  cameraAlive: fc.oneof({ weight: 4, arbitrary: fc.constant(true) }, fc.boolean()),
  loop: fc.constantFrom('a', 'b', null),
});

function play(scenes: readonly Scene[], kind: LaneKind): TestRoad {
  const site = siteWith(laneDefinition({ kind }));
  const polygon = [
    [100, 0],
    [200, 0],
    [200, 1000],
    [100, 1000],
  ] as const;
  const zones = [{ zone: 'verge', kind: 'shoulder', polygon, lane: null }] as const;
  const rules = { ...site.incidents, coolDownS: 5, unseenS: 10, confirmS: 2 };
  const stoppedVehicle = {
    ...rules.stoppedVehicle,
    waitS: { ...rules.stoppedVehicle.waitS, 'stop-line': 10 },
  };
  const road = new TestRoad({
    ...site,
    incidents: { ...rules, stoppedVehicle },
    cameras: site.cameras.map((camera) => ({ ...camera, zones })),
  });
  for (const each of scenes) {
    road.cameraAlive = each.cameraAlive;
    if (each.loop !== null) road.loop(each.loop, each.there);
    const begunMs = road.nowMs;
    road.run(each.forMs, (atMs): TrackPoint[] => {
      if (!each.there) return [];
      const [x, y] = each.foot;
      const foot = [x, y + (each.step * (atMs - begunMs)) / 100] as const;
      const box = [foot[0] - 15, foot[1] - 40, foot[0] + 15, foot[1]] as const;
      return [{ ...each, score: 0.6, box, foot, groundM: null, coasting: false }];
    });
  }
  return road;
}

const placeOf = ({ lane, zone, incidentKind }: IncidentRecord): string =>
  [lane, zone, incidentKind].join('/');

test('whatever the sensors say, an incident opens once, is updated while open, closes once, and is alone at its place', () => {
  let opened = 0;
  let updated = 0;
  const property = (scenes: readonly Scene[], kind: LaneKind): void => {
    const records = play(scenes, kind).stop().of('incident');
    const open = new Map<string, string>();
    const names = new Set<string>();
    for (const record of records) {
      const place = placeOf(record);
      if (record.phase === 'open') {
        expect(open.has(place)).toBe(false);
        expect(names.has(record.incident)).toBe(false);
        open.set(place, record.incident);
        names.add(record.incident);
        opened += 1;
      }
      expect(open.get(place)).toBe(record.incident);
      if (record.phase === 'update') updated += 1;
      if (record.phase === 'close') open.delete(place);
      expect(record.closing === null).toBe(record.phase !== 'close');
      expect(record.startedAtMs).toBeGreaterThanOrEqual(WALL_MINUS_MONO);
      expect(record.startedAtMs).toBeLessThanOrEqual(record.openedAtMs);
      expect(record.closedAtMs ?? record.openedAtMs).toBeGreaterThanOrEqual(record.openedAtMs);
      expect(record.grounds[0]?.says).toBe('raises');
      expect(record.grounds.map(({ atMs }) => atMs)).toEqual(
        record.grounds.map(({ atMs }) => atMs).toSorted((a, b) => a - b),
      );
      const borneOut = record.grounds.some(({ says }) => says === 'confirms');
      if (!borneOut) expect(record.certainty).toBe('suspected');
    }
    expect([...open.values()]).toEqual([]);
  };
  const kinds = fc.constantFrom<LaneKind>('through', 'ramp', 'stop-line');
  const road = fc.property(fc.array(scene, { minLength: 1, maxLength: 12 }), kinds, property);
  fc.assert(road, { numRuns: 60, seed: 20_260_304 });
  // The property holds for silence, too: these roads were not silent.
  expect(opened).toBeGreaterThan(20);
  expect(updated).toBeGreaterThan(5);
}, 60_000);
