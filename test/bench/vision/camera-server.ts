/**
 * Simulated cameras in a process of their own, whose cost is not ours: camera-server CLIP FRAMES_PER_SECOND COUNT.
 * Prints one line when all of them show the clip: their addresses, and when each showed its first picture.
 */
import { setTimeout as delay } from 'node:timers/promises';
import { openRtspCamera, type RtspCamera, readAccessUnits } from '../../../src/simulator/rtsp-camera.ts';

/** What the line holds, as JSON. */
export interface ServedCamera {
  readonly url: string;
  /** Monotonic ms of the clip's first picture; picture k follows k frame times later. */
  readonly startedAtMs: number;
  readonly pictures: number;
}

const [clip = '', framesPerSecond = '', count = ''] = process.argv.slice(2);
/** Cameras are not in step with one another. */
const APART_MS = 170;

const accessUnits = await readAccessUnits(clip);
const cameras: RtspCamera[] = [];
for (let index = 0; index < Number(count); index += 1) {
  const camera = await openRtspCamera({ accessUnits, framesPerSecond: Number(framesPerSecond) });
  camera.play();
  cameras.push(camera);
  await delay(APART_MS);
}
while (cameras.some(({ clipStartedAtMs }) => clipStartedAtMs === null)) await delay(20);
const served: readonly ServedCamera[] = cameras.map(({ url, clipStartedAtMs }) => {
  return { url, startedAtMs: clipStartedAtMs ?? 0, pictures: accessUnits.length };
});
process.stdout.write(`${JSON.stringify(served)}\n`);
