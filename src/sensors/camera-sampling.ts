import { MS_PER_S } from '../base/units.ts';
import type { SensorSampling } from '../traffic/observations/observation.ts';
import type { CaptureStatus } from './cameras/camera-capture.ts';
import type { CameraPlan } from './contract.ts';

/** Counts the pictures of one camera that were looked at, in stretches that follow one another. */
export interface CameraSampling {
  looked(): void;
  /** A picture came that does not show the road: it counts as missing because of the camera. */
  refused(): void;
  /** The stretch from the last call to `atMs`. */
  sample(capture: Pick<CaptureStatus, 'state' | 'dueFrames'>, atMs: number): SensorSampling;
  /** In the last stretch. */
  readonly framesPerS: number;
}

export function createCameraSampling(
  plan: Pick<CameraPlan, 'id' | 'framesPerSecond'>,
  startedAtMs: number,
): CameraSampling {
  let fromMs = startedAtMs;
  let looked = 0;
  let refused = 0;
  let dueBefore = 0;
  let surplus = 0;
  let framesPerS = 0;
  return {
    looked() {
      looked += 1;
    },
    refused() {
      refused += 1;
    },
    get framesPerS() {
      return framesPerS;
    },
    sample({ state, dueFrames }, atMs) {
      const expected = Math.round((plan.framesPerSecond * (atMs - fromMs)) / MS_PER_S);
      // One picture may fall on either side of the border between two stretches.
      const received = Math.min(expected, looked + surplus);
      surplus = Math.min(1, looked + surplus - received);
      // Pictures that came but that nobody could look at in time are no fault of the camera.
      const tooFew = dueFrames - dueBefore < expected - 1;
      const cameraFailed = state !== 'stopped' && (tooFew || refused > 0);
      const cause = received === expected ? null : cameraFailed ? 'camera' : 'agent';
      const stretch = { fromMs, toMs: atMs, expected, received, cause } as const;
      framesPerS = (looked * MS_PER_S) / Math.max(1, atMs - fromMs);
      fromMs = atMs;
      looked = 0;
      refused = 0;
      dueBefore = dueFrames;
      return { kind: 'sensor-sampling', sensor: plan.id, ...stretch };
    },
  };
}
