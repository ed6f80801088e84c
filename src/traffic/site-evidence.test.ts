import { describe, expect, test } from 'vitest';
import { laneDefinition, siteDefinition, siteWith } from '../../test/fakes/site.ts';
import type { PlacedEvidence } from './incidents/incident-journal.ts';
import type { EvidenceKept, Observation } from './observations/observation.ts';
import type { IncidentRecord } from './record.ts';
import { createRecordDraft } from './record-draft.ts';
import { closeSite, foldSite } from './site.ts';
import type { CameraDefinition } from './site-definition.ts';
import { raiseIncidents } from './site-incidents.ts';
import { createSiteState, type SiteState } from './site-state.ts';

const DEFINITION = siteDefinition();
const BOOT = '0a1b2c3d4e5f';
const CAR = { camera: 'cam', name: 'track-1', foot: [100, 100], sizePx: 40 } as const;
const now = (monoMs: number) => ({ monoMs, wallMs: 1_000_000 + monoMs, quality: 'synced' as const });

function fold(state: SiteState, observations: readonly Observation[], monoMs: number) {
  const { state: next, records } = foldSite(DEFINITION, state, observations, now(monoMs));
  return { state: next, incidents: incidentsIn(records) };
}
function incidentsIn(records: readonly { readonly stream: string }[]): IncidentRecord[] {
  return records.filter((record): record is IncidentRecord => record.stream === 'incident');
}

/** A wrong-way driver that a camera is sure of, at 1 s. */
function withIncident(): { readonly state: SiteState; readonly incident: string } {
  const begun = fold(createSiteState(BOOT), [], 0).state;
  const draft = createRecordDraft(DEFINITION, BOOT, begun.sequences, now(1000));
  const evidence: PlacedEvidence = {
    ...{
      sensor: 'cam',
      source: 'camera',
      says: 'raises',
      subject: CAR,
      sinceMs: 900,
      atMs: 1000,
      conclusive: true,
    },
    ...{ lane: DEFINITION.lanes[0]?.lane ?? '', zone: null, incidentKind: 'wrong-way' },
    ...{ positionPx: null, positionM: null, speedKmh: null, direction: 'reverse', queueLengthM: null },
  };
  const state = raiseIncidents(DEFINITION, begun, [evidence], draft);
  const [opened] = incidentsIn(draft.records);
  expect(opened).toMatchObject({ phase: 'open', evidence: [] });
  return { state: { ...state, sequences: draft.sequences }, incident: opened?.incident ?? '' };
}
function kept(incident: string, kind: 'picture' | 'clip', atMs: number): EvidenceKept {
  const file = { kind, name: `x-${kind}`, sha256: 'a'.repeat(64), bytes: 10, fromMs: 500, toMs: 1500 };
  return { kind: 'evidence-kept', incident, camera: 'cam', files: [file], atMs };
}

test('picture and clip are told as they come, and the closing carries both', () => {
  const { state, incident } = withIncident();
  const first = fold(state, [kept(incident, 'picture', 2000)], 2000);
  expect(first.incidents).toMatchObject([{ incident, phase: 'update', evidence: [{ kind: 'picture' }] }]);
  const second = fold(first.state, [kept(incident, 'clip', 2500)], 2500);
  expect(second.incidents.map(({ evidence }) => evidence.map(({ kind }) => kind))).toEqual([
    ['picture', 'clip'],
  ]);
  expect(second.incidents[0]?.evidence[1]).toMatchObject({ fromMs: 1_000_500, toMs: 1_001_500 });
  const closed = closeSite(DEFINITION, second.state, now(2600));
  expect(incidentsIn(closed.records)).toMatchObject([{ incident, phase: 'close', evidence: [{}, {}] }]);
});

