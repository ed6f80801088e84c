/** Chance that is the same in every run: shares of [0, 1), and what traffic is made of. */
export interface SeededRandom {
  share(): number;
  /** Mean 0. */
  normal(deviation: number): number;
  exponential(mean: number): number;
}

/** A multiplicative congruential generator (Lehmer, modulus 2^31 − 1, multiplier 48271). */
export function seededRandom(seed: number): SeededRandom {
  const modulus = 2 ** 31 - 1;
  let state = (seed % (modulus - 1)) + 1;
  const share = (): number => {
    state = (state * 48_271) % modulus;
    return (state - 1) / (modulus - 1);
  };
  // Neighbouring seeds begin alike.
  for (let skip = 0; skip < 10; skip += 1) share();
  return {
    share,
    normal: (deviation) =>
      deviation * Math.sqrt(-2 * Math.log(1 - share())) * Math.cos(2 * Math.PI * share()),
    exponential: (mean) => -mean * Math.log(1 - share()),
  };
}
