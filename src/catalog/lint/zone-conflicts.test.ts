import { describe, expect, test } from 'vitest';
import { oneCameraSite } from '../../../test/fakes/one-camera-site.ts';
import { lintCameras } from './camera-conflicts.ts';

const SQUARE = [
  [10, 10],
  [90, 10],
  [90, 90],
  [10, 90],
];

function findings(zones: readonly object[], stopLine?: readonly (readonly number[])[]): readonly string[] {
  const camera = { source: { kind: 'file', path: '/clip.mp4' }, zones };
  const site = oneCameraSite({ camera, lane: stopLine === undefined ? {} : { stopLine } });
  return lintCameras(site).map(({ path, message }) => `${path.join('.')}: ${message}`);
}

const shoulder = { zone: 'shoulder', kind: 'shoulder', polygon: SQUARE };

describe('a zone', () => {
  test('beside the lanes is accepted, with a lane and without', () => {
    expect(findings([shoulder, { ...shoulder, zone: 'kerb', lane: 'north-1' }])).toEqual([]);
  });

  test.each<readonly [string, object, string]>([
    [
      'of a lane that is not there',
      { lane: 'north-2' },
      'cameras.0.zones.0.lane: expected a lane of this file',
    ],
    ['called like a lane', { zone: 'north-1' }, 'cameras.0.zones.0.zone: expected a name that no lane has'],
    [
      'beyond the picture',
      { polygon: [...SQUARE.slice(0, 3), [900, 90]] },
      'cameras.0.zones.0.polygon: expected points in the picture',
    ],
    [
      'that crosses itself',
      { polygon: [SQUARE[0], SQUARE[2], SQUARE[1], SQUARE[3]] },
      'cameras.0.zones.0.polygon: expected an outline that does not cross itself',
    ],
  ])('%s is refused', (_name, change, message) => {
    expect(findings([{ ...shoulder, ...change }])).toEqual([expect.stringContaining(message)]);
  });

  test('is drawn once', () => {
    const refused = 'cameras.0.zones.1.zone: expected each zone once in a camera, found "shoulder" again';
    expect(findings([shoulder, shoulder])).toEqual([refused]);
  });

  test('of an unknown kind is refused by the schema', () => {
    expect(() => findings([{ ...shoulder, kind: 'pavement' }])).toThrow();
  });
});

test('a stop line lies across its lane', () => {
  const across = [
    [100, 280],
    [300, 280],
  ];
  const along = [
    [200, 100],
    [200, 280],
  ];
  expect(findings([], across)).toEqual([]);
  expect(findings([], along)).toEqual([
    'cameras.0.lanes.0.stopLine: expected a line across the direction of travel, found 0 degrees between them',
  ]);
});
