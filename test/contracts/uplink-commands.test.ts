import { execFile } from 'node:child_process';
import { createHash, randomBytes } from 'node:crypto';
import { mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { connect, type MqttClient } from 'mqtt';
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest';
import { stringify } from 'yaml';
import { openStore } from '../../src/store/store.ts';
import type { AuditRecord } from '../../src/traffic/stored-record.ts';
import type { CommandPayload, Order } from '../../src/uplink/payloads/command.ts';
import { type TestBroker, until } from '../fakes/broker.ts';
import { startMosquitto } from '../fakes/broker-mosquitto.ts';
import { openSubscriber, type PlatformSubscriber, type Receipt } from '../fakes/broker-subscriber.ts';
import { createCommandSender, unsignedCommand } from '../fakes/command-sender.ts';
import { hostilePackets } from '../fakes/hostile-packets.table.ts';
import { oneCameraSiteFile } from '../fakes/one-camera-site.ts';
import { flowRecord, incidentRecord } from '../fakes/records.ts';
import { createRunningGateway } from '../fakes/running-gateway.ts';

const run = promisify(execFile);
const CLI = 'src/processes/cli.ts';
const SITE = 'renmin-lu-3';
const TOPIC = `roadside/v1/${SITE}/command`;
const CLIP = randomBytes(80_000);
const CLIP_NAME = 'stopped-vehicle-north-1-1.mp4';
const STORED_MS = Date.now() - 3_600_000;

const admin = createCommandSender('centre', 'admin');
const viewer = createCommandSender('wall', 'viewer');
const stranger = createCommandSender('centre', 'admin');

let folder: string;
let broker: TestBroker;
let platform: PlatformSubscriber;
let client: MqttClient;
const gateway = createRunningGateway(() => folder);

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'roadside-commands-'));
  broker = await startMosquitto({ extra: ['max_packet_size 1000000'] });
  await writeFile(join(folder, 'centre.pem'), admin.publicKeyPem);
  await writeFile(join(folder, 'camera-password'), 'secret');
  await writeFile(join(folder, 'wall.pem'), viewer.publicKeyPem);
  await writeFile(join(folder, 'site.yaml'), stringify(siteFile()));
  await fillStore();
  platform = await openSubscriber({ url: broker.url, version: 5 });
  client = connect(broker.url, { protocolVersion: 5, clientId: 'commander' });
  gateway.start(join(folder, 'site.yaml'), '--models', join(folder, 'nowhere'));
  await gateway.overviewOnce(({ uplink, store }) => uplink.state === 'online' && store.pending === 0);
});
afterEach(() => {
  // What the agent sends keeps the contract, whatever is sent to it.
  const { invalid } = platform.report();
  expect(invalid.filter((problem) => !problem.startsWith(TOPIC))).toEqual([]);
});
afterAll(async () => {
  await gateway.end('SIGKILL');
  await client.endAsync(true);
  await platform.close();
  await broker.dispose();
  await rm(folder, { recursive: true, force: true });
});

/** A camera without a model, so that there is a place for evidence and nothing else to do. */
function siteFile(changes: object = {}): object {
  const login = { user: 'cabinet', passwordFile: 'camera-password' };
  const source = { kind: 'rtsp', url: 'rtsp://127.0.0.1:9/none?token=hidden', ...login };
  const site = {
    site: { id: SITE, name: 'Test' },
    evidence: { folder: 'evidence' },
    uplink: {
      url: broker.url,
      reconnectMaxS: 1,
      backfillDelayMaxS: 0,
      backfillPerS: 10_000,
      commands: {
        enabled: true,
        keys: [
          { id: 'centre', publicKeyFile: 'centre.pem', role: 'admin' },
          { id: 'wall', publicKeyFile: 'wall.pem', role: 'viewer' },
        ],
      },
    },
    store: { file: 'roadside.db', maxMegabytes: 64 },
    control: { socket: 'control.sock' },
    ...changes,
  };
  return oneCameraSiteFile({ camera: { id: 'cam', source }, site });
}

