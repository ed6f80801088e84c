/** Presence that is asked for again and again: what two readings say about the edge between them. */
import type { LoopTransition } from '../../traffic/observations/observation.ts';

/**
 * Failed readings are bridged when the good ones around them are no further apart: the edge between them is then
 * only less sharp. A motorcycle at 60 km/h is on a 2 m loop for 240 ms, so nothing passed unseen meanwhile.
 */
export const LONGEST_BRIDGE_MS = 200;

/** The two moments between which a device sampled what it answered, monotonic ms. */
export interface ReadWindow {
  readonly sentAtMs: number;
  readonly receivedAtMs: number;
}

export interface PresenceEdges {
  /** What this reading adds; null when nothing changed. Readings come in order of time. */
  see(occupied: boolean, window: ReadWindow): LoopTransition | null;
  /** A reading failed: unless a good one follows soon, nobody knows what happened. */
  interrupt(): void;
}

/** Follows one loop. */
export function createPresenceEdges(loop: string): PresenceEdges {
  /** Null before the first reading. */
  let state: boolean | null = null;
  let lastSentAtMs = 0;
  let isInterrupted = false;
  return {
    see(occupied, { sentAtMs, receivedAtMs }) {
      const isLost = isInterrupted && receivedAtMs - lastSentAtMs > LONGEST_BRIDGE_MS;
      const found = state === null || isLost;
      const isEdge = found || state !== occupied;
      // The edge lies after the last good reading was asked for and before this one was received.
      const earliestMs = found ? sentAtMs : lastSentAtMs;
      state = occupied;
      lastSentAtMs = sentAtMs;
      isInterrupted = false;
      if (!isEdge) return null;
      return {
        kind: 'loop-transition',
        loop,
        occupied,
        atMs: (earliestMs + receivedAtMs) / 2,
        uncertaintyMs: (receivedAtMs - earliestMs) / 2,
        found,
      };
    },
    interrupt() {
      isInterrupted = true;
    },
  };
}
