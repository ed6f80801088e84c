import { describe, expect, test } from 'vitest';
import { TestRoad } from '../../../test/fakes/road.ts';
import { laneDefinition, siteWith } from '../../../test/fakes/site.ts';
import type { LaneKind, SiteDefinition, ZoneDefinition } from '../site-definition.ts';

const OBJECT = { kind: 'road-object', camera: 'cam', object: 1, sinceMs: 0, groundM: null } as const;

function siteOf({
  kind = 'through',
  zones = [],
}: {
  kind?: LaneKind;
  zones?: readonly ZoneDefinition[];
} = {}) {
  const site = siteWith(laneDefinition({ kind, station: null, usualSource: 'camera' }));
  return { ...site, cameras: site.cameras.map((camera) => ({ ...camera, zones })) };
}

/** An object that lies at a place for some time, claimed at every look, and the road for a while after. */
function told(
  site: SiteDefinition,
  { foot = [50, 400], forMs = 30_000 }: { foot?: readonly [number, number]; forMs?: number } = {},
) {
  const road = new TestRoad(site);
  const box = [foot[0] - 8, foot[1] - 10, foot[0] + 8, foot[1]] as const;
  for (let atMs = 500; atMs <= forMs; atMs += 500) {
    road.claim({ ...OBJECT, atMs, box, foot, present: true }).run(500);
  }
  road.claim({ ...OBJECT, atMs: road.nowMs, box, foot, present: false }).run(20_000);
  return road.of('incident').filter(({ incidentKind }) => incidentKind === 'object-on-road');
}

const around = (kind: ZoneDefinition['kind']): ZoneDefinition => ({
  zone: 'north-zone',
  kind,
  polygon: [
    [0, 350],
    [100, 350],
    [100, 450],
    [0, 450],
  ],
  lane: null,
});

describe('an object on the road', () => {
  test('opens an incident after the dwell and closes it when the road is seen again', () => {
    const records = told(siteOf());
    expect(records.map(({ phase }) => phase)).toEqual(['open', 'close']);
    const [open] = records;
    expect(open).toMatchObject({
      lane: 'north-1',
      zone: null,
      positionPx: [50, 400],
      certainty: 'suspected',
    });
    expect((open?.openedAtMs ?? 0) - (open?.startedAtMs ?? 0)).toBeGreaterThanOrEqual(20_000);
  });

  test('lies there longer than something that traffic sweeps away', () => {
    expect(told(siteOf(), { forMs: 15_000 })).toEqual([]);
  });

  test('is on the road: beside it, a bag on the pavement is none', () => {
    expect(told(siteOf(), { foot: [300, 400] })).toEqual([]);
  });

  test.each(['ignore', 'bay'] as const)('is none in a zone of kind %s', (kind) => {
    expect(told(siteOf({ zones: [around(kind)] }))).toEqual([]);
  });

  test('is one on a shoulder', () => {
    const shoulder: ZoneDefinition = {
      ...around('shoulder'),
      polygon: [
        [200, 350],
        [400, 350],
        [400, 450],
        [200, 450],
      ],
    };
    const [open] = told(siteOf({ zones: [shoulder] }), { foot: [300, 400] });
    expect(open).toMatchObject({ phase: 'open', zone: 'north-zone' });
  });

  test('is not looked for at a stop line, where the site does not ask for it', () => {
    expect(told(siteOf({ kind: 'stop-line' }))).toEqual([]);
  });
});
