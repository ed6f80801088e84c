import type { Outbox, OutboxRow } from '../store/outbox.ts';
import { RELAY_CLASSES, type RelayClass } from '../store/relay-class.ts';

/**
 * Decides what to send: no clock, no network, no writing. A row is under way from `take` until the broker's
 * answer, so a broken connection repeats at most one window of rows.
 */
export interface RelayCore {
  /** Rows sent and not yet answered. */
  readonly inFlight: number;
  /** Nothing can be sent before the outbox has forgotten `toAcknowledge`: a killed process repeats one window at most. */
  readonly isFull: boolean;
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
   *
   * @param hungUp the broker ended the connection in good order. Over a row that went alone, and again, that is a
   *   refusal: MQTT 3.1.1 has no other (3.3.5).
   * @returns true when the row that went alone counts as refused now
   */
  disconnected(hungUp?: boolean): boolean;
  /**
   * Up to `limit` rows to send now; they are then under way. First incidents and faults, whenever they were stored,
   * then what is live by class, then what is older, each from its oldest.
   */
  take(outbox: ReadableOutbox, limit: number, backlog: Backlog): readonly Sending[];
  /** The broker has taken responsibility for a row. */
  accepted(position: number): void;
  /** The broker refused a row: it stays in the outbox and waits for `retryRefused`. */
  refused(position: number): void;
  /** A row is out of the outbox without having been sent. */
  givenUp(position: number): void;
  /** Accepted rows that the outbox still has to forget. */
  readonly toAcknowledge: readonly number[];
  /** The outbox has forgotten all of `toAcknowledge`. */
  acknowledged(): void;
  /** Whether there are refused rows. */
  readonly holdsBack: boolean;
  /** Offers the refused rows again. */
  retryRefused(): void;
}

/**
 * A few refused rows are skipped, since one bad record must not stop the site. After this many in a class it
 * is the broker that refuses the class, and sending it all the rest would only cost money.
 */
export const REFUSALS_BEFORE_HOLD = 10;

/** A broker may restart while one row is under way; hardly so often over the same one. */
const HANG_UPS_BEFORE_REFUSAL = 2;

/** What of an outbox is read here. */
export type ReadableOutbox = Pick<Outbox, 'pending' | 'generation'>;

/** What can no longer be sent live, and how much of it may be sent now. */
export interface Backlog {
  /** Rows up to here are backlog. */
  readonly upTo: number;
  /** Rows of it to take at most, incidents and faults not counted. */
  readonly limit: number;
}

export interface Sending {
  readonly row: OutboxRow;
  /** It goes to the topics for what could not be sent live. */
  readonly replayed: boolean;
}

interface ClassProgress {
  readonly class: RelayClass;
  /** Live rows up to here have been taken on this connection. */
  liveUpTo: number;
  /** And of the backlog, up to here. */
  backlogUpTo: number;
  refused: number[];
  retry: number[];
}

/** Goes before everything else, old or new, and at no pace. */
export const URGENT: RelayClass = 1;

