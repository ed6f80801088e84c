import { describe, expect, test } from 'vitest';
import { CHATTER_CLEAN_BINS, type Chatter, type ChatterInput, foldChatter, NO_CHATTER } from './chatter.ts';
import { type Constant, foldConstant, NOT_CONSTANT } from './constant.ts';
import { foldMismatch, MISMATCH_WINDOW_BINS, type Mismatch, NO_MISMATCH } from './flow-occupancy-mismatch.ts';
import { foldLockedOn, type LockedOn, type LockedOnInput, NOT_LOCKED } from './locked-on.ts';
import { foldNoHits, type NoHits, type NoHitsInput, openNoHits } from './no-hits.ts';
import {
  foldSpike,
  NO_SPIKE,
  type OccupancySpike,
  SPIKE_CLEAN_MS,
  type SpikeInput,
} from './occupancy-spike.ts';
import { BIN_MS, type BinFigures } from './rule.ts';
import { EMPTY_SHARE, foldShare, type ShareWindow } from './share-window.ts';

/** What it is, the state before, the input, and what of the state after must be so. */
type Row<S, I> = readonly [what: string, start: S, input: I, target: Partial<S>];

describe('no hits', () => {
  const waiting: NoHits = { faultySinceMs: null, lastHitMs: 500, emptyMs: 3_570_000 };
  const faulty: NoHits = { ...waiting, faultySinceMs: 500, emptyMs: 3_600_000 };
  const table: readonly Row<NoHits, NoHitsInput>[] = [
    [
      'an empty bin is waited through',
      openNoHits(0),
      { kind: 'empty', activeMs: 30_000 },
      { emptyMs: 30_000 },
    ],
    ['short of the limit is none', waiting, { kind: 'empty', activeMs: 29_999 }, { faultySinceMs: null }],
    [
      'at the limit it began with the last hit',
      waiting,
      { kind: 'empty', activeMs: 30_000 },
      { faultySinceMs: 500 },
    ],
    [
      'quiet hours bring it nearer more slowly',
      waiting,
      { kind: 'empty', activeMs: 7500 },
      { faultySinceMs: null },
    ],
    ['a hit begins the wait again', waiting, { kind: 'hit', atMs: 900 }, { emptyMs: 0, lastHitMs: 900 }],
    ['it lasts', faulty, { kind: 'empty', activeMs: 30_000 }, { faultySinceMs: 500 }],
    ['the first vehicle ends it', faulty, { kind: 'hit', atMs: 900 }, { faultySinceMs: null }],
  ];
  test.each(table)('%s', (_what, start, input, target) => {
    expect(foldNoHits(start, input, 3600)).toMatchObject(target);
  });
});

describe('chatter', () => {
  const high = (kind: 'running' | 'closed', per30S: number): ChatterInput => ({
    kind,
    per30S,
    fromMs: 30_000,
  });
  const once: Chatter = { faultySinceMs: null, highSinceMs: 0, cleanBins: 0 };
  const faulty: Chatter = { faultySinceMs: 0, highSinceMs: 0, cleanBins: 0 };
  const nearlyClean: Chatter = { ...faulty, highSinceMs: null, cleanBins: CHATTER_CLEAN_BINS - 1 };
  const table: readonly Row<Chatter, ChatterInput>[] = [
    [
      '37 in 30 s is the most that vehicles make',
      once,
      high('closed', 37),
      { faultySinceMs: null, highSinceMs: null },
    ],
    [
      '38 in one bin is only noted',
      NO_CHATTER,
      high('closed', 38),
      { faultySinceMs: null, highSinceMs: 30_000 },
    ],
    ['38 in a second bin is held', once, high('closed', 38), { faultySinceMs: 0 }],
    ['the second bin need not end', once, high('running', 38), { faultySinceMs: 0 }],
    ['a first bin must', NO_CHATTER, high('running', 99), { faultySinceMs: null, highSinceMs: null }],
    ['a bin that was not read breaks the row', once, { kind: 'unread' }, { highSinceMs: null }],
    ['but does not end a fault', faulty, { kind: 'unread' }, { faultySinceMs: 0 }],
    ['one clean bin does not end it', faulty, high('closed', 3), { faultySinceMs: 0, cleanBins: 1 }],
    ['so many do', nearlyClean, high('closed', 3), NO_CHATTER],
    ['unless it chatters again', nearlyClean, high('closed', 40), { faultySinceMs: 0, cleanBins: 0 }],
  ];
  test.each(table)('%s', (_what, start, input, target) => {
    expect(foldChatter(start, input, 37)).toMatchObject(target);
  });
});

