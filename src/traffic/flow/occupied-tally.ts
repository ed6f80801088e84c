import type { Pulse } from '../passages/pulse.ts';
import { type Span, sharedMs } from '../span.ts';

/**
 * A presence that lasts longer is a vehicle that stands: HIOCC raises its alarm after three consecutive seconds
 * of full occupancy (Siemens outstation defaults). It has stood since it came, so all of it counts.
 */
export const QUEUE_PRESENCE_MS = 3000;

/** A time that a loop was occupied, and how well it is known. */
export interface OccupiedTime {
  readonly occupiedMs: number;
  /** Sum of what the edges, or the moments of reading an accumulator, leave open about it. */
  readonly openMs: number;
  /** Its variance, edges spread evenly over their bounds, ms². */
  readonly varianceMs2: number;
}

/** How long the reference loop was occupied within one interval. */
export interface OccupiedTally {
  /** From edges, or from the on-times of a device's vehicles. */
  readonly seen: OccupiedTime;
  /** From differences of a card's accumulator. */
  readonly accumulated: OccupiedTime;
  /** Time that those differences tell about, and until when. */
  readonly accumulatedOverMs: number;
  readonly accumulatedToMs: number;
  readonly queueMs: number;
}

const NO_TIME: OccupiedTime = { occupiedMs: 0, openMs: 0, varianceMs2: 0 };

export const NOT_OCCUPIED: OccupiedTally = {
  seen: NO_TIME,
  accumulated: NO_TIME,
  accumulatedOverMs: 0,
  accumulatedToMs: Number.NEGATIVE_INFINITY,
  queueMs: 0,
};

/** One stretch of presence with how far its ends may be off, ms. */
export interface Presence extends Span {
  readonly fromUncertaintyMs: number;
  readonly toUncertaintyMs: number;
}

/** What is known of a presence that lasts: it is believed until then. */
export function lastingPresence({ onMs, onUncertaintyMs }: Pulse, untilMs: number): Presence {
  return { fromMs: onMs, toMs: untilMs, fromUncertaintyMs: onUncertaintyMs, toUncertaintyMs: 0 };
}

/** Adds the part of a presence that lies in the interval; an edge outside leaves nothing open inside. */
export function addPresence(tally: OccupiedTally, presence: Presence, interval: Span): OccupiedTally {
  const ms = sharedMs(presence, interval);
  if (ms === 0) return tally;
  const fromMs = presence.fromMs >= interval.fromMs ? presence.fromUncertaintyMs : 0;
  const toMs = presence.toMs <= interval.toMs ? presence.toUncertaintyMs : 0;
  const stands = presence.toMs - presence.fromMs > QUEUE_PRESENCE_MS;
  return {
    ...tally,
    seen: {
      occupiedMs: tally.seen.occupiedMs + ms,
      openMs: tally.seen.openMs + fromMs + toMs,
      varianceMs2: tally.seen.varianceMs2 + (fromMs ** 2 + toMs ** 2) / 3,
    },
    queueMs: tally.queueMs + (stands ? ms : 0),
  };
}

/**
 * Adds a difference of an accumulator. Where the interval ends between the two readings, the time is divided
 * evenly; what that leaves open is half of the range between all and nothing before the border.
 */
export function addAccumulated(
  tally: OccupiedTally,
  difference: Span & { readonly occupiedMs: number },
  interval: Span,
): OccupiedTally {
  const insideMs = sharedMs(difference, interval);
  if (insideMs === 0) return tally;
  const wholeMs = difference.toMs - difference.fromMs;
  const occupiedMs = Math.min(difference.occupiedMs, wholeMs);
  const mostMs = Math.min(occupiedMs, insideMs);
  const leastMs = Math.max(0, occupiedMs - (wholeMs - insideMs));
  return {
    ...tally,
    accumulated: {
      occupiedMs: tally.accumulated.occupiedMs + (occupiedMs * insideMs) / wholeMs,
      openMs: tally.accumulated.openMs + (mostMs - leastMs) / 2,
      varianceMs2: tally.accumulated.varianceMs2 + (mostMs - leastMs) ** 2 / 12,
    },
    accumulatedOverMs: tally.accumulatedOverMs + insideMs,
    accumulatedToMs: difference.toMs,
  };
}

/** The accumulator was not believed from a moment on: what it has added up since cannot be taken out alone. */
export function withoutAccumulated(tally: OccupiedTally, fromMs: number): OccupiedTally {
  if (tally.accumulatedToMs <= fromMs) return tally;
  const { accumulated, accumulatedOverMs, accumulatedToMs } = NOT_OCCUPIED;
  return { ...tally, accumulated, accumulatedOverMs, accumulatedToMs };
}
