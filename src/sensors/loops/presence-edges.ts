/** Presence that is asked for again and again: what two readings say about the edge between them. */
import type { LoopTransition } from '../../traffic/observations/observation.ts';

/** The two moments between which a device sampled what it answered, monotonic ms. */
export interface ReadWindow {
  readonly sentAtMs: number;
  readonly receivedAtMs: number;
}

export interface PresenceEdges {
  /** What this reading adds; null when nothing changed. Readings come in order of time. */
  see(occupied: boolean, window: ReadWindow): LoopTransition | null;
  /** A reading failed: nobody knows what happened until the next one. */
  forget(): void;
}

/** Follows one loop. */
export function createPresenceEdges(loop: string): PresenceEdges {
  let before: { readonly occupied: boolean; readonly sentAtMs: number } | null = null;
  return {
    see(occupied, { sentAtMs, receivedAtMs }) {
      const last = before;
      before = { occupied, sentAtMs };
      if (last?.occupied === occupied) return null;
      // The edge lies after the last reading was asked for and before this one was received.
      const earliestMs = last === null ? sentAtMs : last.sentAtMs;
      return {
        kind: 'loop-transition',
        loop,
        occupied,
        atMs: (earliestMs + receivedAtMs) / 2,
        uncertaintyMs: (receivedAtMs - earliestMs) / 2,
        found: last === null,
      };
    },
    forget() {
      before = null;
    },
  };
}
