import { describe, expect, test } from 'vitest';
import { cameraSchema } from '../schema/camera.ts';
import { groundFindings } from './ground-plane-conflicts.ts';

type Mark = { readonly px: readonly [number, number]; readonly m: readonly [number, number] };

/** Two lanes, 30 m of them, x to the right and y away from the camera. */
const MARKS: readonly Mark[] = [
  { px: [465, 310], m: [0, 30] },
  { px: [700, 310], m: [7, 30] },
  { px: [980, 690], m: [7, 0] },
  { px: [180, 690], m: [0, 0] },
];
/** As they follow from the four corners. */
const MORE: readonly Mark[] = [
  { px: [580, 690], m: [3.5, 0] },
  { px: [400.3, 396.3], m: [0, 15] },
  { px: [803.6, 450.6], m: [7, 10] },
];

function findings(
  groundPlane: readonly Mark[],
  countLine = [570, 560, 890, 560],
  directionFromY = 320,
): readonly string[] {
  const [x1 = 0, y1 = 0, x2 = 0, y2 = 0] = countLine;
  const camera = cameraSchema.parse({
    id: 'cam',
    source: { kind: 'file', path: '/clip.mp4' },
    picture: { widthPx: 1280, heightPx: 720 },
    groundPlane,
    lanes: [
      {
        lane: 'north-1',
        polygon: [
          [580, 310],
          [700, 310],
          [980, 690],
        ],
        countLine: [
          [x1, y1],
          [x2, y2],
        ],
        direction: [
          [640, directionFromY],
          [760, 680],
        ],
      },
    ],
  });
  return groundFindings(camera, ['cameras', 0]).map(({ path, message }) => `${path.join('.')}: ${message}`);
}

function changed(marks: readonly Mark[], index: number, m: Mark['m']): readonly Mark[] {
  return marks.map((mark, i) => (i === index ? { ...mark, m } : mark));
}

describe('marks of a road plane', () => {
  test('that agree are accepted', () => {
    expect(findings(MARKS)).toEqual([]);
    expect(findings([...MARKS, ...MORE])).toEqual([]);
  });

  test('whose sides were mixed up show a mirror image', () => {
    const mirrored = MARKS.map(({ px, m }) => ({ px, m: [-m[0], m[1]] as const }));
    expect(findings(mirrored)).toEqual([
      'cameras.0.groundPlane: expected a plan as seen from above, found its mirror image',
    ]);
  });

  test('of which two changed places name the two', () => {
    const swapped = changed(changed(MARKS, 2, [0, 0]), 3, [7, 0]);
    expect(findings(swapped).join()).toContain('marks 3 and 4 seem to have changed places');
  });

  test('of which one of seven was typed wrongly name it, at its place', () => {
    expect(findings(changed([...MARKS, ...MORE], 5, [0, 19]))).toEqual([
      expect.stringMatching(/^cameras\.0\.groundPlane\.5: .*mark 6 4\.\d m from where the others put it$/),
    ]);
  });

  test('that put a counting line above the horizon are refused there', () => {
    expect(findings(MARKS, [570, 10, 890, 10])).toEqual([
      'cameras.0.lanes.0.countLine: expected a line on the road, found one above the horizon that groundPlane gives',
    ]);
  });

  test('that put the direction of a lane above the horizon are refused: no speed could be had', () => {
    expect(findings(MARKS, undefined, 20)).toEqual([
      'cameras.0.lanes.0.direction: expected a line on the road, found one above the horizon that groundPlane gives',
    ]);
  });
});
