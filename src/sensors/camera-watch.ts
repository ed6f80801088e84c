import { monotonicMs } from '../base/clock.ts';
import { round } from '../base/units.ts';
import type { Observation } from '../traffic/observations/observation.ts';
import { createCameraSampling } from './camera-sampling.ts';
import {
  type CameraCaptureOptions,
  type CaptureFault,
  createCameraCapture,
} from './cameras/camera-capture.ts';
import type { CameraEvidence } from './cameras/evidence/camera-evidence.ts';
import { sizeNote } from './cameras/evidence/stream-size.ts';
import { createImageHealth, type ImageFault, type ImageHealthTiming } from './cameras/health/image-health.ts';
import { openViewMemory } from './cameras/health/view-file.ts';
import type { CameraPlan, SensorHealth } from './contract.ts';
import { createRecentValues } from './recent-values.ts';
import { boxInPicture, inputOf, placePicture } from './vision/camera-picture.ts';
import type { DetectorSession, ModelPlan } from './vision/detector-session.ts';
import { observeObjects } from './vision/still-objects/object-observation.ts';
import { createStillObjects } from './vision/still-objects/still-objects.ts';
import { observeTracks } from './vision/track-observation.ts';
import { createTracker } from './vision/tracker.ts';

/** One camera from its pictures to its observations; its samplings count from the moment it is made. */
export interface CameraWatch {
  readonly id: string;
  readonly hasFrame: boolean;
  start(): void;
  stop(): Promise<void>;
  /**
   * Detects and tracks in the newest picture. One that does not show the road is passed over: neither its vehicles
   * nor their absence are claimed. Throws what the detector throws; the picture is then lost.
   *
   * @returns whether the detector has worked
   */
  look(detector: Pick<DetectorSession, 'detect'>): Promise<boolean>;
  /** Claims how many pictures were looked at since the last call. */
  sample(): void;
  health(): SensorHealth;
}

export interface CameraWatchOptions
  extends Pick<CameraCaptureOptions, 'onFrame' | 'timing' | 'ffmpeg' | 'recordingPace'> {
  readonly plan: CameraPlan;
  readonly model: ModelPlan;
  readonly imageTiming?: Partial<ImageHealthTiming>;
  /** What keeps the stream for the incidents of this camera; none when absent. */
  readonly evidence?: Pick<CameraEvidence, 'copy' | 'saw' | 'streamSize'>;
  observe(observations: readonly Observation[]): void;
}

/** Some seconds at usual rates. */
const RECENT_FRAMES = 64;
/** What the contract allows. */
const NOTE_LIMIT_CHARS = 300;
const DETAIL_LIMIT_CHARS = 500;

export function createCameraWatch(options: CameraWatchOptions): CameraWatch {
  const { plan, model, observe, imageTiming, evidence, ...capturing } = options;
  const placement = placePicture(plan, model);
  const tracker = createTracker({
    scoreThreshold: model.scoreThreshold,
    widthPx: placement.scaledWidthPx,
    heightPx: placement.scaledHeightPx,
  });
  const still = createStillObjects(placement);
  const inferenceMs = createRecentValues(RECENT_FRAMES);
  const latencyMs = createRecentValues(RECENT_FRAMES);
  const sampling = createCameraSampling(plan, monotonicMs());
  const image = createImageHealth(placement, imageTiming, plan.view && openViewMemory(plan.view));
  const claim = ({ code, detail, active, atMs }: CaptureFault | ImageFault): void => {
    const fault = { code, detail: detail.slice(0, DETAIL_LIMIT_CHARS), active, atMs };
    observe([{ kind: 'sensor-fault', sensor: plan.id, layer: 'camera', ...fault }]);
  };
  const capture = createCameraCapture({
    ...capturing,
    ...(evidence === undefined ? {} : { copy: evidence.copy }),
    plan,
    placement,
    onFault: claim,
  });

  return {
    id: plan.id,
    get hasFrame() {
      return capture.hasFrame;
    },
    start() {
      capture.start();
    },
    stop: () => capture.stop(),
    async look(detector) {
      const frame = capture.take();
      if (frame === null) return false;
      for (const fault of image.inspect(frame.pixels, frame.atMs)) claim(fault);
      if (!image.isTrusted) {
        sampling.refused();
        return false;
      }
      const startedAtMs = monotonicMs();
      const detections = await detector.detect(frame.pixels, inputOf(placement));
      const detectedAtMs = monotonicMs();
      evidence?.saw(
        frame.atMs,
        detections.map((seen) => ({ class: seen.class, box: boxInPicture(placement, seen.box) })),
      );
      const tracks = tracker.update(detections, frame.atMs);
      const objects = still.look(frame.pixels, tracks, frame.atMs);
      const seenAt = { camera: plan, placement, atMs: frame.atMs };
      observe([observeTracks({ ...seenAt, tracks }), ...observeObjects({ ...seenAt, objects })]);
      inferenceMs.push(detectedAtMs - startedAtMs);
      latencyMs.push(detectedAtMs - frame.atMs);
      sampling.looked();
      return true;
    },
    sample() {
      observe([sampling.sample(capture.status, monotonicMs())]);
    },
    health() {
      const { state, dueFrames, droppedFrames, restarts, note } = capture.status;
      return {
        sensor: plan.id,
        state,
        figures: {
          framesPerS: round(sampling.framesPerS, 1),
          dueFrames,
          droppedFrames,
          restarts,
          inferenceP50Ms: round(inferenceMs.median(), 1),
          latencyP50Ms: round(latencyMs.median(), 1),
          refusedTracks: tracker.refused,
        },
        note: (note || image.note || sizeNote(plan.picture, evidence?.streamSize ?? null)).slice(
          0,
          NOTE_LIMIT_CHARS,
        ),
      };
    },
  };
}
