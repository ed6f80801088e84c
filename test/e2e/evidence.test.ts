import { execFile } from 'node:child_process';
import { createHash } from 'node:crypto';
import { readFileSync, writeFileSync } from 'node:fs';
import { mkdtemp, readdir, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { stringify } from 'yaml';
import { NORTH_CLIP_FILE, readNorthTruth } from '../../src/simulator/clip/north-truth.ts';
import { openRtspCamera, type RtspCamera, readAccessUnits } from '../../src/simulator/rtsp-camera.ts';
import type { IncidentRecord } from '../../src/traffic/record.ts';
import type { TestBroker } from '../fakes/broker.ts';
import { startMosquitto } from '../fakes/broker-mosquitto.ts';
import { openSubscriber, type PlatformSubscriber } from '../fakes/broker-subscriber.ts';
import { createRunningGateway } from '../fakes/running-gateway.ts';

const run = promisify(execFile);
const CLI = 'src/processes/cli.ts';
const WAIT = { timeout: 150_000, interval: 200 };

let folder: string;
let camera: RtspCamera;
let broker: TestBroker;
let platform: PlatformSubscriber;
const gateway = createRunningGateway(() => folder);

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'roadside-evidence-'));
  const north = await readNorthTruth();
  const { picture, crop, framesPerSecond } = north.camera;
  camera = await openRtspCamera({ accessUnits: await readAccessUnits(NORTH_CLIP_FILE), framesPerSecond });
  broker = await startMosquitto();
  await broker.start();
  platform = await openSubscriber({ url: broker.url, version: 5 });
  const lanes = north.lanes.map(({ lane, polygon, countLine, direction }) => ({
    lane,
    polygon,
    countLine,
    direction,
  }));
  const site = {
    version: 1,
    site: { id: 'test-cross', name: 'Test' },
    approaches: [{ id: 'north', name: 'North', lanes: [1, 2, 3].map((number) => ({ number })) }],
    cameras: [
      {
        ...{ id: 'cam', source: { kind: 'rtsp', url: camera.url }, picture, crop, framesPerSecond, lanes },
        groundPlane: north.groundPlane,
      },
    ],
    incidents: { stoppedVehicle: { dwellS: 5, clearS: 3 }, wrongWay: { dwellS: 1, distanceM: 6, clearS: 3 } },
    evidence: { beforeS: 4, afterS: 2 },
    uplink: { url: broker.url, reconnectMaxS: 1 },
    store: { file: 'roadside.db', maxMegabytes: 64, passagesWaitS: 0 },
    control: { socket: 'control.sock' },
  };
  await writeFile(join(folder, 'site.yaml'), stringify(site));
}, 60_000);
afterAll(async () => {
  await gateway.end('SIGTERM');
  await camera.close();
  await platform.close();
  await broker.dispose();
  await rm(folder, { recursive: true, force: true });
});

const cli = (...args: readonly string[]) =>
  run(process.execPath, [CLI, 'evidence', ...args, '--socket', join(folder, 'control.sock')]);
const incidents = (): IncidentRecord[] =>
  platform
    .records()
    .flatMap(({ payload }) =>
      payload['stream'] === 'incident' ? [payload as unknown as IncidentRecord] : [],
    );

test('an incident that a camera sees is told again with its picture and clip, which are fetched and checked', async () => {
  gateway.start(join(folder, 'site.yaml'));
  await gateway.overviewOnce(({ processes }) =>
    processes.some(({ sensors }) =>
      sensors.some(({ sensor, state }) => sensor === 'cam' && state === 'working'),
    ),
  );
  camera.play();
  await expect
    .poll(() => incidents().find(({ evidence }) => evidence.length === 2)?.evidence.length, WAIT)
    .toBe(2);
  const whole = incidents().find(({ evidence }) => evidence.length === 2);
  if (whole === undefined) throw new Error('no incident with evidence');
  const told = incidents().filter(({ incident }) => incident === whole.incident);
  expect(told.map(({ evidence }) => evidence.length)).toEqual(expect.arrayContaining([0, 1, 2]));
  expect(told.filter(({ phase }) => phase === 'open')).toHaveLength(1);
  expect(told[0]).toMatchObject({ phase: 'open', evidence: [] });
  expect(whole.phase).not.toBe('open');
  const film = whole.evidence.find(({ kind }) => kind === 'clip');
  expect(film?.fromMs).toBeLessThanOrEqual(whole.openedAtMs - 3500);
  expect(film?.toMs).toBeGreaterThanOrEqual(whole.openedAtMs + 2000);
  expect(platform.report()).toMatchObject({ invalid: [], gaps: [] });

  const listed = await cli('list');
  expect(listed.stdout).toContain(whole.incident);
  const out = join(folder, 'fetched');
  await cli('get', whole.incident, '--out', out);
  expect((await readdir(out)).toSorted()).toEqual(whole.evidence.map(({ name }) => name).toSorted());
  for (const { name, sha256 } of whole.evidence) {
    expect(
      createHash('sha256')
        .update(readFileSync(join(out, name)))
        .digest('hex'),
    ).toBe(sha256);
  }

  // A file that the disk has changed is not handed over as evidence, and nothing of it stays.
  const [first] = whole.evidence;
  const stored = join(folder, 'evidence', first?.name ?? '');
  const bytes = readFileSync(stored);
  bytes[100] = (bytes[100] ?? 0) ^ 1;
  writeFileSync(stored, bytes);
  const elsewhere = join(folder, 'elsewhere');
  await expect(cli('get', whole.incident, '--out', elsewhere)).rejects.toMatchObject({
    stderr: expect.stringContaining('evidence-corrupt'),
  });
  expect(await readdir(elsewhere)).not.toContain(first?.name);
  await expect(cli('get', 'test-cross/none/1', '--out', elsewhere)).rejects.toMatchObject({
    stderr: expect.stringContaining('evidence-missing'),
  });
  await expect(cli('get', '../../etc/passwd')).rejects.toMatchObject({
    stderr: expect.stringContaining('evidence-missing'),
  });
}, 240_000);
