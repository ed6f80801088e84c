import { expect, it } from 'vitest';
import { watchdogPeriodMs } from './systemd.ts';

it.each([
  ['half of the limit', { WATCHDOG_USEC: '30000000' }, 15_000],
  ['half of the limit when this process is meant', { WATCHDOG_USEC: '30000000', WATCHDOG_PID: '7' }, 15_000],
  ['nothing when another process is meant', { WATCHDOG_USEC: '30000000', WATCHDOG_PID: '8' }, null],
  ['nothing without a limit', {}, null],
  ['nothing with a senseless limit', { WATCHDOG_USEC: 'soon' }, null],
])('the watchdog is fed at %s', (_title, environment, everyMs) => {
  expect(watchdogPeriodMs(environment, 7)).toBe(everyMs);
});
