import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { connect, type MqttClient } from 'mqtt';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { stringify } from 'yaml';
import { askOverview } from '../../src/cli/control-client.ts';
import { type TestBroker, until } from '../fakes/broker.ts';
import { startMosquitto } from '../fakes/broker-mosquitto.ts';
import { openSubscriber, type PlatformSubscriber } from '../fakes/broker-subscriber.ts';
import { createCommandSender } from '../fakes/command-sender.ts';
import { oneCameraSiteFile } from '../fakes/one-camera-site.ts';

const SITE = 'renmin-lu-3';
const UNIT = new URL('../../systemd/roadside.service', import.meta.url);
const CLOCK = new URL('../fakes/jumping-clock.ts', import.meta.url);
const admin = createCommandSender('centre', 'admin');

let folder: string;
let broker: TestBroker;
let platform: PlatformSubscriber;
let client: MqttClient;
let gateway: ChildProcess;
/** How each run of the gateway ended. */
const ends: { readonly code: number | null; readonly signal: string | null }[] = [];
let isOver = false;

/** As systemd does with `Restart=always`: whoever ends is started again. */
function supervise(): void {
  const program = ['src/processes/cli.ts', 'run', join(folder, 'site.yaml')];
  const options = ['--log-level', 'error', '--models', join(folder, 'nowhere')];
  gateway = spawn(process.execPath, ['--import', CLOCK.href, ...program, ...options], { stdio: 'ignore' });
  gateway.once('exit', (code, signal) => {
    ends.push({ code, signal });
    if (!isOver) supervise();
  });
}

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'roadside-restart-'));
  broker = await startMosquitto();
  await writeFile(join(folder, 'centre.pem'), admin.publicKeyPem);
  await writeFile(join(folder, 'site.yaml'), stringify(siteFile()));
  platform = await openSubscriber({ url: broker.url, version: 5 });
  client = connect(broker.url, { protocolVersion: 5, clientId: 'commander' });
  supervise();
});
afterAll(async () => {
  isOver = true;
  const ended = once(gateway, 'exit');
  gateway.kill('SIGKILL');
  await ended;
  await client.endAsync(true);
  await platform.close();
  await broker.dispose();
  await rm(folder, { recursive: true, force: true });
});

/** A camera without a model: nothing to do, and nothing that has to be started. */
function siteFile(): object {
  const site = {
    site: { id: SITE, name: 'Test' },
    evidence: { maxMegabytes: 0 },
    uplink: {
      ...{ url: broker.url, reconnectMaxS: 1, backfillDelayMaxS: 0 },
      commands: { enabled: true, keys: [{ id: 'centre', publicKeyFile: 'centre.pem', role: 'admin' }] },
    },
    store: { file: 'roadside.db', maxMegabytes: 64 },
    control: { socket: 'control.sock' },
  };
  return oneCameraSiteFile({ camera: { source: { kind: 'rtsp', url: 'rtsp://127.0.0.1:9/none' } }, site });
}

/** The session in force, once the platform has seen so many births. */
async function sessionAfter(births: number): Promise<unknown> {
  const born = () => platform.states().filter(({ payload }) => payload['state'] === 'online');
  await until(() => born().length >= births);
  return born().at(-1)?.payload['session'];
}

const repliesTo = (id: string) =>
  platform.receipts.map(({ payload }) => payload).filter((each) => each['id'] === id && 'status' in each);

test('the platform restarts a gateway: one answer, an orderly end, a new birth, and not a second time', async () => {
  // Without it a process that ends well would stay away.
  expect(await readFile(UNIT, 'utf8')).toMatch(/^Restart=always$/m);
  const first = await sessionAfter(1);
  gateway.kill('SIGUSR2');
  const isOld = async (): Promise<number> => (await askOverview(join(folder, 'control.sock'))).upForS;
  await expect.poll(isOld, { timeout: 20_000 }).toBeGreaterThan(60);

  const command = admin.command({ kind: 'restart' }, Date.now());
  const send = () => client.publishAsync(`roadside/v1/${SITE}/command`, JSON.stringify(command), { qos: 1 });
  await send();
  const second = await sessionAfter(2);
  expect(second).not.toBe(first);
  expect(ends).toEqual([{ code: 0, signal: null }]);
  expect(repliesTo(command.id)).toMatchObject([{ status: 'done', kind: 'restart', boot: first }]);
  expect(platform.states().map(({ payload }) => [payload['session'], payload['state']])).toEqual([
    [first, 'online'],
    [first, 'offline'],
    [second, 'online'],
  ]);
  expect(platform.states()[1]?.payload['reason']).toBe('stopped');

  await send();
  await until(() => repliesTo(command.id).length === 2);
  expect(repliesTo(command.id)[1]).toEqual(repliesTo(command.id)[0]);
  const actions = () =>
    platform.receipts.flatMap(({ payload }) => (payload['stream'] === 'audit' ? [payload['action']] : []));
  await until(() => actions().filter((action) => action === 'started').length === 2);
  expect(actions().filter((action) => action !== 'configured')).toEqual([
    ...['started', 'command-accepted', 'command-done', 'stopped', 'started'],
  ]);
  const { boot, upForS } = await askOverview(join(folder, 'control.sock'));
  expect(boot).toBe(second);
  expect(upForS).toBeLessThan(60);
  expect(platform.report()).toMatchObject({ gaps: [], invalid: [] });
});
