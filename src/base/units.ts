export const MS_PER_S = 1000;
export const MS_PER_H = 3_600_000;
export const KMH_PER_MS = 3.6;

/** Metres per second to kilometres per hour. */
export function kmhFromMs(speedMs: number): number {
  return speedMs * KMH_PER_MS;
}

/** Kilometres per hour to metres per second. */
export function msFromKmh(speedKmh: number): number {
  return speedKmh / KMH_PER_MS;
}

/** Rounds to a fixed number of decimals, so that records are short and replay byte for byte. */
export function round(value: number, decimals: number): number {
  const scale = 10 ** decimals;
  return Math.round(value * scale) / scale;
}

/** The same for a figure that may not have been measured. */
export function roundOrNull(value: number | null, decimals: number): number | null {
  return value === null ? null : round(value, decimals);
}
