import type { Crossing } from './truth.ts';

/** A vehicle that the product counted. */
export interface Counted {
  readonly atS: number;
  readonly class: string | null;
}

export interface CrossingMatch {
  /** Crossings that had to be counted. */
  readonly truth: number;
  readonly matched: number;
  /** Crossings that nobody counted. */
  readonly missed: readonly Crossing[];
  /** Counted vehicles that did not cross. */
  readonly extra: readonly Counted[];
}

/**
 * One counted vehicle for one crossing, as many as possible: a counted vehicle fits a crossing when its moment
 * lies in the time in which the vehicle covered the line, give or take `toleranceS`. Optional crossings may
 * take what is left over.
 *
 * Both lists are of one line and one direction.
 */
export function matchCrossings(
  crossings: readonly Crossing[],
  counted: readonly Counted[],
  toleranceS: number,
): CrossingMatch {
  const required = crossings.filter(({ optional }) => !optional);
  const first = assign(required, counted, toleranceS);
  const second = assign(
    crossings.filter(({ optional }) => optional),
    first.extra,
    toleranceS,
  );
  return {
    truth: required.length,
    matched: required.length - first.missed.length,
    missed: first.missed,
    extra: second.extra,
  };
}

/** Moments in order, each to the fitting interval that ends first: no other choice matches more. */
function assign(
  crossings: readonly Crossing[],
  counted: readonly Counted[],
  toleranceS: number,
): { readonly missed: readonly Crossing[]; readonly extra: readonly Counted[] } {
  const open = [...crossings].sort((a, b) => a.t_out - b.t_out);
  const extra: Counted[] = [];
  for (const vehicle of [...counted].sort((a, b) => a.atS - b.atS)) {
    const index = open.findIndex(
      ({ t_in, t_out }) => vehicle.atS >= t_in - toleranceS && vehicle.atS <= t_out + toleranceS,
    );
    if (index === -1) extra.push(vehicle);
    else open.splice(index, 1);
  }
  return { missed: open, extra };
}
