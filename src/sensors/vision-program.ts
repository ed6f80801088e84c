import { type CameraWatch, type CameraWatchOptions, createCameraWatch } from './camera-watch.ts';
import { createEvidenceDesk, type EvidenceDesk } from './cameras/evidence/evidence-desk.ts';
import type { VisionConfiguration } from './contract.ts';
import { openDetectorThread } from './detector-thread.ts';
import { createModelHealth, type ModelHealth } from './model-health.ts';
import type { SensorProgram } from './process-link.ts';
import { createRotatingLooks, type RotatingLooks } from './rotating-looks.ts';
import type { DetectorSession } from './vision/detector-session.ts';
import type { PrecisionReport } from './vision/precision.ts';

const SAMPLING_EVERY_MS = 1000;
/** While the detector computes one picture, the next lies ready for it, and what it found in the last is folded. */
const LOOKS_AT_ONCE = 3;

/** All cameras of the cabinet before one detector. The options are for tests and benches. */
export function createVisionProgram(
  options: Pick<CameraWatchOptions, 'timing' | 'imageTiming' | 'ffmpeg' | 'recordingPace'> = {},
): SensorProgram<VisionConfiguration> {
  let watches: readonly CameraWatch[] = [];
  let prepareWatches = (): readonly CameraWatch[] => [];
  let detector: DetectorSession | null = null;
  let model: ModelHealth | null = null;
  let desk: EvidenceDesk | null = null;
  let sampling: NodeJS.Timeout | undefined;
  let looks: RotatingLooks | null = null;

  return {
    process: 'vision',
    async configure(configuration, link) {
      const health = createModelHealth(configuration.model, link);
      model = health;
      const { cameras, evidence } = configuration;
      const { observe } = link;
      const keeping =
        evidence === undefined ? null : createEvidenceDesk({ ...options, plan: evidence, observe });
      desk = keeping;
      prepareWatches = () =>
        cameras.map((plan) => {
          const showing = keeping === null ? {} : { evidence: keeping.camera(plan) };
          return createCameraWatch({
            ...options,
            ...showing,
            plan,
            model: configuration.model,
            observe,
            onFrame: () => looks?.wake(),
          });
        });
      const onDeath = link.fail;
      detector = await openDetectorThread(configuration.model, { onDeath }).catch((error: unknown) => {
        health.refused(error);
        return null;
      });
      if (detector === null) return;
      health.opened(detector.report);
      logChoice(configuration.model.id, detector.report);
    },
    start() {
      watches = prepareWatches();
      // Without a detector the cameras stay off, but go on saying that nobody looks: their lanes have gaps,
      // not empty roads.
      if (detector !== null && model !== null) looks = startLooking(watches, detector, model);
      sampling = setInterval(() => {
        for (const watch of watches) watch.sample();
      }, SAMPLING_EVERY_MS);
    },
    keepEvidence: (request) => desk?.keep(request),
    async stop() {
      clearInterval(sampling);
      const looked = looks?.stop();
      await Promise.all(watches.map((watch) => watch.stop()));
      await desk?.close();
      await looked;
      await detector?.release();
    },
    health() {
      const others = [model, desk].flatMap((part) => (part === null ? [] : [part.health()]));
      return [...watches.map((watch) => watch.health()), ...others];
    },
  };
}

/** The gateway writes both into its log, what comes from standard error as a warning. */
function logChoice(model: string, { note, isWarning }: PrecisionReport): void {
  (isWarning ? process.stderr : process.stdout).write(`model ${model}: ${note}\n`);
}

/** Looks at the newest pictures in turn; what comes while all wait replaces them. */
function startLooking(
  watches: readonly CameraWatch[],
  detector: DetectorSession,
  model: ModelHealth,
): RotatingLooks {
  for (const watch of watches) watch.start();
  return createRotatingLooks({
    cameras: watches,
    atOnce: LOOKS_AT_ONCE,
    look: (watch) =>
      watch.look(detector).then(
        (hasWorked) => {
          if (hasWorked) model.worked(watch.id);
        },
        (error: unknown) => model.failed(watch.id, error),
      ),
  });
}
