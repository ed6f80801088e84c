import { describe, expect, test } from 'vitest';
import { type FaultJournal, type FaultReport, faultOf, foldFault } from './fault-journal.ts';

const report = (active: boolean, atMs: number, detail: string): FaultReport => ({
  ...{ layer: 'device', sensor: 'card', code: 'timeout', lanes: ['north-1'] },
  ...{ active, atMs, detail },
});
const fold = (journal: FaultJournal, next: FaultReport) => foldFault(journal, next, () => 'site/boot/1');
const wallOf = (monoMs: number): number => monoMs + 1_000_000;
const opened = fold(new Map(), report(true, 10, 'does not answer'));

describe('the fault journal', () => {
  test('opens a fault once, however often it is reported', () => {
    expect(opened.change?.phase).toBe('open');
    const again = fold(opened.journal, report(true, 20, 'does not answer'));
    expect(again).toEqual({ journal: opened.journal, change: null });
  });
  test('follows the lanes that it touches without telling it again', () => {
    const wider = fold(opened.journal, { ...report(true, 20, ''), lanes: ['north-1', 'north-2'] });
    expect(wider.change).toBeNull();
    expect([...wider.journal.values()]).toMatchObject([{ lanes: ['north-1', 'north-2'], openedMs: 10 }]);
  });
  test('closes it with its cause and its id', () => {
    const closed = fold(opened.journal, report(false, 30, 'answers again'));
    expect(closed.change && faultOf(closed.change, wallOf)).toMatchObject({
      ...{ fault: 'site/boot/1', phase: 'close', openedAtMs: 1_000_010, closedAtMs: 1_000_030 },
      detail: 'does not answer; over: answers again',
    });
    expect(closed.journal.size).toBe(0);
  });
  test('has nothing to close where nothing is open', () => {
    expect(fold(new Map(), report(false, 30, ''))).toEqual({ journal: new Map(), change: null });
  });
});