export function createRelayCore(): RelayCore {
  const progress = RELAY_CLASSES.map(
    (each): ClassProgress => ({ class: each, liveUpTo: 0, backlogUpTo: 0, refused: [], retry: [] }),
  );
  let window = 0;
  /** How much of the window this connection has earned. */
  let earned = 0;
  let interrupted = false;
  /** The row over which the broker hung up last, and how often running. */
  let suspect = { position: 0, times: 0 };
  let accepted: number[] = [];
  let generation = 0;
  const sent = new Map<number, ClassProgress>();

  const room = (): number => Math.min(window - accepted.length, earned) - sent.size;

  const beginAnew = (): void => {
    for (const lane of progress) {
      lane.liveUpTo = 0;
      lane.backlogUpTo = 0;
    }
  };
  const isWanted = (lane: ClassProgress, { position }: OutboxRow): boolean =>
    !lane.refused.includes(position) && !sent.has(position) && !accepted.includes(position);

  /** Rows of one class with `after` < position <= `upTo`, and how far they were read. */
  const read = (
    lane: ClassProgress,
    outbox: ReadableOutbox,
    span: { readonly after: number; readonly upTo: number; readonly limit: number },
  ): { readonly rows: readonly OutboxRow[]; readonly readUpTo: number } => {
    const rows: OutboxRow[] = [];
    let readUpTo = span.after;
    while (lane.refused.length < REFUSALS_BEFORE_HOLD && rows.length < span.limit) {
      const next = { class: lane.class, after: readUpTo, upTo: span.upTo, limit: span.limit - rows.length };
      const fresh = outbox.pending(next);
      readUpTo = fresh.at(-1)?.position ?? readUpTo;
      rows.push(...fresh.filter((row) => isWanted(lane, row)));
      if (fresh.length < next.limit) break;
    }
    for (const row of rows) sent.set(row.position, lane);
    return { rows, readUpTo };
  };
  const takeRetries = (lane: ClassProgress, outbox: ReadableOutbox, limit: number): readonly OutboxRow[] => {
    const rows: OutboxRow[] = [];
    while (lane.retry.length > 0 && rows.length < limit) {
      const position = lane.retry.shift() ?? 0;
      const [row] = outbox.pending({ class: lane.class, after: position - 1, upTo: position, limit: 1 });
      if (row !== undefined && isWanted(lane, row)) rows.push(row);
    }
    for (const row of rows) sent.set(row.position, lane);
    return rows;
  };
  const takeLive = (
    lane: ClassProgress,
    outbox: ReadableOutbox,
    span: { limit: number; backlogUpTo: number },
  ) => {
    // What has grown too old meanwhile is the backlog's.
    const after = lane.class === URGENT ? lane.liveUpTo : Math.max(lane.liveUpTo, span.backlogUpTo);
    const { rows, readUpTo } = read(lane, outbox, {
      after,
      upTo: Number.MAX_SAFE_INTEGER,
      limit: span.limit,
    });
    lane.liveUpTo = readUpTo;
    return rows;
  };
  const takeBacklog = (
    lane: ClassProgress,
    outbox: ReadableOutbox,
    span: { limit: number; upTo: number },
  ) => {
    if (span.upTo <= lane.backlogUpTo) return [];
    const { rows, readUpTo } = read(lane, outbox, { after: lane.backlogUpTo, ...span });
    lane.backlogUpTo = readUpTo;
    return rows;
  };

  const settle = (position: number): ClassProgress | null => {
    const lane = sent.get(position) ?? null;
    sent.delete(position);
    return lane;
  };

  const holdBackSuspect = (): boolean => {
    const [alone, ...others] = sent;
    if (alone === undefined || others.length > 0) return false;
    const [position, lane] = alone;
    suspect = { position, times: position === suspect.position ? suspect.times + 1 : 1 };
    if (suspect.times < HANG_UPS_BEFORE_REFUSAL) return false;
    lane.refused.push(position);
    return true;
  };

  return {
    get inFlight() {
      return sent.size;
    },
    get isFull() {
      return accepted.length > 0 && sent.size + accepted.length >= window;
    },
    get toAcknowledge() {
      return accepted;
    },
    connected(granted) {
      window = granted;
      earned = interrupted ? 1 : granted;
      beginAnew();
      for (const lane of progress) lane.retry = [];
    },
    disconnected(hungUp = false) {
      window = 0;
      // One on which nothing was accepted proves nothing.
      interrupted = sent.size > 0 || (interrupted && earned === 1);
      const isHeldBack = hungUp && holdBackSuspect();
      sent.clear();
      accepted = [];
      return isHeldBack;
    },
    take(outbox, limit, backlog) {
      if (outbox.generation !== generation) {
        generation = outbox.generation;
        beginAnew();
      }
      const taken: OutboxRow[] = [];
      const most = (): number => Math.max(0, Math.min(room(), limit - taken.length));
      for (const lane of progress) {
        taken.push(...takeRetries(lane, outbox, most()));
        taken.push(...takeLive(lane, outbox, { limit: most(), backlogUpTo: backlog.upTo }));
      }
      let left = backlog.limit;
      for (const lane of progress) {
        if (lane.class === URGENT) continue;
        const rows = takeBacklog(lane, outbox, { limit: Math.min(most(), left), upTo: backlog.upTo });
        left -= rows.length;
        taken.push(...rows);
      }
      return taken.map((row) => ({ row, replayed: row.position <= backlog.upTo }));
    },
    accepted(position) {
      if (settle(position) === null) return;
      accepted.push(position);
      earned += 1;
    },
    refused(position) {
      settle(position)?.refused.push(position);
    },
    givenUp: (position) => void settle(position),
    acknowledged() {
      accepted = [];
    },
    get holdsBack() {
      return progress.some(({ refused }) => refused.length > 0);
    },
    retryRefused() {
      for (const lane of progress) {
        // The others lie ahead: they come with the next reading.
        const reached = Math.max(lane.liveUpTo, lane.backlogUpTo);
        lane.retry.push(...lane.refused.filter((position) => position <= reached));
        lane.refused = [];
      }
    },
  };
}
