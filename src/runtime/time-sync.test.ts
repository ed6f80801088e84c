import { chmodSync, mkdirSync, mkdtempSync, rmSync, utimesSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { TimeSourceState } from '../base/clock.ts';
import { createTimeSync, type TimeSync } from './time-sync.ts';

let root: string;
let sync: TimeSync | null = null;
beforeEach(() => {
  root = mkdtempSync(join(tmpdir(), 'roadside-time-'));
  mkdirSync(join(root, 'bin'));
});
afterEach(() => {
  sync?.stop();
  rmSync(root, { recursive: true });
});

function put(path: string, text: string): void {
  mkdirSync(join(root, path, '..'), { recursive: true });
  writeFileSync(join(root, path), text);
}
function program(name: string, script: string): void {
  put(`bin/${name}`, `#!/bin/sh\n${script}\n`);
  chmodSync(join(root, 'bin', name), 0o755);
}
/** Programs are looked for in the folder of the test alone. */
async function asked(timeoutMs?: number): Promise<TimeSourceState> {
  sync ??= createTimeSync({
    root,
    path: join(root, 'bin'),
    ...(timeoutMs === undefined ? {} : { timeoutMs }),
  });
  await sync.ask();
  return sync.state();
}
afterEach(() => {
  sync = null;
});

const kernelSays = (answer: string): void =>
  program('timedatectl', `[ "$*" = "show --property=NTPSynchronized --value" ] && echo ${answer}`);
/** What `chronyc -c tracking` prints; `refTimeS` 0 before the first update. */
const chronySays = (leap: string, refTimeS: string): void =>
  program(
    'chronyc',
    `echo "7F7F0101,192.0.2.1,3,${refTimeS},0.000001,-0.000002,0.0000012,-10.5,0.0,0.01,0.03,0.001,64.5,${leap}"`,
  );
const timesyncd = (flagAgeS: number | null): void => {
  mkdirSync(join(root, 'run/systemd/timesync'), { recursive: true });
  if (flagAgeS === null) return;
  put('run/systemd/timesync/synchronized', '');
  const at = Date.now() / 1000 - flagAgeS;
  utimesSync(join(root, 'run/systemd/timesync/synchronized'), at, at);
};
const rtcSetTheTime = (): void => put('sys/class/rtc/rtc0/hctosys', '1\n');

describe('the time source of the machine', () => {
  it.each<[string, TimeSourceState, () => void]>([
    ['nothing that could be asked', 'unknown', () => undefined],
    ['a kernel whose clock is disciplined', 'synced', () => kernelSays('yes')],
    ['a kernel whose clock is not', 'unknown', () => kernelSays('no')],
    ['an answer that is none', 'unknown', () => kernelSays('"Failed to connect to bus"')],
    ['chronyd that follows a source', 'synced', () => chronySays('Normal', '1772600000.5')],
    ['chronyd that has lost it', 'lost', () => chronySays('Not synchronised', '1772600000.5')],
    ['chronyd that has never had one', 'never', () => chronySays('Not synchronised', '0.000000000')],
    ['chronyd that announces a leap second', 'synced', () => chronySays('Insert second', '1772600000.5')],
    [
      'chronyd that cannot be reached',
      'unknown',
      () => program('chronyc', 'echo "506 Cannot talk to daemon"; exit 1'),
    ],
    ['systemd-timesyncd with a fresh flag', 'synced', () => timesyncd(600)],
    ['systemd-timesyncd with an old one', 'lost', () => timesyncd(86_400)],
    ['systemd-timesyncd that has never reached a server', 'never', () => timesyncd(null)],
  ])('with %s is %s', async (_what, state, arrange) => {
    arrange();
    expect(await asked()).toBe(state);
  });

  it('may be one that the kernel knows of and nobody else, such as ntpd or ptp4l', async () => {
    timesyncd(86_400);
    kernelSays('yes');
    expect(await asked()).toBe('synced');
  });

  it('was not needed where a battery-backed clock had set the time', async () => {
    timesyncd(null);
    rtcSetTheTime();
    expect(await asked()).toBe('unknown');
  });

  it('that was there once is lost, not unknown', async () => {
    kernelSays('yes');
    expect(await asked()).toBe('synced');
    kernelSays('no');
    expect(await asked()).toBe('lost');
  });

  it('does not hang with a program that does', async () => {
    program('timedatectl', 'exec sleep 600');
    chronySays('Normal', '1772600000.5');
    expect(await asked(200)).toBe('synced');
  });
});
