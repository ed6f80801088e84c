import type { LoopTransition } from '../observations/observation.ts';

/** One stretch during which a loop was occupied: one vehicle, as far as a single loop can tell. */
export interface Pulse {
  readonly onMs: number;
  readonly onUncertaintyMs: number;
  /** True when the loop was already occupied at the first read: the true `onMs` is earlier. */
  readonly onFound: boolean;
  /** Null while the loop is still occupied. */
  readonly offMs: number | null;
  readonly offUncertaintyMs: number;
  /** True when the end fell into silence: the true `offMs` is earlier. */
  readonly offFound: boolean;
}

/** A pulse that is over. */
export interface EndedPulse extends Pulse {
  readonly offMs: number;
}

/** What a transition did to a loop: started a pulse, ended one, or nothing (a repeated state). */
export type PulseChange =
  | { readonly kind: 'started'; readonly pulse: Pulse }
  | { readonly kind: 'ended'; readonly pulse: EndedPulse }
  | { readonly kind: 'unchanged' };

/**
 * Folds one transition into the pulse in progress.
 *
 * @param open the pulse in progress on this loop, or null when it is free
 */
export function foldPulse(open: Pulse | null, transition: LoopTransition): PulseChange {
  if (transition.occupied) {
    if (open !== null) return { kind: 'unchanged' };
    const pulse: Pulse = {
      onMs: transition.atMs,
      onUncertaintyMs: transition.uncertaintyMs,
      onFound: transition.found,
      offMs: null,
      offUncertaintyMs: 0,
      offFound: false,
    };
    return { kind: 'started', pulse };
  }
  if (open === null) return { kind: 'unchanged' };
  return {
    kind: 'ended',
    pulse: {
      ...open,
      offMs: Math.max(open.onMs, transition.atMs),
      offUncertaintyMs: transition.uncertaintyMs,
      offFound: transition.found,
    },
  };
}

/** Time the loop was occupied by this vehicle, ms; null while it lasts or when an edge was not seen. */
export function onTimeMs(pulse: Pulse): number | null {
  if (pulse.offMs === null || pulse.onFound || pulse.offFound) return null;
  return pulse.offMs - pulse.onMs;
}
