import { afterEach, beforeEach, expect, it, vi } from 'vitest';
import { createLogger } from './logger.ts';
import { installShutdown, type ShutdownHost, type StopSignal } from './shutdown.ts';

beforeEach(() => void vi.useFakeTimers());
afterEach(() => void vi.useRealTimers());

function install(stop: () => Promise<void> = () => Promise.resolve()) {
  const exits: number[] = [];
  const lines: string[] = [];
  let stops = 0;
  let signal: (signal: StopSignal) => void = () => undefined;
  let uncaught: (error: unknown) => void = () => undefined;
  const host: ShutdownHost = {
    onSignal: (listener) => {
      signal = listener;
    },
    onUncaught: (listener) => {
      uncaught = listener;
    },
    exit: (code) => void exits.push(code),
  };
  const shutdown = installShutdown({
    stop: () => {
      stops += 1;
      return stop();
    },
    deadlineMs: 5000,
    logger: createLogger({ level: 'debug', write: (line) => lines.push(line) }),
    host,
  });
  return {
    exits,
    lines,
    shutdown,
    stops: () => stops,
    signal: (name: StopSignal) => signal(name),
    uncaught: (error: unknown) => uncaught(error),
    settle: () => vi.advanceTimersByTimeAsync(0),
  };
}

const never = () => new Promise<void>(() => undefined);

it('a signal stops once, in order, and leaves with 0', async () => {
  const run = install();
  run.signal('SIGTERM');
  expect(run.exits).toEqual([]);
  await run.settle();
  expect([run.stops(), run.exits]).toEqual([1, [0]]);
});

it('a second signal leaves at once, without a second stop', () => {
  const run = install(never);
  run.signal('SIGINT');
  run.signal('SIGINT');
  expect([run.stops(), run.exits]).toEqual([1, [1]]);
});

it('a stop that never ends is cut off at the deadline', async () => {
  const run = install(never);
  run.signal('SIGTERM');
  await vi.advanceTimersByTimeAsync(4999);
  expect(run.exits).toEqual([]);
  await vi.advanceTimersByTimeAsync(1);
  expect(run.exits).toEqual([1]);
});

it('an uncaught error is logged, stops in order and leaves with 1', async () => {
  const run = install();
  run.uncaught(new Error('boom'));
  await run.settle();
  expect([run.stops(), run.exits]).toEqual([1, [1]]);
  expect(run.lines.join('')).toContain('boom');
});

it('an uncaught error during the stop leaves at once', () => {
  const run = install(never);
  run.signal('SIGTERM');
  run.uncaught(new Error('again'));
  expect([run.stops(), run.exits]).toEqual([1, [1]]);
});

it('a stop that fails is logged and leaves with 1', async () => {
  const run = install(() => Promise.reject(new Error('disk gone')));
  run.shutdown.request('asked by command');
  await run.settle();
  expect(run.exits).toEqual([1]);
  expect(run.lines.join('')).toContain('disk gone');
});
