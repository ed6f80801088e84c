import { describe, expect, test } from 'vitest';
import { exactPlane } from '../../../test/fakes/marks.ts';
import { cameraOn, PICTURE, type Pole } from '../../../test/fakes/pole.ts';
import { TestRoad } from '../../../test/fakes/road.ts';
import { laneDefinition, siteSeenFromAbove, siteWith } from '../../../test/fakes/site.ts';
import type { TrackPoint, VehicleClass } from '../observations/observation.ts';
import type { PointPx, SiteDefinition } from '../site-definition.ts';

const LANE = laneDefinition({ station: null, usualSource: 'camera' });

describe('speeds of a camera lane', () => {
  const PERIOD_MS = 4000;
  /** One car each four seconds, straight down the picture at ten pixels to the metre. */
  const stream =
    (speedMs: (vehicle: number) => number) =>
    (atMs: number): TrackPoint[] => {
      const vehicle = Math.floor(atMs / PERIOD_MS);
      const y = 350 + ((atMs % PERIOD_MS) / 100) * speedMs(vehicle);
      const box = [30, y - 40, 70, y] as const;
      if (y > 900) return [];
      return [
        {
          track: vehicle,
          class: 'car',
          score: 0.6,
          box,
          foot: [50, y],
          groundM: [5, -y / 10],
          coasting: false,
        },
      ];
    };

  test('have means whose uncertainty does not shrink with the number of vehicles', () => {
    const road = new TestRoad(siteSeenFromAbove(LANE)).run(
      63_000,
      stream(() => 14),
    );
    const [spot] = road.of('passage');
    const [interval] = road.flow('camera', 60);
    expect(interval?.speedCount).toBeGreaterThan(10);
    expect(interval?.spaceMeanSpeedKmh).toBeCloseTo(50.4, 0);
    // One standard error for the mean, two for the bound of a vehicle.
    expect(interval?.speedUncertaintyPct).toBeCloseTo((spot?.speedUncertaintyPct ?? 0) / 2, 0);
  });

  test('have no mean while more than half of the vehicles creep: who has a speed is faster than the lane', () => {
    const mixed = stream((vehicle) => (vehicle % 3 === 0 ? 14 : 4.2));
    const jittered = (atMs: number): TrackPoint[] =>
      mixed(atMs).map((point) => {
        const y = point.foot[1] + (Math.floor(atMs / 4000) % 3 === 0 ? 0 : 9 * Math.sin(atMs));
        return { ...point, foot: [50, y], box: [30, y - 40, 70, y], groundM: [5, -y / 10] };
      });
    const [interval] = new TestRoad(siteSeenFromAbove(LANE)).run(63_000, jittered).flow('camera', 60);
    const { count, speedCount, spaceMeanSpeedKmh } = interval ?? {};
    expect(count).toBeGreaterThan(9);
    expect({ speedCount, spaceMeanSpeedKmh }).toEqual({ speedCount: 0, spaceMeanSpeedKmh: null });
  });
});

describe('length classes of a camera lane', () => {
  const POLE: Pole = { heightM: 8, tiltDeg: 15, focalPx: 1100 };
  const pixelOf = (x: number, y: number): PointPx => cameraOn(POLE).pixelOf([x, y]);

  /** The lane goes from left to right across the picture, 24 m away, or towards the camera. */
  function siteFor(way: 'across' | 'towards'): SiteDefinition {
    const site = siteWith(LANE);
    const across = {
      polygon: [pixelOf(-14, 22), pixelOf(14, 22), pixelOf(14, 26), pixelOf(-14, 26)],
      countLine: [pixelOf(0, 22), pixelOf(0, 26)] as const,
      direction: [pixelOf(-10, 24), pixelOf(10, 24)] as const,
    };
    const towards = {
      polygon: [pixelOf(-2, 12), pixelOf(2, 12), pixelOf(2, 40), pixelOf(-2, 40)],
      countLine: [pixelOf(-2, 22), pixelOf(2, 22)] as const,
      direction: [pixelOf(0, 40), pixelOf(0, 12)] as const,
    };
    const drawn = way === 'across' ? across : towards;
    const visible = [0, 0, PICTURE.widthPx, PICTURE.heightPx] as const;
    return {
      ...site,
      cameras: site.cameras.map((camera) => ({
        ...{ ...camera, plane: exactPlane(POLE), visible },
        lanes: camera.lanes.map((lane) => ({ ...lane, ...drawn })),
      })),
    };
  }

  /** The box around a block that goes from left to right at 36 km/h. */
  function block(track: number, roadUser: VehicleClass, lengthM: number) {
    return (sinceMs: number): TrackPoint[] => {
      const x = -10 + sinceMs / 100;
      if (x > 10) return [];
      const [width, height] = roadUser === 'bus' ? [2.5, 3] : [1.8, 1.5];
      const corners = [0, height].flatMap((up) =>
        [-lengthM / 2, lengthM / 2].flatMap((along) =>
          [-width / 2, width / 2].map((across) => cameraOn(POLE).pixelOf([x + along, 24 + across], up)),
        ),
      );
      const xs = corners.map(([px]) => px);
      const ys = corners.map(([, py]) => py);
      const box = [Math.min(...xs), Math.min(...ys), Math.max(...xs), Math.max(...ys)] as const;
      const foot = [(box[0] + box[2]) / 2, box[3]] as const;
      return [{ track, class: roadUser, score: 0.6, box, foot, groundM: [x, 24], coasting: false }];
    };
  }

  test('are those of the lengths where vehicles go across the picture', () => {
    const road = new TestRoad(siteFor('across'));
    road.run(4000, block(1, 'car', 4.4)).run(23_000, (atMs) => block(2, 'bus', 10.5)(atMs - 4000));
    const [car, bus] = road.of('passage');
    expect(car?.lengthM).toBeCloseTo(4.4, 0);
    expect(bus?.lengthM).toBeGreaterThan(9);
    expect([car?.lengthClass, bus?.lengthClass]).toEqual(['c', 'b']);
    expect(road.flow('camera')[0]).toMatchObject({
      classScheme: 'gbt43229',
      classCounts: { a: 0, b: 1, c: 1, unclassified: 0 },
    });
  });

  test('are none where vehicles come towards the camera', () => {
    const [interval] = new TestRoad(siteFor('towards')).run(23_000).flow('camera');
    expect(interval).toMatchObject({ count: 0, classScheme: null, classCounts: null });
  });
});
