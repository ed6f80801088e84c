import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { createAckDeadline, createPingTimer } from './session-timers.ts';

const SLOWEST_MS = 5000;

beforeEach(() => {
  vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout', 'setInterval', 'clearInterval', 'hrtime'] });
});
afterEach(() => {
  vi.useRealTimers();
});

describe('the deadline of acknowledgements', () => {
  it('is over when one of many has not come in time', () => {
    const overdue = vi.fn();
    const deadline = createAckDeadline(1000, overdue);
    const first = deadline.expect();
    vi.advanceTimersByTime(400);
    deadline.expect();
    vi.advanceTimersByTime(400);
    deadline.came(first);
    vi.advanceTimersByTime(599);
    expect(overdue).not.toHaveBeenCalled();
    vi.advanceTimersByTime(2);
    expect(overdue).toHaveBeenCalledOnce();
  });

  it('is the first that was sent, also when later ones have come', () => {
    const overdue = vi.fn();
    const deadline = createAckDeadline(1000, overdue);
    deadline.expect();
    vi.advanceTimersByTime(900);
    deadline.came(deadline.expect());
    vi.advanceTimersByTime(101);
    expect(overdue).toHaveBeenCalledOnce();
  });

  it('is never over as long as each comes in time, with one timer', () => {
    const overdue = vi.fn();
    const deadline = createAckDeadline(1000, overdue);
    for (let turn = 0; turn < 50; turn += 1) {
      const sent = Array.from({ length: 20 }, () => deadline.expect());
      expect(vi.getTimerCount()).toBe(1);
      vi.advanceTimersByTime(990);
      for (const one of sent) deadline.came(one);
    }
    vi.advanceTimersByTime(2000);
    expect(overdue).not.toHaveBeenCalled();
    expect(vi.getTimerCount()).toBe(0);
  });

  it('is of no interest to a session that has ended', () => {
    const overdue = vi.fn();
    const deadline = createAckDeadline(1000, overdue);
    deadline.expect();
    deadline.stop();
    vi.advanceTimersByTime(5000);
    expect(overdue).not.toHaveBeenCalled();
  });
});

describe('the timer of pings', () => {
  it('rings in each period, counted from when it was set last', () => {
    const ping = vi.fn();
    const timer = createPingTimer(SLOWEST_MS);
    timer.set(ping, 1000);
    vi.advanceTimersByTime(900);
    timer.clear();
    timer.set(ping, 1000);
    vi.advanceTimersByTime(900);
    expect(ping).not.toHaveBeenCalled();
    vi.advanceTimersByTime(1100);
    expect(ping).toHaveBeenCalledTimes(2);
  });

  it('takes another period', () => {
    const ping = vi.fn();
    const timer = createPingTimer(SLOWEST_MS);
    timer.set(ping, 1000);
    timer.set(ping, 300);
    vi.advanceTimersByTime(1000);
    expect(ping).toHaveBeenCalledTimes(3);
    expect(vi.getTimerCount()).toBe(1);
  });

  it('rings no more slowly than was agreed, whatever it is asked for', () => {
    const ping = vi.fn();
    createPingTimer(SLOWEST_MS).set(ping, 600_000);
    vi.advanceTimersByTime(2 * SLOWEST_MS);
    expect(ping).toHaveBeenCalledTimes(2);
  });

  it('never rings after it was cleared, and is gone by then', () => {
    const ping = vi.fn();
    const timer = createPingTimer(SLOWEST_MS);
    timer.set(ping, 1000);
    timer.clear();
    vi.advanceTimersByTime(1000);
    expect(ping).not.toHaveBeenCalled();
    expect(vi.getTimerCount()).toBe(0);
  });
});