describe('locked on', () => {
  const read = (fromMs: number, toMs: number): LockedOnInput => ({ kind: 'read', fromMs, toMs });
  const held: LockedOn = { faultySinceMs: null, onMs: 1000, heldMs: 119_000 };
  const faulty: LockedOn = { faultySinceMs: 1000, onMs: 1000, heldMs: 120_001 };
  const restored: LockedOn = { ...NOT_LOCKED, faultySinceMs: -5000 };
  const table: readonly Row<LockedOn, LockedOnInput>[] = [
    ['a free loop is not held', NOT_LOCKED, read(0, 1e9), { heldMs: 0, faultySinceMs: null }],
    ['the limit itself is traffic', held, read(120_000, 121_000), { heldMs: 120_000, faultySinceMs: null }],
    ['beyond it began with the vehicle', held, read(120_000, 121_001), { faultySinceMs: 1000 }],
    [
      'only what was read counts',
      held,
      { kind: 'occupied', atMs: 9e6 },
      { heldMs: 119_000, faultySinceMs: null },
    ],
    [
      'a reading before the vehicle came is not held',
      { ...held, heldMs: 0 },
      read(0, 3000),
      { heldMs: 2000 },
    ],
    ['free ends it', faulty, { kind: 'free' }, NOT_LOCKED],
    [
      'found occupied after a restart it lasts',
      restored,
      { kind: 'occupied', atMs: 10 },
      { faultySinceMs: -5000 },
    ],
  ];
  test.each(table)('%s', (_what, start, input, target) => {
    expect(foldLockedOn(start, input, 120)).toMatchObject(target);
  });
});

describe('constant', () => {
  const bin = (occupancyPct: number) => ({ fromMs: 90_000, activeMs: 30_000, occupancyPct });
  const same: Constant = { faultySinceMs: null, occupancyPct: 12.34, sinceMs: 60_000, heldMs: 570_000 };
  const table: readonly Row<Constant, ReturnType<typeof bin>>[] = [
    [
      'the first value is only remembered',
      NOT_CONSTANT,
      bin(12.34),
      { occupancyPct: 12.34, faultySinceMs: null },
    ],
    ['the same value at the limit is a fault', same, bin(12.34), { faultySinceMs: 60_000 }],
    ['a change in the last digit is life', same, bin(12.35), { heldMs: 30_000, sinceMs: 90_000 }],
    ['0 is an empty road, however long', { ...same, occupancyPct: 0 }, bin(0), NOT_CONSTANT],
    ['a change ends it', { ...same, faultySinceMs: 1 }, bin(3), { faultySinceMs: null }],
    [
      'after a restart the first value proves nothing',
      { ...NOT_CONSTANT, faultySinceMs: 1 },
      bin(3),
      { faultySinceMs: 1 },
    ],
  ];
  test.each(table)('%s', (_what, start, input, target) => {
    expect(foldConstant(start, input, 600)).toMatchObject(target);
  });
});

describe('occupancy spike', () => {
  const bin = (occupancyPct: number): SpikeInput => ({ kind: 'bin', fromMs: 90_000, occupancyPct });
  const limits = { spikePct: 25, spikeHoldS: 60 };
  const jumped: OccupancySpike = { ...NO_SPIKE, previousPct: 80, timerMs: 60_000, firstJumpMs: 60_000 };
  const faulty: OccupancySpike = {
    ...jumped,
    faultySinceMs: 60_000,
    timerMs: 0,
    cleanMs: SPIKE_CLEAN_MS - BIN_MS,
  };
  const table: readonly Row<OccupancySpike, SpikeInput>[] = [
    ['24 points are no jump', { ...NO_SPIKE, previousPct: 10 }, bin(34), { timerMs: 0 }],
    ['25 points put 30 s on the timer', { ...NO_SPIKE, previousPct: 10 }, bin(35), { timerMs: 30_000 }],
    [
      'one jump of 100 points is a queue',
      { ...NO_SPIKE, previousPct: 0 },
      bin(100),
      { timerMs: 60_000, faultySinceMs: null },
    ],
    ['two jumps in a row are not', jumped, bin(10), { timerMs: 120_000, faultySinceMs: 60_000 }],
    ['a bin without a jump takes 30 s off', jumped, bin(81), { timerMs: 30_000, faultySinceMs: null }],
    ['a bin that was not read is not compared with', jumped, { kind: 'unread' }, { previousPct: null }],
    ['an hour without a jump ends it', faulty, bin(80), { faultySinceMs: null }],
    ['less does not', { ...faulty, cleanMs: 0 }, bin(80), { faultySinceMs: 60_000 }],
  ];
  test.each(table)('%s', (_what, start, input, target) => {
    expect(foldSpike(start, input, limits)).toMatchObject(target);
  });
  test('ends after that hour however long it has lasted', () => {
    let state = NO_SPIKE;
    for (let at = 0; at < 2000; at += 1) state = foldSpike(state, bin(at % 2 === 0 ? 0 : 90), limits);
    expect(state.faultySinceMs).not.toBeNull();
    for (let at = 0; at <= SPIKE_CLEAN_MS / BIN_MS; at += 1) state = foldSpike(state, bin(10), limits);
    expect(state.faultySinceMs).toBeNull();
  });
});

