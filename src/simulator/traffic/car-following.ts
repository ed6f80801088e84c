import type { Body } from './bodies.table.ts';

/** What a driver reacts to: a vehicle ahead, or a place to stop at (speed 0). */
export interface Obstacle {
  /** From the own front to the obstacle, in metres. */
  readonly gapM: number;
  readonly speedMs: number;
}

/** No driver brakes harder than this on a dry road, whatever the model asks for. */
const HARDEST_BRAKING_MS2 = 7;
/** Keeps the model finite where a gap closes; far below any gap that occurs. */
const LEAST_GAP_M = 0.1;

/**
 * Acceleration of the Intelligent Driver Model, m/s² (Treiber, Hennecke, Helbing: Congested traffic states
 * in empirical observations and microscopic simulations, Phys. Rev. E 62, 2000, eqs. 1-3).
 */
export function accelerationOf(
  driver: { readonly body: Body; readonly freeSpeedMs: number; readonly speedMs: number },
  obstacle: Obstacle | null,
): number {
  const { body, speedMs } = driver;
  const share = speedMs / driver.freeSpeedMs;
  let drive = 1 - share * share * share * share;
  if (obstacle !== null) {
    const closing = speedMs - obstacle.speedMs;
    const braking = (speedMs * closing) / (2 * Math.sqrt(body.accelerationMs2 * body.brakingMs2));
    const wanted = body.standstillGapM + Math.max(0, speedMs * body.timeGapS + braking);
    const ratio = wanted / Math.max(obstacle.gapM, LEAST_GAP_M);
    drive -= ratio * ratio;
  }
  return Math.max(-HARDEST_BRAKING_MS2, body.accelerationMs2 * drive);
}
