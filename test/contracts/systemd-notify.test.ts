import { type ChildProcess, spawn } from 'node:child_process';
import { existsSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { createLogger } from '../../src/runtime/logger.ts';
import { createSystemdNotifier } from '../../src/runtime/systemd.ts';
import { hasProgram } from './systemd-fixtures/programs.ts';

/** Prints each datagram; read without ancillary data, so the descriptor of systemd-notify's barrier is closed. */
const LISTENER = `
import socket, sys
listener = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
listener.bind(sys.argv[1])
while True:
    print(listener.recv(4096).decode(), flush=True)
`;

const missing = ['systemd-notify', 'python3'].filter((program) => !hasProgram(program));

describe.skipIf(missing.length > 0)('what systemd is told (needs systemd-notify, python3)', () => {
  let folder: string;
  let socket: string;
  let systemd: ChildProcess;
  let received = '';
  const lines: string[] = [];
  const logger = createLogger({ level: 'info', write: (line) => lines.push(line) });
  const eventually = (check: () => void) => vi.waitFor(check, { timeout: 20_000, interval: 20 });

  beforeEach(async () => {
    folder = mkdtempSync(join(tmpdir(), 'roadside-notify-'));
    socket = join(folder, 'notify');
    received = '';
    lines.length = 0;
    systemd = spawn('python3', ['-c', LISTENER, socket], { stdio: ['ignore', 'pipe', 'inherit'] });
    systemd.stdout?.on('data', (chunk: Buffer) => {
      received += chunk.toString();
    });
    await eventually(() => expect(existsSync(socket)).toBe(true));
  });

  afterEach(() => {
    systemd.kill('SIGKILL');
    rmSync(folder, { recursive: true, force: true });
  });

  const notifier = (extra: NodeJS.ProcessEnv = {}) =>
    createSystemdNotifier({ logger, environment: { ...process.env, NOTIFY_SOCKET: socket, ...extra } });

  it('ready, status and stopping arrive in this order', async () => {
    const systemdNotifier = notifier();
    void systemdNotifier.ready();
    void systemdNotifier.status('2 buses, 3 cameras');
    await systemdNotifier.stopping();
    await eventually(() => expect(received).toContain('STOPPING=1'));
    expect(received).toMatch(/READY=1.*STATUS=2 buses, 3 cameras.*STOPPING=1/s);
  });

  it('a status cannot smuggle in another variable', async () => {
    await notifier().status('fine\nWATCHDOG=1');
    await eventually(() => expect(received).toContain('STATUS=fine WATCHDOG=1'));
    expect(received).not.toMatch(/^WATCHDOG=1/m);
  });

  it('the watchdog is fed while healthy, and no longer', async () => {
    let healthy = true;
    const fed = () => received.split('WATCHDOG=1').length - 1;
    const watched = notifier({ WATCHDOG_USEC: '100000' });
    const end = watched.feedWatchdog(() => healthy);
    await eventually(() => expect(fed()).toBeGreaterThan(2));
    healthy = false;
    await eventually(() => expect(lines.join('')).toContain('not fed any more'));
    await watched.status('what was sent before has arrived');
    await eventually(() => expect(received).toContain('has arrived'));
    const before = fed();
    await new Promise((resolve) => setTimeout(resolve, 500));
    expect(fed()).toBe(before);
    healthy = true;
    await eventually(() => expect(fed()).toBeGreaterThan(before));
    end();
  });

  it('outside systemd nothing is sent', async () => {
    const outside = notifier({ NOTIFY_SOCKET: '' });
    await outside.ready();
    outside.feedWatchdog(() => true)();
    await notifier().status('only this');
    await eventually(() => expect(received).toContain('STATUS=only this'));
    expect(received).not.toContain('READY=1');
  });

  it('a systemd that does not listen is one warning, not a failure', async () => {
    const deaf = notifier({ NOTIFY_SOCKET: join(folder, 'nobody') });
    await deaf.ready();
    await deaf.status('still here');
    expect(lines.filter((line) => line.includes('systemd cannot be told'))).toHaveLength(1);
  });
});
