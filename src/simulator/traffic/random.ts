/** A seeded source of numbers: the same seed gives the same numbers on every machine. */
export interface Random {
  /** Uniform in [0, 1). */
  uniform(): number;
  /** Uniform in [from, to). */
  between(range: { readonly from: number; readonly to: number }): number;
  /** Exponential with the given mean: the time between independent arrivals. */
  exponential(mean: number): number;
  /** One of the choices, by weight. */
  pick<T>(choices: readonly { readonly weight: number; readonly value: T }[]): T;
}

/** mulberry32 (T. Ettinger, public domain): 32 bits of state, plenty for traffic. */
export function createRandom(seed: number): Random {
  let state = seed >>> 0;
  const uniform = (): number => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 4_294_967_296;
  };
  return {
    uniform,
    between: ({ from, to }) => from + uniform() * (to - from),
    exponential: (mean) => -mean * Math.log(1 - uniform()),
    pick(choices) {
      let left = uniform() * choices.reduce((sum, choice) => sum + choice.weight, 0);
      for (const choice of choices) {
        left -= choice.weight;
        if (left < 0) return choice.value;
      }
      throw new RangeError('nothing to pick from');
    },
  };
}
