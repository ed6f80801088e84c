import { expect, test } from 'vitest';
import { incidentRecord } from '../../test/fakes/records.ts';
import { siteDefinition } from '../../test/fakes/site.ts';
import { evidenceRequestSchema } from '../sensors/contract/evidence-plan.ts';
import type { EvidenceRequest } from '../sensors/contract.ts';
import type { RoadObject, TrackPoint } from '../traffic/observations/observation.ts';
import type { IncidentRecord } from '../traffic/record.ts';
import { createEvidenceKeeper } from './evidence-keeper.ts';

const NOW = { monoMs: 50_000, wallMs: Date.UTC(2026, 2, 1, 6, 5, 10), quality: 'synced' } as const;

function track(foot: readonly [number, number]): TrackPoint {
  const [x, y] = foot;
  const box = [x - 20, y - 40, x + 20, y] as const;
  return { track: 1, class: 'car', score: 1, box, foot, groundM: null, coasting: false };
}
/** It lies where nobody stands. */
const OBJECT: RoadObject = {
  ...{ kind: 'road-object', camera: 'cam', object: 1, atMs: 49_000, sinceMs: 0, present: true },
  ...{ box: [90, 180, 110, 200], foot: [100, 200], groundM: null },
};
/** Claimed after it, in the same look. */
const BESIDE: RoadObject = { ...OBJECT, object: 2, box: [390, 180, 410, 200], foot: [400, 200] };
const EARLIER = [1, 2, 3].map(
  (n): RoadObject => ({ ...OBJECT, atMs: 48_000 + n, box: [95, 190, 105, 200], foot: [100, 200] }),
);
function opened(more: Partial<IncidentRecord> = {}): IncidentRecord {
  const about = {
    phase: 'open',
    lane: 'north-1',
    incidentKind: 'wrong-way',
    positionPx: [100, 200],
    shownBy: 'cam',
  } as const;
  const openedAtMs = NOW.wallMs - 750;
  return { ...incidentRecord({ seq: 1 }), ...about, openedAtMs, speedKmh: 41.6, ...more };
}
function asked(records: readonly IncidentRecord[], tracks: readonly TrackPoint[]): EvidenceRequest[] {
  const requests: EvidenceRequest[] = [];
  const keeper = createEvidenceKeeper({
    definition: siteDefinition(),
    plan: { beforeMs: 10_000, afterMs: 8000 },
    utcOffsetMin: 480,
    ask: (request) => requests.push(request),
  });
  keeper.take([{ kind: 'vehicle-tracks', camera: 'cam', atMs: 49_000, tracks }, ...EARLIER, OBJECT, BESIDE]);
  keeper.onRecords(records, NOW);
  return requests;
}

test('an incident that opens asks its camera, around the moment and with what raised it', () => {
  const tracks = [track([300, 210]), track([104, 199])];
  const [request] = asked([opened()], tracks);
  expect(request).toMatchObject({
    ...{ camera: 'cam', lane: 'north-1', incidentKind: 'wrong-way' },
    ...{ fromMs: 39_250, atMs: 49_250, toMs: 57_250 },
    marks: [{ box: [84, 159, 124, 199], label: 'wrong-way 42 km/h' }],
  });
  expect(request?.caption.at(-1)).toBe('wrong-way 2026-03-01 14:05:09.250 +08:00');
});

test('nothing is marked where nobody stands', () => {
  expect(asked([opened()], [track([300, 210])])[0]?.marks).toEqual([]);
  expect(asked([opened({ positionPx: null })], [track([100, 200])])[0]?.marks).toEqual([]);
});

test('an object is marked for what lies there, a vehicle never for it', () => {
  const lying = asked([opened({ incidentKind: 'object-on-road', speedKmh: null })], [track([100, 201])]);
  expect(lying[0]?.marks).toEqual([{ box: [90, 180, 110, 200], label: 'object-on-road' }]);
  expect(asked([opened()], [])[0]?.marks).toEqual([]);
});

test('updates and closings ask for nothing', () => {
  expect(asked([opened({ phase: 'update' }), opened({ phase: 'close' })], [])).toEqual([]);
});

test('what no working camera showed asks for nothing', () => {
  expect(asked([opened({ shownBy: null })], [])).toEqual([]);
});

test('the longest names that a site file may give make a request that the vision process takes', () => {
  const longest = 'x'.repeat(40);
  const lane = `${longest}-99`;
  const requests: EvidenceRequest[] = [];
  const keeper = createEvidenceKeeper({
    definition: { site: longest },
    plan: { beforeMs: 10_000, afterMs: 8000 },
    utcOffsetMin: 480,
    ask: (request) => requests.push(request),
  });
  const incident = `${longest}/0a1b2c3d4e5f/1234567`;
  keeper.onRecords([opened({ incident, lane, shownBy: longest })], NOW);
  expect(evidenceRequestSchema.parse(requests[0])).toEqual(requests[0]);
});
