/**
 * How long an answer of one device is waited for. A driver file gives the longest that its model may take, 300 ms
 * for a Procon card that answers in 5 ms; a dead card would cost its neighbours all of that. So the limit follows
 * what this device has shown, within the driver's bound, as a TCP retransmission timer follows its round trips
 * (RFC 6298). Reads no clock.
 */
export interface ResponseLimit {
  readonly ms: number;
  /** From the request's first byte to the reply's last: the wire counts twice, which is on the safe side. */
  answered(tookMs: number): void;
  /** No answer, or a damaged one: it may have been cut off by this very limit. The whole time is waited again. */
  failed(): void;
}

/** Nothing is shortened before so many answers in a row; an occasional pause of the card is among them. */
export const ANSWERS_TO_LEARN = 32;
/** Twice as slow as the slowest of those remembered is still in time; the margin is for a loaded machine. */
export const SLOWNESS_FACTOR = 2;
export const SLOWNESS_MARGIN_MS = 20;
/** The slowest answer is remembered for one to two times so many answers. */
export const REMEMBERED_ANSWERS = 256;

export function createResponseLimit(longestMs: number): ResponseLimit {
  let inRow = 0;
  let answers = 0;
  let slowestMs = 0;
  let slowestBeforeMs = 0;
  return {
    get ms() {
      if (inRow < ANSWERS_TO_LEARN) return longestMs;
      const slowest = Math.max(slowestMs, slowestBeforeMs);
      return Math.min(longestMs, Math.ceil(slowest * SLOWNESS_FACTOR + SLOWNESS_MARGIN_MS));
    },
    answered(tookMs) {
      inRow += 1;
      answers += 1;
      slowestMs = Math.max(slowestMs, tookMs);
      if (answers < REMEMBERED_ANSWERS) return;
      answers = 0;
      [slowestBeforeMs, slowestMs] = [slowestMs, 0];
    },
    failed() {
      inRow = 0;
    },
  };
}