/** What an earlier run has left: an hour-old flow records, and an incident with its clip. */
async function fillStore(): Promise<void> {
  let wallMs = STORED_MS;
  const store = openStore({
    file: join(folder, 'roadside.db'),
    upstreams: [{ name: 'platform', streams: new Set(['flow', 'incident'] as const) }],
    clock: { now: () => ({ monoMs: 0, wallMs, quality: 'synced' }), monoMs: () => 0 },
  });
  for (let seq = 1; seq <= 30; seq += 1) {
    store.append([flowRecord({ seq })]);
    wallMs += 60_000;
  }
  const sha256 = createHash('sha256').update(CLIP).digest('hex');
  const evidence = [
    { kind: 'clip', name: CLIP_NAME, sha256, bytes: CLIP.length, fromMs: 0, toMs: 1 },
  ] as const;
  store.append([{ ...incidentRecord({ seq: 1 }), evidence }]);
  store.close();
  await mkdir(join(folder, 'evidence'));
  await writeFile(join(folder, 'evidence', CLIP_NAME), CLIP);
}

async function send(command: unknown, options: object = {}): Promise<void> {
  await client.publishAsync(TOPIC, typeof command === 'string' ? command : JSON.stringify(command), {
    qos: 1,
    ...options,
  });
}

const repliesTo = (id: string): readonly Receipt[] =>
  platform.receipts.filter(({ payload }) => payload['schema'] === 'roadside.reply/1' && payload['id'] === id);
/** Each entry once: a record may come again. */
const auditOf = (id: string): readonly AuditRecord[] => {
  const entries = platform.receipts.map(({ payload }) => payload as unknown as AuditRecord);
  const found = entries.filter(({ stream, commandId }) => stream === 'audit' && commandId === id);
  return [...new Map(found.map((entry) => [entry.id, entry])).values()];
};

async function replyTo(command: CommandPayload, options: object = {}): Promise<Receipt['payload']> {
  await send(command, options);
  await until(() => repliesTo(command.id).length > 0);
  return repliesTo(command.id)[0]?.payload ?? {};
}

const ask = (order: Order): Promise<Receipt['payload']> => replyTo(admin.command(order, Date.now()));

