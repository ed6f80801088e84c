import { type ChildProcess, fork } from 'node:child_process';
import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { afterEach, expect, test } from 'vitest';
import { type FromSensor, fromSensorSchema, type VisionConfiguration } from '../../src/sensors/contract.ts';
import { openRtspCamera, type RtspCamera, readAccessUnits } from '../../src/simulator/rtsp-camera.ts';
import type { Observation } from '../../src/traffic/observations/observation.ts';

const PROGRAM = fileURLToPath(new URL('../../src/processes/vision.ts', import.meta.url));
const CLIP = fileURLToPath(new URL('../../src/simulator/clip/north.mp4', import.meta.url));
const MODEL_FILE = fileURLToPath(new URL('../../models/nanodet-g/nanodet-g.onnx', import.meta.url));
const WAIT = { timeout: 60_000, interval: 100 };
const PICTURE = { widthPx: 960, heightPx: 540 };

const MODEL: VisionConfiguration['model'] = {
  id: 'nanodet-g',
  file: MODEL_FILE,
  sha256: createHash('sha256').update(readFileSync(MODEL_FILE)).digest('hex'),
  decoder: 'detections-with-class-scores',
  labels: ['person', 'bicycle', 'car', 'motorcycle', 'bus', 'train', 'truck'],
  inputWidthPx: 416,
  inputHeightPx: 256,
  scoreThreshold: 0.35,
  iouThreshold: 0.5,
};

function cameraPlan(
  id: string,
  plan: { url: string; framesPerSecond: number },
): VisionConfiguration['cameras'][0] {
  return {
    id,
    source: { kind: 'rtsp', url: plan.url, user: null, password: null },
    picture: PICTURE,
    crop: { x: 0, y: 0, ...PICTURE },
    framesPerSecond: plan.framesPerSecond,
    homography: null,
  };
}

interface Vision {
  readonly process: ChildProcess;
  readonly said: FromSensor[];
  observed<K extends Observation['kind']>(kind: K): Extract<Observation, { kind: K }>[];
  figures(sensor: string): Readonly<Record<string, number>>;
}

/** Plays the gateway: starts the process, configures it and lets it start once it is ready. */
function startVision(configuration: VisionConfiguration): Vision {
  const said: FromSensor[] = [];
  const child = fork(PROGRAM, { execArgv: [] });
  child.on('message', (raw) => {
    const message: FromSensor = fromSensorSchema.parse(raw);
    said.push(message);
    if (message.type === 'hello') child.send({ type: 'configure', configuration });
    if (message.type === 'ready') child.send({ type: 'start' });
  });
  return {
    process: child,
    said,
    observed<K extends Observation['kind']>(kind: K) {
      const observations = said.flatMap((message) =>
        message.type === 'observations' ? message.observations : [],
      );
      return observations.filter((each): each is Extract<Observation, { kind: K }> => each.kind === kind);
    },
    figures(sensor) {
      const health = said.findLast((message) => message.type === 'health');
      return health?.sensors.find((each) => each.sensor === sensor)?.figures ?? {};
    },
  };
}

let vision: Vision | null = null;
let camera: RtspCamera | null = null;
afterEach(async () => {
  vision?.process.kill('SIGKILL');
  await camera?.close();
  vision = null;
  camera = null;
});

test('vehicles in front of a camera become tracks, and what was looked at is accounted for', async () => {
  const served = await openRtspCamera({ accessUnits: await readAccessUnits(CLIP), framesPerSecond: 10 });
  camera = served;
  const started = startVision({
    kind: 'vision',
    model: MODEL,
    cameras: [cameraPlan('north', { url: served.url, framesPerSecond: 5 })],
  });
  vision = started;
  await expect.poll(() => started.observed('vehicle-tracks').length, WAIT).toBeGreaterThan(0);
  served.play();
  const seen = (): number =>
    Math.max(...started.observed('vehicle-tracks').map(({ tracks }) => tracks.length));
  await expect.poll(seen, WAIT).toBeGreaterThan(0);
  const times = started.observed('vehicle-tracks').map(({ atMs }) => atMs);
  expect(times).toEqual(times.toSorted((a, b) => a - b));
  await expect
    .poll(() => started.observed('sensor-sampling').at(-1), WAIT)
    .toMatchObject({
      sensor: 'north',
      cause: null,
    });
  expect(started.figures('north')).toMatchObject({ inferenceP50Ms: expect.any(Number) });
  expect(started.observed('sensor-fault')).toEqual([]);
});

test('a detector that is too slow for its cameras skips pictures and does not fall behind', async () => {
  const served = await openRtspCamera({ accessUnits: await readAccessUnits(CLIP), framesPerSecond: 25 });
  camera = served;
  const plan = { url: served.url, framesPerSecond: 25 };
  const cameras = ['a', 'b', 'c'].map((id) => cameraPlan(id, plan));
  // Four times the work for each picture: 75 of them in a second are too many for any core.
  const model = { ...MODEL, inputWidthPx: 832, inputHeightPx: 512 };
  const started = startVision({ kind: 'vision', model, cameras });
  vision = started;
  await expect.poll(() => started.figures('c')['droppedFrames'], WAIT).toBeGreaterThan(150);
  for (const { id } of cameras) {
    const times = started.observed('vehicle-tracks').filter((each) => each.camera === id);
    const spanS = ((times.at(-1)?.atMs ?? 0) - (times[0]?.atMs ?? 0)) / 1000;
    // Pictures are fetched as they come. Those left lying in pipes and sockets would be seconds old.
    expect(started.figures(id)['dueFrames']).toBeGreaterThan(0.6 * 25 * spanS);
    expect(started.figures(id)['latencyP50Ms']).toBeLessThan(1500);
  }
  // Not a camera's: its pictures came. On a machine that has more to do, some may not.
  const causes = () => started.observed('sensor-sampling').map(({ cause }) => cause);
  await expect.poll(causes, WAIT).toContain('agent');
});

test('a corrupt model is a fault; the process stays, its cameras are off and say so', async () => {
  const started = startVision({
    kind: 'vision',
    model: { ...MODEL, sha256: '0'.repeat(64) },
    cameras: [cameraPlan('north', { url: 'rtsp://127.0.0.1:1/cam', framesPerSecond: 5 })],
  });
  vision = started;
  await expect.poll(() => started.observed('sensor-sampling').length, WAIT).toBeGreaterThan(1);
  expect(started.observed('sensor-fault')).toMatchObject([
    { sensor: 'nanodet-g', layer: 'model', code: 'model-corrupt', active: true },
  ]);
  expect(started.observed('sensor-sampling')[0]).toMatchObject({ received: 0, cause: 'agent' });
  const health = started.said.findLast((message) => message.type === 'health');
  expect(health?.sensors).toMatchObject([
    { sensor: 'north', state: 'stopped' },
    { sensor: 'nanodet-g', state: 'failing' },
  ]);
});

test('the process leaves when it is told to, and takes its decoders with it', async () => {
  const source = { kind: 'file', path: CLIP, loop: true } as const;
  const plan = cameraPlan('north', { url: '', framesPerSecond: 5 });
  const started = startVision({ kind: 'vision', model: MODEL, cameras: [{ ...plan, source }] });
  vision = started;
  await expect.poll(() => started.observed('vehicle-tracks').length, WAIT).toBeGreaterThan(0);
  const exit = new Promise((resolve) => started.process.once('exit', resolve));
  started.process.send({ type: 'stop' });
  expect(await exit).toBe(0);
});