test('a clip that comes after the closing repeats the closing with it', () => {
  const { state, incident } = withIncident();
  const closed = fold(state, [], 300_000);
  expect(closed.incidents).toMatchObject([{ incident, phase: 'close', evidence: [] }]);
  const late = fold(closed.state, [kept(incident, 'clip', 300_500)], 300_500);
  const { closedAtMs, closing } = closed.incidents[0] ?? {};
  expect(late.incidents).toMatchObject([{ incident, phase: 'close', closedAtMs, closing, evidence: [{}] }]);
});

test.each([
  { clock: 'forward by an hour', stepMs: 3_600_000 },
  { clock: 'back by an hour', stepMs: -3_600_000 },
])('a clip that comes after the clock was set $clock tells the incident in the new time', ({ stepMs }) => {
  const { state, incident } = withIncident();
  const pictured = fold(state, [kept(incident, 'picture', 2000)], 2000).state;
  const later = { ...now(11_000), wallMs: now(11_000).wallMs + stepMs };
  const { records } = foldSite(DEFINITION, pictured, [kept(incident, 'clip', 11_000)], later);
  const [told] = incidentsIn(records);
  const inNewTime = (monoMs: number): number => now(monoMs).wallMs + stepMs;
  expect(told).toMatchObject({
    ...{ startedAtMs: inNewTime(900), openedAtMs: inNewTime(1000), grounds: [{ atMs: inNewTime(1000) }] },
    evidence: [{ fromMs: inNewTime(500) }, { fromMs: inNewTime(500), toMs: inNewTime(1500) }],
  });
});

test('evidence of an incident that nobody knows is no record', () => {
  const { state } = withIncident();
  expect(fold(state, [kept('test/other/7', 'clip', 2000)], 2000).incidents).toEqual([]);
});

describe('what loops raised, on a lane that two cameras see', () => {
  const [first] = siteWith(laneDefinition()).cameras;
  const cameras = ['cam-a', 'cam-b'].map((camera) => ({ ...first, camera }) as CameraDefinition);
  const site = siteDefinition({ cameras });
  const picture = (camera: string, atMs: number): Observation => ({
    ...{ kind: 'vehicle-tracks', camera, atMs, tracks: [] },
  });
  /** A driver against the lane, at 60 s; each camera has shown the road until a moment. */
  function openedAfter(shownUntilMs: Readonly<Record<string, number>>): IncidentRecord | undefined {
    let state = foldSite(site, createSiteState(BOOT), [], now(0)).state;
    for (const [camera, atMs] of Object.entries(shownUntilMs)) {
      state = foldSite(site, state, [picture(camera, atMs)], now(atMs)).state;
    }
    const draft = createRecordDraft(site, BOOT, state.sequences, now(60_000));
    const evidence: PlacedEvidence = {
      ...{ sensor: 'a', source: 'loop', says: 'confirms', subject: CAR, conclusive: true },
      ...{ sinceMs: 59_000, atMs: 60_000, lane: 'north-1', zone: null, incidentKind: 'wrong-way' },
      ...{ positionPx: null, positionM: null, speedKmh: null, direction: 'reverse', queueLengthM: null },
    };
    raiseIncidents(site, state, [evidence], draft);
    return incidentsIn(draft.records)[0];
  }

  test('is shown by the first of them that works', () => {
    expect(openedAfter({ 'cam-a': 59_900, 'cam-b': 59_900 })?.shownBy).toBe('cam-a');
    expect(openedAfter({ 'cam-a': 50_000, 'cam-b': 59_900 })?.shownBy).toBe('cam-b');
  });

  test('says that nobody shows it when none works', () => {
    expect(openedAfter({ 'cam-a': 50_000, 'cam-b': 55_000 })).toMatchObject({ phase: 'open', shownBy: null });
    expect(openedAfter({})?.shownBy).toBeNull();
  });
});

test('the camera that it opened with stays the one that shows it', () => {
  const { state, incident } = withIncident();
  const closed = closeSite(DEFINITION, state, now(2600));
  expect(incidentsIn(closed.records)).toMatchObject([{ incident, phase: 'close', shownBy: 'cam' }]);
});
