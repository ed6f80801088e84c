import { describe, expect, test } from 'vitest';
import { createClock, STEPPED_FOR_MS, type TimeSourceState } from '../base/clock.ts';
import type { UnsetClock } from '../store/restamping.ts';
import { createClockWatch } from './clock-watch.ts';

const MARCH_2026 = Date.UTC(2026, 2, 4);

/** A machine, the store's part of the work as a list of calls, and the watch, which looks once a second. */
function stand(at: { wallMs: number; source?: TimeSourceState; known?: UnsetClock }) {
  let mono = 50_000;
  let wall = at.wallMs;
  let source = at.source ?? 'unknown';
  const calls: (readonly [string, unknown])[] = [];
  const told: string[] = [];
  const clock = createClock({ source: () => source, monoMs: () => mono, wallMs: () => wall });
  const watch = createClockWatch({
    machineBoot: 'm1',
    restamping: {
      unset: () => at.known ?? null,
      begin(unset, { hold }) {
        calls.push([hold ? 'hold' : 'begin', unset]);
        return true;
      },
      forget: () => void calls.push(['forget', null]),
      correct: (correction) => void calls.push(['correct', correction]),
    },
  });
  const pass = (seconds: number): void => {
    for (let each = 0; each < seconds; each += 1) {
      mono += 1000;
      wall += 1000;
      for (const { code, active, detail } of watch.look(clock.now(), source)) {
        told.push(`${active ? 'open' : 'close'} ${code}: ${detail}`);
      }
    }
  };
  return {
    calls,
    told,
    pass,
    step: (ms: number) => {
      wall += ms;
    },
    becomes: (next: TimeSourceState) => {
      source = next;
    },
  };
}

describe('the watch over the clock', () => {
  test('says nothing while the clock is right, however long', () => {
    const it = stand({ wallMs: MARCH_2026, source: 'synced' });
    it.pass(1000);
    expect([it.calls, it.told]).toEqual([[], []]);
  });

  test('tells a step as a fault that is over a minute later, and has nothing stamped anew', () => {
    const it = stand({ wallMs: MARCH_2026, source: 'synced' });
    it.pass(5);
    it.step(-86_400_000);
    it.pass(STEPPED_FOR_MS / 1000 + 2);
    const detail = 'the clock was set back by 86400.0 s';
    expect(it.told).toEqual([`open stepped: ${detail}`, `close stepped: ${detail}`]);
    expect(it.calls).toEqual([]);
  });

  test('of a machine that starts in 1970 knows the error of its clock when that is set', () => {
    const it = stand({ wallMs: 50_000 });
    it.pass(10);
    it.step(MARCH_2026);
    it.pass(3);
    expect(it.calls).toEqual([
      ['hold', { machineBoot: 'm1', fromMs: 0 }],
      ['correct', { shiftMs: MARCH_2026, toMs: 63_000 }],
    ]);
    expect(it.told.map((text) => text.split(':')[0])).toEqual([
      'open unsynced',
      'close unsynced',
      'open stepped',
    ]);
  });

  test('waits for a time client that sets the clock before it says that it is right', () => {
    const it = stand({ wallMs: MARCH_2026, source: 'never' });
    it.pass(10);
    it.step(3_600_000);
    it.pass(20);
    it.becomes('synced');
    it.pass(1);
    const fromMs = MARCH_2026 - 50_000;
    expect(it.calls).toEqual([
      ['hold', { machineBoot: 'm1', fromMs }],
      ['correct', { shiftMs: 3_600_000, toMs: fromMs + 63_000 }],
    ]);
  });

  test('gives up what was stamped by one wrong time when another wrong time follows', () => {
    const it = stand({ wallMs: 50_000 });
    it.pass(2);
    it.step(1_000_000_000_000);
    it.pass(70);
    expect(it.calls.map(([what]) => what)).toEqual(['hold', 'hold']);
  });

  test('marks records right where the clock turns out to have been right', () => {
    const it = stand({ wallMs: MARCH_2026, source: 'never' });
    it.pass(10);
    it.becomes('synced');
    it.pass(4);
    expect(it.calls.at(-1)).toEqual(['correct', expect.objectContaining({ shiftMs: 0 })]);
  });

  test('of a machine with a battery-backed clock puts right what was stamped before the first synchronisation', () => {
    const it = stand({ wallMs: MARCH_2026 });
    it.pass(10);
    it.step(-90_000);
    it.becomes('synced');
    it.pass(4);
    const fromMs = MARCH_2026 - 50_000;
    expect(it.calls).toEqual([
      ['begin', { machineBoot: 'm1', fromMs }],
      ['correct', { shiftMs: -90_000, toMs: fromMs + 63_000 }],
    ]);
  });

  test('stamps nothing anew where that clock was right, nor where only a hand has set it, nor after a day', () => {
    const right = stand({ wallMs: MARCH_2026 });
    right.pass(10);
    right.becomes('synced');
    right.pass(4);
    expect(right.calls.map(([what]) => what)).toEqual(['begin', 'forget']);
    const byHand = stand({ wallMs: MARCH_2026 });
    byHand.pass(10);
    byHand.step(3_600_000);
    byHand.pass(70);
    expect(byHand.calls.map(([what]) => what)).toEqual(['begin', 'begin']);
    const late = stand({ wallMs: MARCH_2026 });
    late.pass(86_410);
    late.step(3_600_000);
    late.becomes('synced');
    late.pass(10);
    expect(late.calls.map(([what]) => what)).toEqual(['begin', 'forget']);
  });

  test('takes over what an earlier run of the agent on the same machine had begun, and nothing else', () => {
    const same = stand({ wallMs: MARCH_2026, source: 'synced', known: { machineBoot: 'm1', fromMs: 0 } });
    same.pass(4);
    expect(same.calls).toEqual([['correct', expect.objectContaining({ shiftMs: MARCH_2026 - 50_000 })]]);
    const unasked = stand({ wallMs: MARCH_2026, known: { machineBoot: 'm1', fromMs: 0 } });
    unasked.pass(4);
    expect(unasked.calls[0]?.[0]).toBe('correct');
    const other = stand({ wallMs: MARCH_2026, source: 'synced', known: { machineBoot: 'm0', fromMs: 0 } });
    other.pass(4);
    expect(other.calls).toEqual([]);
  });
});
