/**
 * One coordinate that moves at nearly constant rate: a Kalman filter with white acceleration noise
 * (Bar-Shalom, Li, Kirubarajan 2001, 6.2.2). Time in seconds, so any interval between pictures will do.
 */
export interface Motion {
  readonly value: number;
  /** Per second. */
  readonly rate: number;
  readonly valueVariance: number;
  readonly covariance: number;
  readonly rateVariance: number;
}

export function startMotion(
  value: number,
  deviation: { readonly value: number; readonly rate: number },
): Motion {
  return {
    value,
    rate: 0,
    valueVariance: deviation.value ** 2,
    covariance: 0,
    rateVariance: deviation.rate ** 2,
  };
}

/** @param deviation of the acceleration, per second squared */
export function predictMotion(
  motion: Motion,
  step: { readonly seconds: number; readonly deviation: number },
): Motion {
  const { seconds: dt } = step;
  const noise = step.deviation ** 2;
  return {
    value: motion.value + motion.rate * dt,
    rate: motion.rate,
    valueVariance:
      motion.valueVariance +
      2 * dt * motion.covariance +
      dt ** 2 * motion.rateVariance +
      (noise * dt ** 4) / 4,
    covariance: motion.covariance + dt * motion.rateVariance + (noise * dt ** 3) / 2,
    rateVariance: motion.rateVariance + noise * dt ** 2,
  };
}

export function correctMotion(
  motion: Motion,
  measured: { readonly value: number; readonly deviation: number },
): Motion {
  const total = motion.valueVariance + measured.deviation ** 2;
  const gain = motion.valueVariance / total;
  const rateGain = motion.covariance / total;
  const surprise = measured.value - motion.value;
  return {
    value: motion.value + gain * surprise,
    rate: motion.rate + rateGain * surprise,
    valueVariance: (1 - gain) * motion.valueVariance,
    covariance: (1 - gain) * motion.covariance,
    rateVariance: motion.rateVariance - rateGain * motion.covariance,
  };
}
