import type { Outbox, OutboxRow } from '../store/outbox.ts';
import { RELAY_CLASSES, type RelayClass } from '../store/relay-class.ts';

/**
 * Decides what to send: no clock, no network, no writing. A row is under way from `take` until the broker's
 * answer, so a broken connection repeats at most one window of rows.
 */
export interface RelayCore {
  /** Rows sent and not yet answered. */
  readonly inFlight: number;
  /**
   * A new connection: nothing is under way, reading starts at the oldest row. After a connection that broke
   * with rows unanswered, one row goes first and each acceptance allows one more: a link that keeps breaking
   * repeats little, and a broker that hangs up over one row is caught refusing it (Mosquitto 2.0.11 does,
   * and its reset of the connection swallows the PUBACK when more rows are behind).
   */
  connected(window: number): void;
  /**
   * What was under way is unknown; it is read again after the next `connected`. Refusals are remembered.
   * Accepted rows that the outbox has not forgotten by now are sent again.
   */
  disconnected(): void;
  /** Up to `limit` rows to send now, most urgent class first, oldest first; they are then under way. */
  take(outbox: ReadableOutbox, limit: number): readonly OutboxRow[];
  /** The broker has taken responsibility for a row. */
  accepted(position: number): void;
  /** The broker refused a row: it stays in the outbox and waits for `retryRefused`. */
  refused(position: number): void;
  /** Accepted rows that the outbox still has to forget. */
  readonly toAcknowledge: readonly number[];
  /** The outbox has forgotten all of `toAcknowledge`. */
  acknowledged(): void;
  /** Offers the refused rows again. */
  retryRefused(): void;
}

/**
 * A few refused rows are skipped, since one bad record must not stop the site. After this many in a class it
 * is the broker that refuses the class, and sending it all the rest would only cost money.
 */
export const REFUSALS_BEFORE_HOLD = 10;

/** What of an outbox is read here. */
export type ReadableOutbox = Pick<Outbox, 'pending' | 'generation'>;

interface ClassProgress {
  readonly class: RelayClass;
  /** Everything up to here has been taken on this connection. */
  takenUpTo: number;
  refused: number[];
  retry: number[];
}

export function createRelayCore(): RelayCore {
  const progress = RELAY_CLASSES.map(
    (each): ClassProgress => ({ class: each, takenUpTo: 0, refused: [], retry: [] }),
  );
  let window = 0;
  /** How much of the window this connection has earned. */
  let earned = 0;
  let interrupted = false;
  let accepted: number[] = [];
  let generation = 0;
  const sent = new Map<number, ClassProgress>();

  const isUnderWay = (position: number): boolean => sent.has(position) || accepted.includes(position);
  const room = (): number => Math.min(window, earned) - sent.size;

  const takeOf = (lane: ClassProgress, outbox: ReadableOutbox, limit: number): OutboxRow[] => {
    const rows: OutboxRow[] = [];
    while (lane.retry.length > 0 && rows.length < limit) {
      const position = lane.retry.shift() ?? 0;
      const [row] = outbox.pending({ class: lane.class, after: position - 1, limit: 1 });
      if (row?.position === position) rows.push(row);
    }
    while (lane.refused.length < REFUSALS_BEFORE_HOLD && rows.length < limit) {
      const next = { class: lane.class, after: lane.takenUpTo, limit: limit - rows.length };
      const fresh = outbox.pending(next);
      if (fresh.length === 0) break;
      lane.takenUpTo = fresh.at(-1)?.position ?? lane.takenUpTo;
      rows.push(...fresh.filter(({ position }) => !lane.refused.includes(position) && !isUnderWay(position)));
    }
    for (const row of rows) sent.set(row.position, lane);
    return rows;
  };

  const settle = (position: number): ClassProgress | null => {
    const lane = sent.get(position) ?? null;
    sent.delete(position);
    return lane;
  };

  return {
    get inFlight() {
      return sent.size;
    },
    get toAcknowledge() {
      return accepted;
    },
    connected(granted) {
      window = granted;
      earned = interrupted ? 1 : granted;
      for (const lane of progress) {
        lane.takenUpTo = 0;
        lane.retry = [];
      }
    },
    disconnected() {
      window = 0;
      interrupted = sent.size > 0;
      sent.clear();
      accepted = [];
    },
    take(outbox, limit) {
      const rows: OutboxRow[] = [];
      if (outbox.generation !== generation) {
        generation = outbox.generation;
        for (const lane of progress) lane.takenUpTo = 0;
      }
      for (const lane of progress) {
        const most = Math.min(room(), limit - rows.length);
        if (most <= 0) break;
        rows.push(...takeOf(lane, outbox, most));
      }
      return rows;
    },
    accepted(position) {
      if (settle(position) === null) return;
      accepted.push(position);
      earned += 1;
    },
    refused(position) {
      settle(position)?.refused.push(position);
    },
    acknowledged() {
      accepted = [];
    },
    retryRefused() {
      for (const lane of progress) {
        // The others lie ahead: they come with the next reading.
        lane.retry.push(...lane.refused.filter((position) => position <= lane.takenUpTo));
        lane.refused = [];
      }
    },
  };
}
