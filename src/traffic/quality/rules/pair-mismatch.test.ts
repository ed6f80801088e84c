import { describe, expect, test } from 'vitest';
import { foldPairMismatch, type LoopRole, PAIR_AGREES, type PairMismatch } from './pair-mismatch.ts';

const LIMIT = 4;

/** Vehicles 3 s apart: `both`, `entry` or `exit` alone; `close` is a pulse 200 ms after the one before. */
function drive(
  start: PairMismatch,
  script: readonly ('both' | 'entry' | 'exit' | 'close' | 'unread')[],
): PairMismatch {
  let state = start;
  let nowMs = 0;
  const pulse = (loop: LoopRole, onMs: number): void => {
    state = foldPairMismatch(state, { kind: 'entered', loop, atMs: onMs, otherOccupied: false }, LIMIT);
    const left = { kind: 'left', loop, onMs, isVehicle: true, otherOccupied: false } as const;
    state = foldPairMismatch(state, left, LIMIT);
  };
  for (const step of script) {
    nowMs += step === 'close' ? 200 : 3000;
    if (step === 'unread') state = foldPairMismatch(state, { kind: 'unread' }, LIMIT);
    if (step === 'entry' || step === 'both' || step === 'close') pulse('entry', nowMs);
    if (step === 'exit' || step === 'both') pulse('exit', nowMs + 600);
  }
  return state;
}
type Step = Parameters<typeof drive>[1][number];
const times = (count: number, step: Step): Step[] => Array.from({ length: count }, () => step);

describe('a pair of loops', () => {
  const noExit = drive(PAIR_AGREES, times(LIMIT + 1, 'entry'));
  test.each([
    ['agrees on every vehicle', PAIR_AGREES, times(50, 'both'), null],
    [
      'may miss one vehicle less than the limit',
      PAIR_AGREES,
      [...times(LIMIT - 1, 'entry'), 'both', ...times(LIMIT - 1, 'entry')],
      null,
    ],
    ['names the exit loop when only the entry sees', PAIR_AGREES, times(LIMIT + 1, 'entry'), 'exit'],
    ['names the entry loop when only the exit sees', PAIR_AGREES, times(LIMIT + 1, 'exit'), 'entry'],
    [
      'is not judged over a silence',
      PAIR_AGREES,
      [...times(LIMIT, 'entry'), 'unread', ...times(2, 'entry')],
      null,
    ],
    ['takes pulses without a headway for noise', PAIR_AGREES, times(50, 'close'), null],
    ['stays faulty after fewer good vehicles than the limit', noExit, times(LIMIT - 1, 'both'), 'exit'],
    ['is cleared by as many good ones', noExit, times(LIMIT, 'both'), null],
    [
      'counts the good ones in a row only',
      noExit,
      [...times(3, 'both'), 'entry', 'entry', ...times(3, 'both')],
      'exit',
    ],
  ] satisfies readonly (readonly [string, PairMismatch, Step[], LoopRole | null])[])(
    '%s',
    (_what, start, script, silent) => {
      const state = drive(start, script);
      expect(state.silent).toBe(silent);
      expect(state.faultySinceMs === null).toBe(silent === null);
    },
  );
  test('a loop that is occupied meanwhile is not called silent', () => {
    let state = PAIR_AGREES;
    for (let at = 1; at < 20; at += 1) {
      const atMs = at * 3000;
      state = foldPairMismatch(state, { kind: 'entered', loop: 'entry', atMs, otherOccupied: true }, LIMIT);
      const left = { kind: 'left', loop: 'entry', onMs: atMs, isVehicle: true, otherOccupied: true } as const;
      state = foldPairMismatch(state, left, LIMIT);
    }
    expect(state.silent).toBeNull();
  });
});
