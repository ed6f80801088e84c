import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { FAILURES_BEFORE_PAUSE, LONGEST_PAUSE_MS, SHORTEST_PAUSE_MS } from './breaker.ts';
import { type BusSchedule, createBusSchedule, type ScheduledDevice } from './bus-schedule.ts';
import type { AskOutcome } from './polled-bus.ts';

const START_MS = 1000;

function device(everyMs: readonly number[], responseTimeoutMs = 50): ScheduledDevice {
  return { responseTimeoutMs, turnaroundMs: 0, asks: everyMs.map((ms) => ({ everyMs: ms, pushed: false })) };
}

/** Runs the bus: each read takes as long as `costMs` says; returns the moments at which each device was read. */
function run(
  schedule: BusSchedule,
  options: {
    readonly untilMs: number;
    readonly costMs: (device: number) => number;
    readonly verdict?: (device: number, nowMs: number) => AskOutcome['kind'];
  },
): ReadonlyMap<number, readonly number[]> {
  const turns = new Map<number, number[]>();
  let nowMs = START_MS;
  while (nowMs < options.untilMs) {
    const decision = schedule.take(nowMs);
    if (decision.kind === 'wait') {
      nowMs = decision.untilMs;
      continue;
    }
    const at = decision.place.device;
    const moments = turns.get(at) ?? [];
    moments.push(nowMs);
    turns.set(at, moments);
    nowMs += options.costMs(at);
    schedule.settle(decision.place, options.verdict?.(at, nowMs) ?? 'answered', nowMs);
  }
  return turns;
}

describe('the grid of a bus', () => {
  it('does not drift: after an hour of 10 ms reads the slots are where they began', () => {
    const schedule = createBusSchedule([device([10])], START_MS + 0.3);
    const turns = run(schedule, { untilMs: START_MS + 3_600_000, costMs: () => 1.7 }).get(0) ?? [];
    expect(turns).toHaveLength(360_000);
    expect(turns.at(-1)).toBe(START_MS + 1 + 359_999 * 10);
    expect(schedule.missedSlots).toBe(0);
  }, 20_000);

  it('skips the slots it could not serve, counts them and never queues them', () => {
    const schedule = createBusSchedule([device([10])], START_MS);
    const first = schedule.take(START_MS);
    expect(first.kind).toBe('ask');
    if (first.kind === 'ask') schedule.settle(first.place, 'answered', START_MS + 95);
    expect(schedule.take(START_MS + 95)).toMatchObject({ kind: 'ask' });
    expect(schedule.missedSlots).toBe(8);
    schedule.settle({ device: 0, ask: 0 }, 'answered', START_MS + 96);
    expect(schedule.take(START_MS + 96)).toEqual({ kind: 'wait', untilMs: START_MS + 100 });
  });

  it('keeps the silence that a device needs between two requests', () => {
    const schedule = createBusSchedule([{ ...device([10]), turnaroundMs: 25 }], START_MS);
    schedule.take(START_MS);
    schedule.settle({ device: 0, ask: 0 }, 'answered', START_MS + 1);
    expect(schedule.take(START_MS + 10)).toEqual({ kind: 'wait', untilMs: START_MS + 26 });
  });

  it('leaves the bus to the neighbours while a late reply may still come', () => {
    const schedule = createBusSchedule([device([10], 300), device([10])], START_MS);
    const first = schedule.take(START_MS);
    expect(first).toMatchObject({ kind: 'ask', place: { device: 0, ask: 0 } });
    schedule.settle({ device: 0, ask: 0 }, 'timeout', START_MS + 300);
    const turns = run(schedule, { untilMs: START_MS + 700, costMs: () => 5 });
    expect(turns.get(0)?.[0]).toBeGreaterThanOrEqual(START_MS + 600);
    expect(turns.get(1)?.filter((atMs) => atMs < START_MS + 600).length).toBeGreaterThanOrEqual(29);
  });

  it('accounts for every slot exactly once: done slots are read, missed or skipped', () => {
    fc.assert(
      fc.property(fc.array(fc.integer({ min: 1, max: 60 }), { minLength: 5, maxLength: 60 }), (costs) => {
        const schedule = createBusSchedule([device([10])], START_MS);
        let nowMs = START_MS;
        let reads = 0;
        for (const cost of costs) {
          const decision = schedule.take(nowMs);
          if (decision.kind === 'wait') {
            nowMs = decision.untilMs;
          } else {
            reads += 1;
            nowMs += cost;
            schedule.settle(decision.place, 'answered', nowMs);
          }
          expect(schedule.slotsDone({ device: 0, ask: 0 }, nowMs)).toBe(reads + schedule.missedSlots);
        }
      }),
    );
  });
});

