import { expect, test } from 'vitest';
import { incidentRecord } from '../../../test/fakes/records.ts';
import type { EvidenceKept } from '../observations/observation.ts';
import type { Incident } from '../record.ts';
import { foldEvidenceKept, type RecentIncidents, rememberIncident, withEvidence } from './evidence-files.ts';

const NONE: RecentIncidents = new Map();
const wallOf = (monoMs: number): number => monoMs + 1_000_000;

function incident(seq: number, more: Partial<Incident> = {}): Incident {
  const about = { phase: 'open', closedAtMs: null, closing: null, evidence: [] } as const;
  return { ...incidentRecord({ seq }), ...about, ...more };
}
function kept(of: Incident, kind: 'picture' | 'clip', sum = 'a'): EvidenceKept {
  const name = `x-${kind}`;
  const file = { kind, name, sha256: sum.repeat(64), bytes: 10, fromMs: 100, toMs: 200 };
  return { kind: 'evidence-kept', incident: of.incident, camera: 'cam', files: [file], atMs: 300 };
}

test('files are told in an update of their incident, with their times on the wall clock', () => {
  const open = incident(1);
  const told = foldEvidenceKept(rememberIncident(NONE, open), kept(open, 'picture'), wallOf);
  expect(told).toEqual({
    ...open,
    phase: 'update',
    evidence: [
      {
        ...{ kind: 'picture', name: 'x-picture', sha256: 'a'.repeat(64), bytes: 10 },
        ...{ fromMs: 1_000_100, toMs: 1_000_200 },
      },
    ],
  });
});

test('what came before stays, and a file that comes again is told once', () => {
  const open = incident(1);
  const first = foldEvidenceKept(rememberIncident(NONE, open), kept(open, 'picture'), wallOf);
  const recent = rememberIncident(NONE, first ?? open);
  const both = foldEvidenceKept(recent, kept(open, 'clip'), wallOf);
  expect(both?.evidence.map(({ kind }) => kind)).toEqual(['picture', 'clip']);
  const again = foldEvidenceKept(rememberIncident(recent, both ?? open), kept(open, 'picture', 'b'), wallOf);
  expect(again?.evidence.map(({ sha256 }) => sha256[0])).toEqual(['a', 'b']);
});

test('an incident that has closed meanwhile is told as closed again, never as open', () => {
  const closed = incident(1, { phase: 'close', closedAtMs: 5000, closing: 'cleared' });
  const told = foldEvidenceKept(rememberIncident(NONE, closed), kept(closed, 'clip'), wallOf);
  expect(told).toMatchObject({ phase: 'close', closedAtMs: 5000, closing: 'cleared' });
});

test('every later record of the incident carries its files, and no other one does', () => {
  const open = incident(1);
  const told = foldEvidenceKept(rememberIncident(NONE, open), kept(open, 'clip'), wallOf) ?? open;
  const recent = rememberIncident(NONE, told);
  expect(withEvidence(recent, incident(1, { phase: 'close' })).evidence).toEqual(told.evidence);
  expect(withEvidence(recent, incident(2)).evidence).toEqual([]);
});

test('an incident that nobody remembers gets no record; of the closed ones the newest are remembered', () => {
  expect(foldEvidenceKept(NONE, kept(incident(1), 'clip'), wallOf)).toBeNull();
  const closed = { phase: 'close', closedAtMs: 5000, closing: 'cleared' } as const;
  const recent = Array.from({ length: 500 }, (_, seq) => incident(seq, closed)).reduce(
    rememberIncident,
    NONE,
  );
  expect(recent.size).toBe(64);
  expect(foldEvidenceKept(recent, kept(incident(100), 'clip'), wallOf)).toBeNull();
  expect(foldEvidenceKept(recent, kept(incident(499), 'clip'), wallOf)).not.toBeNull();
});

test('an incident that stays open keeps its files, however many come and go meanwhile', () => {
  const open = incident(1);
  const told = foldEvidenceKept(rememberIncident(NONE, open), kept(open, 'clip'), wallOf) ?? open;
  const others = Array.from({ length: 500 }, (_, n) =>
    incident(2 + n, { phase: 'close', closing: 'cleared' }),
  );
  const recent = others.reduce(rememberIncident, rememberIncident(NONE, told));
  expect(withEvidence(recent, incident(1, { phase: 'close' })).evidence).toEqual(told.evidence);
});
