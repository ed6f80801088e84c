import { describe, expect, test } from 'vitest';
import { laneDefinition, siteWith } from '../../../test/fakes/site.ts';
import type { TrackPoint, VehicleClass } from '../observations/observation.ts';
import type { CameraDefinition, PointPx } from '../site-definition.ts';
import { EMPTY_VIEW, foldTracks } from './camera-view.ts';
import type { CompletedPassage } from './passage.ts';

const FRAME_MS = 100;
/** Of every box here; the line lies at y = 500, traffic goes down the picture. */
const HEIGHT_PX = 40;

const [CAMERA] = siteWith(laneDefinition()).cameras;

function point(foot: PointPx, roadUser: VehicleClass = 'car'): TrackPoint {
  const [x, y] = foot;
  return {
    track: 1,
    class: roadUser,
    score: 0.6,
    box: [x - 20, y - HEIGHT_PX, x + 20, y],
    foot,
    groundM: null,
    coasting: false,
  };
}

/** What one track is counted as that is seen at these feet, one picture after the other. */
function passagesOf(
  feet: readonly PointPx[],
  { camera = CAMERA, roadUser }: { camera?: CameraDefinition | undefined; roadUser?: VehicleClass } = {},
): readonly CompletedPassage[] {
  if (camera === undefined) throw new RangeError('the site has a camera');
  const passages: CompletedPassage[] = [];
  let state = EMPTY_VIEW;
  feet.forEach((foot, index) => {
    const tracks = [point(foot, roadUser)];
    const observation = { kind: 'vehicle-tracks', camera: 'cam', atMs: index * FRAME_MS, tracks } as const;
    const fold = foldTracks(camera, state, observation);
    state = fold.state;
    passages.push(...fold.passages);
  });
  return passages;
}

/** Feet from one y to another, `stepPx` in each picture. */
function drive(fromY: number, toY: number, stepPx = 10, x = 50): readonly PointPx[] {
  const count = Math.round(Math.abs(toY - fromY) / stepPx);
  return Array.from(
    { length: count + 1 },
    (_, i): PointPx => [x, fromY + Math.sign(toY - fromY) * i * stepPx],
  );
}

function stay(y: number, pictures: number, swingPx = 0): readonly PointPx[] {
  return Array.from({ length: pictures }, (_, i): PointPx => [50, y + swingPx * Math.sin(i)]);
}

describe('one vehicle, one passage', () => {
  test('it passes when its foot is on the line, although it is sure only later', () => {
    const [passage] = passagesOf(drive(455, 600));
    // 45 px at 10 px in 100 ms
    expect(passage).toMatchObject({ frontMs: 450, direction: 'forward', lane: 'north-1' });
    expect(passage?.completedMs).toBeGreaterThan(450);
  });

  test('a vehicle that waits on the line with a trembling box counts once', () => {
    const feet = [...drive(400, 500), ...stay(500, 200, 8), ...drive(500, 600)];
    expect(passagesOf(feet)).toHaveLength(1);
  });

  test('a vehicle that rolls back over the line and on again counts once', () => {
    const feet = [...drive(400, 520), ...drive(520, 490, 2), ...stay(490, 30), ...drive(490, 600)];
    expect(passagesOf(feet)).toHaveLength(1);
  });

  test('a box that trembles on the line and goes nowhere is no vehicle', () => {
    expect(passagesOf(stay(500, 300, 9))).toEqual([]);
  });

  test('a vehicle first seen beyond the line did not cross it', () => {
    expect(passagesOf(drive(505, 700))).toEqual([]);
  });

  test('between two lanes it counts in the nearer one', () => {
    const lanes = [0, 100].map((left, index) => ({
      lane: `north-${index + 1}`,
      polygon: [
        [left, 0],
        [left + 100, 0],
        [left + 100, 1000],
        [left, 1000],
      ] as const,
      countLine: [
        [left, 500],
        [left + 100, 500],
      ] as const,
      direction: [
        [left + 50, 0],
        [left + 50, 1000],
      ] as const,
      stopLine: null,
    }));
    const camera = {
      camera: 'cam',
      framesPerSecond: 10,
      lanes,
      zones: [],
      plane: null,
      visible: [0, 0, 1000, 1000] as const,
    };
    expect(passagesOf(drive(400, 600, 10, 104), { camera }).map(({ lane }) => lane)).toEqual(['north-2']);
  });
});

describe('a track that changes hands', () => {
  test('one jump back over the line is no vehicle against its lane', () => {
    expect(passagesOf([...drive(505, 600), ...drive(440, 480, 5)])).toEqual([]);
  });

  test('a vehicle that drives against its lane is counted as that', () => {
    expect(passagesOf(drive(650, 400)).map(({ direction }) => direction)).toEqual(['reverse']);
  });

  test('an oncoming vehicle that a track has taken up counts, a second one the same way does not', () => {
    const oncoming = [...drive(400, 620), ...drive(620, 380)];
    expect(passagesOf(oncoming).map(({ direction }) => direction)).toEqual(['forward', 'reverse']);
    expect(passagesOf([...drive(400, 620), ...drive(400, 620)])).toHaveLength(1);
  });
});

describe('who counts', () => {
  test('a person as fast as no one runs rides something', () => {
    expect(passagesOf(drive(300, 700, 12), { roadUser: 'person' })).toMatchObject([{ class: 'motorcycle' }]);
  });

  test('a walker is nobody', () => {
    expect(passagesOf(drive(460, 560, 3), { roadUser: 'person' })).toEqual([]);
  });

  test('a cyclist is no motor vehicle, however fast', () => {
    expect(passagesOf(drive(300, 700, 12), { roadUser: 'bicycle' })).toEqual([]);
  });
});
