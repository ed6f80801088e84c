import { monotonicMs } from '../base/clock.ts';
import { messageOf, RoadsideError } from '../base/errors.ts';
import { type CameraWatch, type CameraWatchOptions, createCameraWatch } from './camera-watch.ts';
import { createEvidenceDesk, type EvidenceDesk } from './cameras/evidence/evidence-desk.ts';
import type { SensorHealth, VisionConfiguration } from './contract.ts';
import { openDetectorThread } from './detector-thread.ts';
import type { ProcessLink, SensorProgram } from './process-link.ts';
import type { DetectorSession, ModelPlan } from './vision/detector-session.ts';
import { type PrecisionReport, precisionFigures } from './vision/precision.ts';

const SAMPLING_EVERY_MS = 1000;

/** All cameras of the cabinet before one detector. Timing and ffmpeg are for tests. */
export function createVisionProgram(
  options: Pick<CameraWatchOptions, 'timing' | 'imageTiming' | 'ffmpeg'> = {},
): SensorProgram<VisionConfiguration> {
  let watches: readonly CameraWatch[] = [];
  let prepareWatches = (): readonly CameraWatch[] => [];
  let detector: DetectorSession | null = null;
  let model: ModelHealth | null = null;
  let desk: EvidenceDesk | null = null;
  let sampling: NodeJS.Timeout | undefined;
  let looking: Promise<void> | null = null;
  let stopping = false;

  /** Looks at every camera's newest picture in turn until there is none; what comes meanwhile replaces it. */
  const lookAround = async (session: DetectorSession): Promise<void> => {
    while (!stopping && watches.some((watch) => watch.hasFrame)) {
      for (const watch of watches) {
        if (stopping) return;
        await watch.look(session).then(
          () => model?.report(null),
          (error: unknown) => model?.report(error),
        );
      }
    }
  };
  const onFrame = (): void => {
    if (looking !== null || detector === null) return;
    looking = lookAround(detector).finally(() => {
      looking = null;
    });
  };

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
            onFrame,
          });
        });
      detector = await openDetectorThread(configuration.model).catch((error: unknown) => {
        health.report(error);
        return null;
      });
      if (detector !== null) health.opened(detector.report);
    },
    start() {
      watches = prepareWatches();
      // Without a detector the cameras stay off, but go on saying that nobody looks: their lanes have gaps,
      // not empty roads.
      if (detector !== null) for (const watch of watches) watch.start();
      sampling = setInterval(() => {
        for (const watch of watches) watch.sample();
      }, SAMPLING_EVERY_MS);
    },
    keepEvidence: (request) => desk?.keep(request),
    async stop() {
      stopping = true;
      clearInterval(sampling);
      await Promise.all(watches.map((watch) => watch.stop()));
      await desk?.close();
      await looking;
      await detector?.release();
    },
    health() {
      const others = [model, desk].flatMap((part) => (part === null ? [] : [part.health()]));
      return [...watches.map((watch) => watch.health()), ...others];
    },
  };
}

interface ModelHealth {
  /** Which weights were chosen, and why. */
  opened(report: PrecisionReport): void;
  /** What the detector threw, or null after it has worked. */
  report(error: unknown): void;
  health(): SensorHealth;
}

/** Opens one fault while the detector does not work, and closes it when it does. */
function createModelHealth(plan: ModelPlan, link: ProcessLink): ModelHealth {
  let fault: { readonly code: string; readonly detail: string } | null = null;
  let working = false;
  let chosen: PrecisionReport | null = null;
  const claim = (claimed: { readonly code: string; readonly detail: string }, active: boolean): void => {
    const atMs = monotonicMs();
    link.observe([{ kind: 'sensor-fault', sensor: plan.id, layer: 'model', ...claimed, active, atMs }]);
  };
  return {
    opened(report) {
      chosen = report;
    },
    report(error) {
      if (error === null) {
        working = true;
        if (fault !== null) claim(fault, false);
        fault = null;
        return;
      }
      working = false;
      if (fault !== null) return;
      fault = describeFailure(error);
      claim(fault, true);
    },
    health() {
      const state = fault !== null ? 'failing' : working ? 'working' : 'starting';
      const figures = chosen === null ? {} : precisionFigures(chosen);
      return { sensor: plan.id, state, figures, note: (fault?.detail ?? chosen?.note ?? '').slice(0, 300) };
    },
  };
}

function describeFailure(error: unknown): { readonly code: string; readonly detail: string } {
  const known = error instanceof RoadsideError ? error : null;
  const detail = `${messageOf(error)}. ${known?.hint ?? ''}`.slice(0, 500);
  return { code: known?.code ?? 'model-invalid', detail };
}
