import { expect, test } from 'vitest';
import { incidentRecord } from '../../test/fakes/records.ts';
import { rememberIncident } from '../traffic/incidents/evidence-files.ts';
import type { Incident } from '../traffic/record.ts';
import { openIncidents } from './open-incidents.ts';

function shown(...told: readonly Partial<Incident>[]) {
  const incidents = told.map(
    (more, seq): Incident => ({ ...incidentRecord({ seq }), phase: 'open', ...more }),
  );
  return openIncidents({ recentIncidents: incidents.reduce(rememberIncident, new Map()) });
}

test('what is open is shown as it was told last, with its files; what has closed is not', () => {
  const picture = {
    kind: 'picture',
    name: 'a.jpg',
    sha256: '0'.repeat(64),
    bytes: 1,
    fromMs: 0,
    toMs: 0,
  } as const;
  const list = shown(
    { incident: 'a', certainty: 'suspected', evidence: [] },
    { incident: 'b' },
    {
      incident: 'a',
      phase: 'update',
      certainty: 'confirmed',
      evidence: [picture],
      zone: 'verge',
      startedAtMs: 7,
    },
    { incident: 'b', phase: 'close' },
  );
  expect(list).toMatchObject([
    {
      incident: 'a',
      certainty: 'confirmed',
      zone: 'verge',
      sinceMs: 7,
      files: [{ kind: 'picture', name: 'a.jpg' }],
    },
  ]);
});

test('the gravest stands first, and of two the older one', () => {
  const list = shown(
    { incident: 'slow', severity: 'notice', startedAtMs: 1 },
    { incident: 'late', severity: 'critical', startedAtMs: 9 },
    { incident: 'stop', severity: 'warning', startedAtMs: 2 },
    { incident: 'early', severity: 'critical', startedAtMs: 3 },
  );
  expect(list.map(({ incident }) => incident)).toEqual(['early', 'late', 'stop', 'slow']);
});
