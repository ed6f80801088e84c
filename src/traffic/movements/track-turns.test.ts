import fc from 'fast-check';
import { expect, test } from 'vitest';
import type { TrackPoint } from '../observations/observation.ts';
import { EMPTY_VIEW, foldTracks } from '../passages/camera-view.ts';
import type { CameraDefinition, ZoneDefinition } from '../site-definition.ts';
import { foldTurns, NO_TURNS, type Turn } from './track-turns.ts';

/** Bands of the picture, from above: entry, road, exit, road, entry, road, exit. */
const BANDS = ['north', null, 'south', null, 'east', null, 'west'] as const;
const KINDS = { north: 'entry', south: 'exit', east: 'entry', west: 'exit' } as const;

const zones = BANDS.flatMap((zone, band): ZoneDefinition[] => {
  if (zone === null) return [];
  const [top, bottom] = [100 * band, 100 * band + 100];
  const polygon = [
    [0, top],
    [100, top],
    [100, bottom],
    [0, bottom],
  ] as const;
  return [{ zone, kind: KINDS[zone], polygon, lane: null }];
});
const camera: CameraDefinition = {
  camera: 'cam',
  framesPerSecond: 10,
  lanes: [],
  zones,
  plane: null,
  visible: [0, 0, 100, 700],
};

/** What is said of tracks that are in these bands, picture by picture, and are then lost. */
function turnsOf(tracks: readonly (readonly number[])[]): readonly Turn[] {
  const turns: Turn[] = [];
  let view = EMPTY_VIEW;
  let state = NO_TURNS;
  const pictures = Math.max(...tracks.map((bands) => bands.length)) + 60;
  for (let picture = 0; picture < pictures; picture += 1) {
    const points = tracks.flatMap((bands, track): TrackPoint[] => {
      const band = bands[picture];
      if (band === undefined) return [];
      const foot = [50, 100 * band + 50] as const;
      const box = [30, foot[1] - 40, 70, foot[1]] as const;
      return [{ track, class: 'car', score: 0.6, box, foot, groundM: null, coasting: false }];
    });
    const atMs = picture * 100;
    view = foldTracks(camera, view, { kind: 'vehicle-tracks', camera: 'cam', atMs, tracks: points }).state;
    const fold = foldTurns(camera, state, view, atMs);
    state = fold.state;
    turns.push(...fold.turns);
  }
  return turns;
}

const wanderings = fc.array(fc.integer({ min: 0, max: BANDS.length - 1 }), { minLength: 1, maxLength: 30 });

test('a track is said to have turned, or lost, or found, once at most, wherever it wanders', () => {
  fc.assert(
    fc.property(wanderings, (bands) => {
      expect(turnsOf([bands]).length).toBeLessThanOrEqual(1);
    }),
  );
});

test('tracks do not disturb each other: together they turn as they do alone', () => {
  const plain = ({ atMs: _, ...turn }: Turn) => JSON.stringify(turn);
  fc.assert(
    fc.property(fc.array(wanderings, { minLength: 1, maxLength: 4 }), (tracks) => {
      const alone = tracks.flatMap((bands) => turnsOf([bands])).map(plain);
      expect(turnsOf(tracks).map(plain).toSorted()).toEqual(alone.toSorted());
    }),
  );
});

test.each([
  { way: [0, 0, 1, 2, 2], said: { kind: 'turned', entry: 'north', exit: 'south' } },
  { way: [0, 0, 1, 2, 3, 4, 4, 5, 6, 6], said: { kind: 'turned', entry: 'north', exit: 'west' } },
  { way: [3, 2, 2], said: { kind: 'found', zone: 'south' } },
  { way: [4, 4, 3, 3], said: { kind: 'lost', zone: 'east' } },
] as const)('the way $way is $said.kind', ({ way, said }) => {
  expect(turnsOf([way])).toMatchObject([said]);
});

test.each([[[2, 2, 2, 2]], [[1, 1, 1]], [[0, 1, 2, 3]]])(
  'the way %j is nothing: it stands, or jumps',
  (way) => {
    expect(turnsOf([way])).toEqual([]);
  },
);
