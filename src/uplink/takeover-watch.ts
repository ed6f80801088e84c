/** How one session, or one attempt at one, ended. */
export interface SessionEnding {
  /** How long it lasted from the broker's acceptance on; null when it never came to that. */
  readonly lastedMs: number | null;
  /** The broker said that another client took it over (MQTT 5, reason 0x8E). */
  readonly declared: boolean;
  /** The broker ended it in good order and without a word, as it does under MQTT 3.1.1. */
  readonly orderly: boolean;
}

/**
 * Recognises a second gateway with the same client id, as a cloned memory card makes it: the two throw each other out
 * for ever. MQTT 5 says so; under MQTT 3.1.1 it is told by sessions in a row that are accepted and soon ended in good order.
 * A dying link ends no session in good order, and a broker that restarts is away in between.
 */
export interface TakeoverWatch {
  /** True while another client is at work; the next attempt then waits TAKEN_OVER_PAUSE_MS longer. */
  ended(ending: SessionEnding): boolean;
  /** @param onlineForMs how long the present session has lasted; null without one */
  isTakenOver(onlineForMs: number | null): boolean;
}

/** The other gateway gets so long undisturbed: one of the two then works, and the log stays readable. */
export const TAKEN_OVER_PAUSE_MS = 60_000;
/** Short sessions in a row that make a suspicion. */
export const SHORT_SESSIONS = 3;
const SHORT_MS = 30_000;
/** Longer than the other one pauses: who held out for so long has no rival. */
const UNDISTURBED_MS = 600_000;

export function createTakeoverWatch(): TakeoverWatch {
  let short = 0;
  let takenOver = false;
  return {
    ended({ lastedMs, declared, orderly }) {
      if (takenOver && lastedMs !== null && lastedMs >= UNDISTURBED_MS) takenOver = false;
      if (lastedMs === null) short = 0;
      else if (orderly) short = lastedMs < SHORT_MS ? short + 1 : 0;
      const again = declared || short >= SHORT_SESSIONS || (takenOver && orderly);
      takenOver ||= again;
      return again;
    },
    isTakenOver: (onlineForMs) => takenOver && (onlineForMs === null || onlineForMs < UNDISTURBED_MS),
  };
}
