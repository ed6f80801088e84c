import { describe, expect, test } from 'vitest';
import { type LaneEvidence, type LaneIncidentState, nextLaneIncident } from './lane-incident.ts';

const rule = { dwellS: 5, clearS: 3 };
const seen = (atMs: number, over: Partial<LaneEvidence> = {}): LaneEvidence => ({
  sensor: 'cam',
  sinceMs: 0,
  atMs,
  conclusive: false,
  ...over,
});
const quiet: LaneIncidentState = { kind: 'quiet' };
const suspected: LaneIncidentState = { kind: 'suspected', sinceMs: 0, lastMs: 1000 };
const open: LaneIncidentState = { kind: 'open', sinceMs: 0, openedMs: 5000, lastMs: 9000, sensors: ['cam'] };

describe('an incident in a lane', () => {
  const table: readonly (readonly [
    string,
    LaneIncidentState,
    LaneEvidence | null,
    number,
    LaneIncidentState['kind'],
    string | null,
  ])[] = [
    ['nothing happens in a quiet lane', quiet, null, 0, 'quiet', null],
    ['first evidence is a suspicion', quiet, seen(1000), 1000, 'suspected', null],
    ['evidence that has already lasted the dwell opens at once', quiet, seen(5000), 5000, 'open', 'open'],
    ['conclusive evidence needs no dwell', quiet, seen(10, { conclusive: true }), 10, 'open', 'open'],
    ['evidence short of the dwell stays a suspicion', suspected, seen(4999), 4999, 'suspected', null],
    ['evidence that lasts the dwell opens it', suspected, seen(5000), 5000, 'open', 'open'],
    ['a suspicion survives one missed picture', suspected, null, 1900, 'suspected', null],
    ['a suspicion that is not renewed lapses', suspected, null, 2001, 'quiet', null],
    ['renewed evidence of the same sensor changes nothing', open, seen(9500), 9500, 'open', null],
    ['a second sensor confirms it', open, seen(9500, { sensor: 'loop' }), 9500, 'open', 'update'],
    ['it stays open through a short absence', open, null, 11_999, 'open', null],
    ['it closes after the clear time', open, null, 12_000, 'quiet', 'close'],
  ];
  test.each(table)('%s', (_name, state, evidence, nowMs, kind, change) => {
    const next = nextLaneIncident(state, { evidence, nowMs }, rule);
    expect(next.state.kind).toBe(kind);
    expect(next.change).toBe(change);
  });
  test('remembers every sensor that took part', () => {
    const next = nextLaneIncident(open, { evidence: seen(9500, { sensor: 'loop' }), nowMs: 9500 }, rule);
    expect(next.state).toMatchObject({ sensors: ['cam', 'loop'], lastMs: 9500, openedMs: 5000 });
  });
});
