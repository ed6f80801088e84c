import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { SignalPlan } from '../contract.ts';
import type { ReadPart } from '../loops/loop-decoder.ts';
import { createReadSplit, FIRST_RECHECK_AFTER_MS, type ReadSplit, type RoundState } from './read-split.ts';

function counters(channels: number): { readonly quantity: number; readonly signals: SignalPlan[] } {
  const signals = Array.from(
    { length: channels },
    (_, channel): SignalPlan => ({
      means: 'vehicle-count',
      offset: channel * 2,
      loop: `l${channel}`,
      decode: 'u32-msw-first',
      nonVolatile: false,
    }),
  );
  return { quantity: channels * 2, signals };
}

interface Round {
  readonly state: RoundState;
  readonly asked: readonly string[];
  /** Registers that were read in this round. */
  readonly read: ReadonlySet<number>;
}

/** One round against a device with its own idea of what it accepts. */
function round(split: ReadSplit, accepts: (part: ReadPart) => boolean, nowMs: number): Round {
  const asked: string[] = [];
  const read = new Set<number>();
  for (let guard = 0; guard < 1000; guard += 1) {
    const part = split.next(nowMs);
    const isAccepted = accepts(part);
    asked.push(`${part.first}+${part.quantity}${isAccepted ? '' : '!'}`);
    for (let at = part.first; isAccepted && at < part.first + part.quantity; at += 1) read.add(at);
    const state = split.settle(isAccepted, nowMs);
    if (state !== 'unfinished') return { state, asked, read };
  }
  throw new Error('the round never ends');
}

/** A device on which these registers do not exist, and that reads no more than `limit` at once. */
const without =
  (missing: readonly number[], limit = 125) =>
  (part: ReadPart): boolean =>
    part.quantity <= limit && missing.every((at) => at < part.first || at >= part.first + part.quantity);
const refusedLoops = (split: ReadSplit): string[] =>
  split.groups
    .filter((group) => split.isRefused(group) === true)
    .flatMap((group) => group.signals.map(({ loop }) => loop));

describe('a read that a device refuses', () => {
  it('is halved until the refusing registers stand alone; from then on the rest is read in two parts', () => {
    const split = createReadSplit(counters(8));
    expect(round(split, without([10]), 0)).toEqual({
      state: 'answered',
      asked: ['0+16!', '0+8', '0+12!', '0+10', '10+2!', '12+4'],
      read: new Set([0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 12, 13, 14, 15]),
    });
    expect(refusedLoops(split)).toEqual(['l5']);
    expect(round(split, without([10]), 100).asked).toEqual(['0+10', '12+4']);
  });

  it('is tried whole again after a while, and stays whole when nothing is refused any more', () => {
    const split = createReadSplit(counters(8));
    round(split, without([10]), 0);
    expect(round(split, without([]), FIRST_RECHECK_AFTER_MS - 1).asked).toHaveLength(2);
    expect(round(split, without([]), FIRST_RECHECK_AFTER_MS).asked).toEqual(['0+16']);
    expect(split.isWhole).toBe(true);
    expect(refusedLoops(split)).toEqual([]);
  });

  it('is tried whole less and less often while it goes on being refused', () => {
    const split = createReadSplit(counters(8));
    const wholeAtS: number[] = [];
    for (let second = 0; second <= 160; second += 1) {
      const { asked } = round(split, without([10]), second * 1000);
      if (asked.includes('0+16!')) wholeAtS.push(second);
    }
    expect(wholeAtS).toEqual([0, 10, 30, 70, 150]);
  });

  it('is refused as a whole by a device that answers none of it, in one request a round', () => {
    const split = createReadSplit(counters(4));
    expect(round(split, () => false, 0).state).toBe('refused');
    expect(round(split, () => false, 1).asked).toEqual(['0+2!']);
    expect(round(split, () => true, 2).asked).toEqual(['0+2']);
    expect(round(split, () => true, 3).asked).toEqual(['0+8']);
  });

  it('is only cut, and no register blamed, when the device merely reads no more at once', () => {
    const split = createReadSplit(counters(8));
    const first = round(split, without([], 8), 0);
    expect(first.read.size).toBe(16);
    expect(refusedLoops(split)).toEqual([]);
    expect(round(split, without([], 8), 1).asked).toEqual(['0+8', '8+8']);
  });

  it('begins anew with its first part when a round is broken off', () => {
    const split = createReadSplit(counters(8));
    round(split, without([10]), 0);
    split.next(1);
    expect(split.settle(true, 1)).toBe('unfinished');
    split.restart();
    expect(split.next(2)).toEqual({ first: 0, quantity: 10 });
  });

  it('whatever is missing: finds exactly that, reads all else in each round, and asks little', () => {
    fc.assert(
      fc.property(
        fc.integer({ min: 1, max: 32 }).chain((channels) =>
          fc.record({
            channels: fc.constant(channels),
            missing: fc.uniqueArray(fc.integer({ min: 0, max: channels - 1 }), { maxLength: 5 }),
          }),
        ),
        ({ channels, missing }) => {
          const split = createReadSplit(counters(channels));
          const device = without(missing.map((channel) => channel * 2));
          for (const nowMs of [0, 1]) {
            const { state, asked, read } = round(split, device, nowMs);
            const isWhollyMissing = missing.length === channels;
            expect(state).toBe(isWhollyMissing ? 'refused' : 'answered');
            expect(read.size).toBe(2 * (channels - missing.length));
            const searches = nowMs === 0 ? missing.length * (Math.ceil(Math.log2(channels)) + 3) : 0;
            expect(asked.length).toBeLessThanOrEqual(searches + missing.length + 1);
            expect(refusedLoops(split).toSorted()).toEqual(missing.map((it) => `l${it}`).toSorted());
          }
        },
      ),
    );
  });

  it('never tears a signal, or signals that share a register, apart', () => {
    const shared = { loop: 'a', decode: 'u32-msw-first', nonVolatile: false } as const;
    const split = createReadSplit({
      quantity: 4,
      signals: [
        { means: 'vehicle-count', offset: 1, ...shared },
        { means: 'loop-fault', offset: 2, loop: 'b', code: 'loop-open' },
        { means: 'loop-fault', offset: 3, loop: 'b', code: 'loop-short' },
      ],
    });
    expect(split.groups.map(({ first, quantity }) => [first, quantity])).toEqual([
      [1, 2],
      [3, 1],
    ]);
    expect(round(split, without([3]), 0).asked).toEqual(['0+4!', '1+2', '3+1!']);
  });
});
