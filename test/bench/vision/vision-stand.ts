/** The real vision process under its contract, and the part of the gateway that takes its observations. */
import { setTimeout as delay } from 'node:timers/promises';
import { planVision } from '../../../src/app/plans.ts';
import { openSensorProcess } from '../../../src/app/sensor-process.ts';
import { OBSERVATIONS_PER_TICK, TICK_EVERY_MS } from '../../../src/app/tick.ts';
import { createBoundedQueue } from '../../../src/base/bounded-queue.ts';
import { createSystemClock } from '../../../src/base/clock.ts';
import { deriveSiteDefinition } from '../../../src/catalog/derive/site-definition.ts';
import { loadSite } from '../../../src/catalog/load/load-site.ts';
import { shippedFolders } from '../../../src/catalog/shipped.ts';
import { createLogger } from '../../../src/runtime/logger.ts';
import { programFile } from '../../../src/runtime/program-file.ts';
import type { RecordingPace } from '../../../src/sensors/cameras/ffmpeg-invocation.ts';
import type { SensorHealth } from '../../../src/sensors/contract.ts';
import type { Precision } from '../../../src/sensors/vision/precision.ts';
import type { Observation } from '../../../src/traffic/observations/observation.ts';
import { foldSite } from '../../../src/traffic/site.ts';
import { createSiteState } from '../../../src/traffic/site-state.ts';

export interface VisionStand {
  readonly pid: number;
  /** Pictures that went through detector and tracker and came in as observations. */
  readonly looked: number;
  readonly health: readonly SensorHealth[];
  stop(): Promise<void>;
}

const PROGRAMS: Readonly<Record<RecordingPace, string>> = {
  own: '../../../src/processes/vision',
  'as-read': './recording-vision',
};
const INBOX_CAPACITY = 20_000;
const READY_WITHIN_MS = 30_000;

/** Resolves when pictures of every camera have been looked at. */
export async function openVisionStand(options: {
  readonly siteFile: string;
  readonly precision: Precision | 'auto';
  readonly recordingPace?: RecordingPace;
}): Promise<VisionStand> {
  const { siteFile, precision, recordingPace = 'own' } = options;
  const loaded = await loadSite(siteFile, shippedFolders);
  const vision = planVision(loaded);
  if (vision === null) throw new RangeError('a site without cameras');
  if (vision.kind === 'impossible') throw vision.problem;
  const { configuration } = vision;
  const clock = createSystemClock();
  const inbox = createBoundedQueue<Observation>(INBOX_CAPACITY);
  const seen = new Set<string>();
  let looked = 0;
  const definition = deriveSiteDefinition(loaded);
  let state = createSiteState('bench');
  const ticking = setInterval(() => {
    state = foldSite(definition, state, inbox.take(OBSERVATIONS_PER_TICK), clock.now()).state;
  }, TICK_EVERY_MS);
  const process = openSensorProcess({
    file: programFile(import.meta.url, PROGRAMS[recordingPace]),
    configuration: { ...configuration, model: { ...configuration.model, precision } },
    clock,
    logger: createLogger({ level: 'warn', write: (line) => globalThis.process.stderr.write(line) }),
    onObservations: (claimed) => {
      for (const observation of claimed) {
        inbox.push(observation);
        if (observation.kind !== 'vehicle-tracks') continue;
        looked += 1;
        seen.add(observation.camera);
      }
    },
  });
  const stop = async (): Promise<void> => {
    await process.stop(3000);
    clearInterval(ticking);
  };
  const deadlineMs = clock.monoMs() + READY_WITHIN_MS;
  while (seen.size < configuration.cameras.length) {
    if (clock.monoMs() > deadlineMs) {
      const notes = process.overview().sensors.map(({ sensor, note }) => `${sensor}: ${note}`);
      await stop();
      throw new Error(`not every camera was looked at: ${notes.join('; ')}`);
    }
    await delay(20);
  }
  return {
    pid: process.overview().pid ?? 0,
    get looked() {
      return looked;
    },
    get health() {
      return process.overview().sensors;
    },
    stop,
  };
}