describe('fairness', () => {
  it('gives every device its turn when the bus is overloaded', () => {
    const schedule = createBusSchedule([device([10]), device([10]), device([10, 50])], START_MS);
    const turns = run(schedule, { untilMs: START_MS + 10_000, costMs: () => 30 });
    const counts = [0, 1, 2].map((at) => turns.get(at)?.length ?? 0);
    expect(Math.max(...counts) - Math.min(...counts)).toBeLessThanOrEqual(1);
  });

  it('serves a slow read of a device whose quick read is always due', () => {
    const schedule = createBusSchedule([device([10, 1000])], START_MS);
    const reads = [0, 0];
    let nowMs = START_MS;
    while (nowMs < START_MS + 10_000) {
      const decision = schedule.take(nowMs);
      if (decision.kind === 'ask') reads[decision.place.ask] = (reads[decision.place.ask] ?? 0) + 1;
      nowMs += 15;
      if (decision.kind === 'ask') schedule.settle(decision.place, 'answered', nowMs);
    }
    expect(reads[1]).toBe(10);
  });
});

describe('an ask that takes several turns', () => {
  it('lets its neighbours have theirs between, and is done within its slot', () => {
    const schedule = createBusSchedule([device([100]), device([100])], START_MS);
    const turns: number[] = [];
    let parts = 0;
    for (let nowMs = START_MS; nowMs < START_MS + 100; nowMs += 5) {
      const decision = schedule.take(nowMs);
      if (decision.kind !== 'ask') continue;
      turns.push(decision.place.device);
      parts += decision.place.device === 0 ? 1 : 0;
      const isOver = decision.place.device === 1 || parts === 4;
      schedule.settle(decision.place, isOver ? 'answered' : 'unfinished', nowMs + 5);
    }
    expect(turns).toEqual([0, 1, 0, 0, 0]);
    expect(schedule.missedSlots).toBe(0);
    expect(schedule.slotsDone({ device: 0, ask: 0 }, START_MS + 99)).toBe(1);
  });
});

it('never asks for what a device says by itself', () => {
  const pushed = { everyMs: 10, pushed: true };
  const schedule = createBusSchedule([{ ...device([]), asks: [pushed] }], START_MS);
  expect(schedule.take(START_MS + 1000)).toEqual({ kind: 'wait', untilMs: Number.POSITIVE_INFINITY });
});

describe('the breaker', () => {
  it('does not let dead devices starve the living one', () => {
    const dead = Array.from({ length: 8 }, () => device([100, 1000], 200));
    const schedule = createBusSchedule([...dead, device([100], 200)], START_MS);
    const turns = run(schedule, {
      untilMs: START_MS + 120_000,
      costMs: (at) => (at === 8 ? 30 : 400),
      verdict: (at) => (at === 8 ? 'answered' : 'timeout'),
    });
    const lastMinute = (turns.get(8) ?? []).filter((ms) => ms >= START_MS + 60_000);
    expect(lastMinute.length).toBeGreaterThan(450);
  });

  it('pauses longer and longer, up to a limit, and forgets all at the first answer', () => {
    const schedule = createBusSchedule([device([100])], START_MS);
    const pauses: number[] = [];
    let lastMs = START_MS;
    run(schedule, {
      untilMs: START_MS + 200_000,
      costMs: () => 0,
      verdict: (_, nowMs) => {
        pauses.push(nowMs - lastMs);
        lastMs = nowMs;
        return 'timeout';
      },
    });
    const grown = pauses.slice(FAILURES_BEFORE_PAUSE, FAILURES_BEFORE_PAUSE + 7);
    expect(grown).toEqual([1, 2, 4, 8, 16, 30, 30].map((factor) => factor * SHORTEST_PAUSE_MS));
    expect(Math.max(...pauses)).toBe(LONGEST_PAUSE_MS);
    expect(schedule.isPaused(0)).toBe(true);
    schedule.settle({ device: 0, ask: 0 }, 'answered', lastMs);
    expect(schedule.isPaused(0)).toBe(false);
    expect(schedule.take(lastMs + 100)).toMatchObject({ kind: 'ask' });
  });

  it('holds back a read that is refused without holding back its device', () => {
    const schedule = createBusSchedule([device([100, 100])], START_MS);
    const reads = [0, 0];
    let nowMs = START_MS;
    while (nowMs < START_MS + 60_000) {
      const decision = schedule.take(nowMs);
      if (decision.kind === 'wait') {
        nowMs = decision.untilMs;
        continue;
      }
      const { ask } = decision.place;
      reads[ask] = (reads[ask] ?? 0) + 1;
      schedule.settle(decision.place, ask === 0 ? 'answered' : 'refused', nowMs);
    }
    expect(reads[0]).toBe(600);
    expect(reads[1]).toBeLessThan(15);
  });

  it('holds nothing against a device while the line is down, and asks at once when it is back', () => {
    const schedule = createBusSchedule([device([100])], START_MS);
    for (let at = 0; at < 5; at += 1) {
      schedule.take(START_MS + at * 100);
      schedule.settle({ device: 0, ask: 0 }, 'timeout', START_MS + at * 100);
    }
    expect(schedule.take(START_MS + 600)).toMatchObject({ kind: 'wait' });
    schedule.pardon(START_MS + 650);
    expect(schedule.take(START_MS + 700)).toMatchObject({ kind: 'ask' });
    schedule.settle({ device: 0, ask: 0 }, 'closed', START_MS + 701);
    schedule.skipTo(START_MS + 5000);
    expect(schedule.take(START_MS + 5000)).toMatchObject({ kind: 'ask' });
    expect(schedule.missedSlots).toBe(0);
  });
});
