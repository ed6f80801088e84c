/** Reproducible randomness for scripted faults (mulberry32). */
export interface SeededRandom {
  /** 0 ≤ r < 1. */
  next(): number;
  /** A whole number, `from` ≤ n < `to`. */
  whole(from: number, to: number): number;
  bytes(length: number): Uint8Array;
}

export function createSeededRandom(seed: number): SeededRandom {
  let state = seed >>> 0;
  const next = (): number => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
  const whole = (from: number, to: number): number => from + Math.floor(next() * (to - from));
  return { next, whole, bytes: (length) => Uint8Array.from({ length }, () => whole(0, 256)) };
}