describe('the platform of a running gateway', () => {
  test('pings it, and gets the answer where it wants it', async () => {
    const command = viewer.command({ kind: 'ping' }, Date.now());
    const responseTopic = `roadside/v1/${SITE}/reply/desk-7`;
    const correlationData = Buffer.from('c-1');
    const reply = await replyTo(command, { properties: { responseTopic, correlationData } });
    expect(reply).toMatchObject({ status: 'done', kind: 'ping', result: { version: expect.any(String) } });
    const [receipt] = repliesTo(command.id);
    expect(receipt?.topic).toBe(responseTopic);
    expect(receipt?.properties?.correlationData).toEqual(correlationData);
    await until(() => auditOf(command.id).length === 2);
    expect(auditOf(command.id)).toMatchObject([
      { action: 'command-accepted', actor: 'wall' },
      { action: 'command-done', actor: 'wall' },
    ]);
  });

  test('takes a snapshot', async () => {
    const { result } = await ask({ kind: 'snapshot' });
    expect(result).toMatchObject({ overview: { site: SITE, faults: [{ code: 'model-missing' }] } });
  });

  test('asks for a span again, and gets just that on the replay topics', async () => {
    const before = platform.receipts.length;
    const span = { fromMs: STORED_MS + 5 * 60_000, toMs: STORED_MS + 15 * 60_000 };
    const reply = await ask({ kind: 'backfill', ...span });
    expect(reply).toMatchObject({ status: 'done', result: { queued: 10, complete: true, nextFromMs: null } });
    const again = () => platform.receipts.slice(before).filter(({ payload }) => payload['stream'] === 'flow');
    await until(() => again().length >= 10);
    await gateway.overviewOnce(({ store }) => store.pending === 0);
    expect(again().map(({ payload }) => payload['seq'])).toEqual([6, 7, 8, 9, 10, 11, 12, 13, 14, 15]);
    expect(new Set(again().map(({ topic }) => topic))).toEqual(
      new Set([`roadside/v1/${SITE}/replay/flow/north-1`]),
    );
    const empty = { kind: 'backfill', fromMs: span.toMs, toMs: span.fromMs } as const;
    expect(await ask(empty)).toMatchObject({ status: 'failed', reason: 'not-a-span' });
  });

  test('lists the evidence of an incident and fetches a clip in chunks, or the rest of it', async () => {
    const incident = 'stopped-vehicle/north-1/1';
    const listed = await ask({ kind: 'clip', incident });
    expect(listed['result']).toMatchObject({ files: [{ name: CLIP_NAME, present: true }] });
    const chunksOf = (id: string): Receipt['payload'][] =>
      platform.receipts
        .map(({ payload }) => payload)
        .filter((payload) => payload['schema'] === 'roadside.chunk/1' && payload['id'] === id);
    const fetch = admin.command({ kind: 'clip', incident, file: CLIP_NAME }, Date.now());
    await replyTo(fetch);
    await until(() => chunksOf(fetch.id).length === 3);
    const bytes = Buffer.concat(
      chunksOf(fetch.id).map(({ content }) => Buffer.from(String(content), 'base64')),
    );
    expect(bytes.equals(CLIP)).toBe(true);
    const rest = admin.command({ kind: 'clip', incident, file: CLIP_NAME, fromChunk: 2 }, Date.now());
    await replyTo(rest);
    await until(() => chunksOf(rest.id).length === 1);
    expect(chunksOf(rest.id)).toMatchObject([{ chunk: 2, chunks: 3 }]);

    expect(await ask({ kind: 'clip', incident: 'none' })).toMatchObject({ reason: 'unknown-incident' });
    const secret = await ask({ kind: 'clip', incident, file: '../site.yaml' });
    expect(secret).toMatchObject({ status: 'failed', reason: 'no-such-file' });
  });

  test('acknowledges an incident: that is in the audit', async () => {
    const incident = 'stopped-vehicle/north-1/1';
    const command = admin.command(
      { kind: 'acknowledge-incident', incident, note: 'patrol sent' },
      Date.now(),
    );
    expect(await replyTo(command)).toMatchObject({ status: 'done', result: { incident } });
    await until(() => auditOf(command.id).length === 2);
    expect(auditOf(command.id).at(-1)).toMatchObject({
      ...{ action: 'incident-acknowledged', actor: 'centre', subject: incident, detail: 'patrol sent' },
    });
    const unknown = await ask({ kind: 'acknowledge-incident', incident: 'none' });
    expect(unknown).toMatchObject({ status: 'failed', reason: 'unknown-incident' });
  });

  test('reads the configuration without secrets', async () => {
    const { result } = await ask({ kind: 'config-get' });
    expect(result).toMatchObject({ site: { site: { id: SITE }, uplink: { commands: { enabled: true } } } });
    const text = JSON.stringify(result);
    expect(text).toContain('rtsp://127.0.0.1:9/none');
    expect(text).not.toContain('token=hidden');
    expect(text).not.toContain('centre.pem');
    expect(text).not.toContain('"cabinet"');
  });

  test('proposes a configuration: a good one is kept and not applied, a bad one refused with its place', async () => {
    const proposed = join(folder, 'site.proposed.yaml');
    const bad = await ask({ kind: 'config-propose', text: stringify(siteFile({ surprise: 1 })) });
    expect(bad).toMatchObject({ status: 'failed', reason: 'proposal-refused' });
    expect(bad['detail']).toContain('surprise');
    const foreign = await ask({
      ...{ kind: 'config-propose', text: stringify(siteFile({ site: { id: 'other', name: 'Other' } })) },
    } as Order);
    expect(foreign).toMatchObject({ status: 'failed', reason: 'proposal-refused' });
    await expect(readFile(proposed)).rejects.toThrow('ENOENT');

    const text = stringify(siteFile({ flow: { intervalsS: [30] } }));
    const { boot } = await gateway.overviewOnce(() => true);
    const kept = await ask({ kind: 'config-propose', text });
    expect(kept).toMatchObject({ status: 'done', result: { file: proposed } });
    expect(await readFile(proposed, 'utf8')).toBe(text);
    expect(await readFile(join(folder, 'site.yaml'), 'utf8')).toBe(stringify(siteFile()));
    expect((await gateway.overviewOnce(() => true)).boot).toBe(boot);
  });

  test('changes the log level for a while, and may not restart what was just started', async () => {
    const level = await ask({ kind: 'log-level', level: 'info', forMin: 1 });
    expect(level).toMatchObject({ status: 'done', result: { level: 'info', forMin: 1 } });
    const restart = await ask({ kind: 'restart' });
    expect(restart).toMatchObject({ status: 'failed', reason: 'too-soon' });
    const forbidden = await replyTo(viewer.command({ kind: 'restart' }, Date.now()));
    expect(forbidden).toMatchObject({ status: 'refused', reason: 'forbidden' });
  });
});

