import type { Outcome } from './simulate.ts';

/** What many seeds come to. */
export type Sums = Omit<Outcome, 'seed' | 'broken'> & { readonly seeds: number };

export const NO_SUMS: Sums = {
  seeds: 0,
  simulatedMs: 0,
  records: 0,
  arrivals: 0,
  repeated: 0,
  connections: 0,
  lives: 0,
};

export function addSums(one: Sums, other: Sums): Sums {
  const keys = Object.keys(NO_SUMS) as (keyof Sums)[];
  return Object.fromEntries(keys.map((each) => [each, one[each] + other[each]])) as unknown as Sums;
}