describe('a share of bad ones', () => {
  const some = (all: number, bad: number) => ({ all, bad, atMs: 7 });
  const half: ShareWindow = { faultySinceMs: null, all: 50, bad: 5, firstBadMs: 3 };
  const table: readonly Row<ShareWindow, ReturnType<typeof some>>[] = [
    ['as many as the limit are allowed', half, some(10, 0), { faultySinceMs: null, bad: 5 }],
    ['one more opens it before the window is full', half, some(10, 1), { faultySinceMs: 3 }],
    ['a full window below begins again', half, some(50, 0), EMPTY_SHARE],
    ['a full window below ends it', { ...half, faultySinceMs: 3 }, some(50, 0), EMPTY_SHARE],
    [
      'a full window above keeps it',
      { ...half, faultySinceMs: 3 },
      some(50, 9),
      { faultySinceMs: 3, all: 0 },
    ],
  ];
  test.each(table)('%s', (_what, start, input, target) => {
    expect(foldShare(start, input, { window: 100, limitPct: 5 })).toMatchObject(target);
  });
});

describe('flow and occupancy', () => {
  const bin = (independentCount: number | null, occupancyPct: number | null): BinFigures => ({
    ...{
      fromMs: 0,
      toMs: 30_000,
      activeMs: 30_000,
      vehicles: independentCount,
      independentCount,
      occupancyPct,
    },
  });
  const after = (start: Mismatch, input: BinFigures | null): readonly [number, number] => {
    const { share } = foldMismatch(start, input, 2);
    return [share.all, share.bad];
  };
  const empty: Mismatch = { ...NO_MISMATCH, previousEmpty: true };
  test.each([
    ['vehicles with occupancy agree', NO_MISMATCH, bin(5, 4), [1, 0]],
    ['an empty bin is not judged', empty, bin(0, 0), [0, 0]],
    ['three vehicles without occupancy contradict', NO_MISMATCH, bin(3, 0), [1, 1]],
    ['two may round to 0', NO_MISMATCH, bin(2, 0), [1, 0]],
    ['occupancy that nobody brought contradicts', empty, bin(0, 3), [1, 1]],
    ['a vehicle that stood there already brought it', NO_MISMATCH, bin(0, 60), [1, 0]],
    ['a bin that was not read is not judged', empty, null, [0, 0]],
    ['without a second witness nothing is', empty, bin(null, 3), [0, 0]],
  ] as const)('%s', (_what, start, input, target) => {
    expect(after(start, input)).toEqual(target);
  });
  test('more than the share of bins in two hours of traffic is a fault', () => {
    let state = NO_MISMATCH;
    const bad = Math.floor(0.02 * MISMATCH_WINDOW_BINS) + 1;
    for (let at = 0; at < bad - 1; at += 1) state = foldMismatch(state, bin(5, 0), 2);
    expect(state.faultySinceMs).toBeNull();
    state = foldMismatch(state, bin(5, 0), 2);
    expect(state.faultySinceMs).toBe(0);
    for (let at = 0; at < 2 * MISMATCH_WINDOW_BINS; at += 1) state = foldMismatch(state, bin(5, 4), 2);
    expect(state.faultySinceMs).toBeNull();
  });
});