describe('what should not be sent', () => {
  test('does nothing: hostile, unsigned, retained, for others; a good one among them is answered', async () => {
    const audited = (): number =>
      platform.receipts
        .map(({ payload }) => payload as unknown as AuditRecord)
        .filter(({ stream, action }) => stream === 'audit' && action === 'command-refused').length;
    const before = audited();
    const table = hostilePackets({ admin, stranger, atMs: Date.now(), topic: TOPIC });
    // The subscriber of this test takes all topics for records, so only what is JSON of our own is sent through.
    const mine = table.filter(({ packet }) => packet.topic === TOPIC && isCommand(packet.bytes)).slice(0, 12);
    for (const { packet } of mine)
      await send(Buffer.from(packet.bytes).toString(), { retain: packet.retained });
    const command = unsignedCommand({ kind: 'ping' }, Date.now());
    expect(await replyTo(command)).toMatchObject({ status: 'refused', reason: 'unsigned' });
    await until(() => audited() >= before + mine.length);
    expect(mine.length).toBeGreaterThan(8);
    expect(await ask({ kind: 'ping' })).toMatchObject({ status: 'done' });
    const { commands } = await gateway.overviewOnce(() => true);
    const { received = 0, accepted = 0, repeated = 0, refused = 0, refusals = {} } = commands ?? {};
    expect(received).toBe(accepted + repeated + refused);
    expect(Object.values(refusals).reduce((sum, times) => sum + times, 0)).toBe(refused);
    expect(refusals).toMatchObject({ unsigned: expect.any(Number), 'bad-signature': expect.any(Number) });
    const status = await run(process.execPath, [
      CLI,
      'status',
      '--socket',
      join(folder, 'control.sock'),
    ]).catch(
      // 2: the camera's model is missing.
      (ended: { readonly stdout: string }) => ended,
    );
    expect(status.stdout).toContain('unsigned 未签名');
    expect(status.stdout).toContain('last refused 最近拒绝: unsigned 未签名');
  });

  test('is not done again after a kill, and the audit is whole and what the platform has got', async () => {
    const command = admin.command({ kind: 'ping' }, Date.now());
    const first = await replyTo(command);
    await until(() => auditOf(command.id).length === 2);
    await gateway.end('SIGKILL');
    gateway.start(join(folder, 'site.yaml'), '--models', join(folder, 'nowhere'));
    await gateway.overviewOnce(({ uplink }) => uplink.state === 'online');
    await send(command);
    await until(() => repliesTo(command.id).length === 2);
    expect(repliesTo(command.id)[1]?.payload).toEqual(first);
    await gateway.overviewOnce(({ store }) => store.pending === 0);
    expect(auditOf(command.id)).toHaveLength(2);

    const entries = platform.receipts
      .map(({ payload }) => payload as unknown as AuditRecord)
      .filter(({ stream }) => stream === 'audit');
    const newest = entries.reduce((last, each) => (each.number > last.number ? each : last));
    const expected = `${newest.number}:${newest.hash}`;
    const audit = (...args: readonly string[]) => run(process.execPath, [CLI, 'audit', ...args]);
    const { stdout } = await audit('verify', '--socket', join(folder, 'control.sock'), '--expect', expected);
    expect(stdout).toContain(`newest 最新  ${expected}`);
    const list = await audit('list', '--socket', join(folder, 'control.sock'));
    expect(list.stdout).toContain('command-refused 拒绝命令');
    await gateway.end('SIGTERM');
    const file = join(folder, 'roadside.db');
    const stopped = await audit('list', '--store', file, '--last', '1', '--json');
    expect(JSON.parse(stopped.stdout)).toMatchObject({ action: 'stopped', number: newest.number + 1 });
    const forged = `${newest.number}:${'0'.repeat(64)}`;
    await expect(audit('verify', '--store', file, '--expect', forged)).rejects.toMatchObject({
      stderr: expect.stringContaining('audit-broken'),
    });
  });
});

function isCommand(bytes: Uint8Array): boolean {
  try {
    const value: unknown = JSON.parse(Buffer.from(bytes).toString());
    return (
      typeof value === 'object' && value !== null && Reflect.get(value, 'schema') === 'roadside.command/1'
    );
  } catch {
    return false;
  }
}
