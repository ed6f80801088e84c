import { describe, expect, it } from 'vitest';
import {
  faultRecord,
  flowRecord,
  hiResRecord,
  incidentRecord,
  movementRecord,
  passageRecord,
} from '../../test/fakes/records.ts';
import { isCommitDue } from './commit-company.ts';

const mayWaitMs = 30_000;

describe('a commit', () => {
  it.each([
    ['flow', flowRecord({ seq: 1 })],
    ['movements', movementRecord({ seq: 1 })],
    ['an incident', incidentRecord({ seq: 1 })],
    ['a fault', faultRecord({ seq: 1 })],
  ])('is due at once for %s, and takes with it what waits', (_, record) => {
    expect(isCommitDue({ records: [record], waitedMs: 0, mayWaitMs })).toBe(true);
    expect(isCommitDue({ records: [passageRecord({ seq: 1 }), record], waitedMs: 0, mayWaitMs })).toBe(true);
  });

  it.each([
    ['passages', passageRecord({ seq: 1 })],
    ['the high-resolution log', hiResRecord({ seq: 1 })],
  ])('waits for company of %s, but not for longer than it may', (_, record) => {
    expect(isCommitDue({ records: [record], waitedMs: mayWaitMs - 1, mayWaitMs })).toBe(false);
    expect(isCommitDue({ records: [record], waitedMs: mayWaitMs, mayWaitMs })).toBe(true);
    expect(isCommitDue({ records: [record], waitedMs: 0, mayWaitMs: 0 })).toBe(true);
  });

  it('is due when enough wait together, and never without records', () => {
    const many = (count: number) => Array.from({ length: count }, (_, seq) => passageRecord({ seq }));
    expect(isCommitDue({ records: many(49), waitedMs: 0, mayWaitMs })).toBe(false);
    expect(isCommitDue({ records: many(50), waitedMs: 0, mayWaitMs })).toBe(true);
    expect(isCommitDue({ records: [], waitedMs: mayWaitMs, mayWaitMs })).toBe(false);
  });
});
