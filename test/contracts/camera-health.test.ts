import { execFileSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterEach, expect, onTestFinished, test } from 'vitest';
import { type CameraWatch, createCameraWatch } from '../../src/sensors/camera-watch.ts';
import { openViewMemory } from '../../src/sensors/cameras/health/view-file.ts';
import type { DetectorSession } from '../../src/sensors/vision/detector-session.ts';
import { openRtspCamera, type RtspCamera, readAccessUnits } from '../../src/simulator/rtsp-camera.ts';
import type { Observation } from '../../src/traffic/observations/observation.ts';

const CLIP = fileURLToPath(new URL('../../src/simulator/clip/north.mp4', import.meta.url));
const PICTURE = { widthPx: 960, heightPx: 540 };
const FPS = 10;
const WAIT = { timeout: 150_000, interval: 100 };
const MODEL = {
  id: 'none',
  file: '/none',
  sha256: '0'.repeat(64),
  decoder: 'detections-with-class-scores' as const,
  labels: ['car'],
  inputWidthPx: 416,
  inputHeightPx: 256,
  scoreThreshold: 0.35,
  iouThreshold: 0.5,
};
/** As in service, but quicker. */
const IMAGE_TIMING = {
  inspectEveryMs: 200,
  learnPictures: 15,
  stillAfterMs: 1500,
  openAfterMs: 2000,
  frozenAfterMs: 2000,
  closeAfterMs: 2000,
  distrustAfterMs: 400,
  searchEveryMs: 400,
};
/** What is done to the project's own clip, and when, in seconds of it. */
const STORY = [
  { code: 'black', fromS: 8, toS: 14 },
  { code: 'covered', fromS: 20, toS: 26 },
  { code: 'moved', fromS: 32, toS: 38 },
  { code: 'frozen', fromS: 44, toS: 52 },
] as const;
const STORY_S = 58;

/** Encodes the story as a camera would: H.264, a key picture each second. */
function makeStory(): string {
  const during = (code: (typeof STORY)[number]['code']): string => {
    const part = STORY.find((each) => each.code === code);
    return `enable='between(t,${part?.fromS},${(part?.toS ?? 0) - 0.01})'`;
  };
  const [, , , frozen] = STORY;
  const filter = [
    `loop=loop=${(frozen.toS - frozen.fromS) * FPS}:size=1:start=${frozen.fromS * FPS}`,
    `setpts=N/${FPS}/TB`,
    `drawbox=c=black:t=fill:${during('black')}`,
    `drawbox=c=0x606870:t=fill:w=iw*0.9:${during('covered')}`,
    'split[still][turning]',
  ].join(',');
  const turned = `[turning]scroll=hpos=0.08[turned];[still][turned]overlay=${during('moved')}`;
  const file = join(mkdtempSync(join(tmpdir(), 'roadside-story-')), 'story.mp4');
  const coding = `-t ${STORY_S} -c:v libx264 -preset ultrafast -bf 0 -g ${FPS} -pix_fmt yuv420p`;
  const quiet = ['-nostdin', '-loglevel', 'error', '-y'];
  const graph = ['-filter_complex', `[0:v]${filter};${turned}`, ...coding.split(' ')];
  execFileSync('ffmpeg', [...quiet, '-i', CLIP, ...graph, file]);
  return file;
}

let camera: RtspCamera | null = null;
let watch: CameraWatch | null = null;
let sampling: NodeJS.Timeout | undefined;
afterEach(async () => {
  clearInterval(sampling);
  await watch?.stop();
  await camera?.close();
});

test('pictures that do not show the road open and close a fault, and are no readings meanwhile', async () => {
  const file = makeStory();
  const served = await openRtspCamera({ accessUnits: await readAccessUnits(file), framesPerSecond: FPS });
  rmSync(join(file, '..'), { recursive: true });
  camera = served;
  const observations: Observation[] = [];
  const detector: Pick<DetectorSession, 'detect'> = { detect: async () => [] };
  const source = { kind: 'rtsp', url: served.url, user: null, password: null } as const;
  const views = mkdtempSync(join(tmpdir(), 'roadside-views-'));
  onTestFinished(() => rmSync(views, { recursive: true }));
  const view = { file: join(views, 'north.view'), key: 'a'.repeat(64) };
  writeFileSync(view.file, 'cut off by a power cut');
  const started = createCameraWatch({
    plan: {
      id: 'north',
      source,
      picture: PICTURE,
      crop: { x: 0, y: 0, ...PICTURE },
      framesPerSecond: FPS,
      view,
      homography: null,
    },
    model: MODEL,
    imageTiming: IMAGE_TIMING,
    observe: (claimed) => observations.push(...claimed),
    onFrame: () => void started.look(detector),
  });
  watch = started;
  expect(started.health().note).toMatch(/^The kept view is unreadable \(damaged\).*画面/);
  started.start();
  served.play();
  sampling = setInterval(() => started.sample(), 1000);

  const faults = () => observations.filter((each) => each.kind === 'sensor-fault');
  await expect.poll(() => faults().length, WAIT).toBeGreaterThanOrEqual(2 * STORY.length);
  expect(faults().map(({ layer, code, active }) => `${layer} ${code} ${active}`)).toEqual(
    STORY.flatMap(({ code }) => [`camera ${code} true`, `camera ${code} false`]),
  );
  for (const { code } of STORY) {
    const [open, closed] = faults().filter((fault) => fault.code === code);
    const within = observations.slice(
      open === undefined ? 0 : observations.indexOf(open) + 1,
      closed === undefined ? 0 : observations.indexOf(closed),
    );
    expect(within.filter(({ kind }) => kind === 'vehicle-tracks')).toEqual([]);
    // The first stretch began before the fault.
    const stretches = within.filter((each) => each.kind === 'sensor-sampling').slice(1);
    expect(stretches.length).toBeGreaterThan(0);
    for (const stretch of stretches) expect(stretch).toMatchObject({ received: 0, cause: 'camera' });
  }
  // Between the faults the road was seen.
  const turns = faults().map((fault) => observations.indexOf(fault));
  for (let closed = 1; closed + 1 < turns.length; closed += 2) {
    const between = observations.slice(turns[closed], turns[closed + 1]);
    expect(between.filter(({ kind }) => kind === 'vehicle-tracks').length).toBeGreaterThan(0);
  }
  // What the camera usually shows outlives the process.
  await expect.poll(() => openViewMemory(view).before?.pictures, WAIT).toBeGreaterThan(0);
});
