import type { Clock } from '../base/clock.ts';
import type { RoadsideError } from '../base/errors.ts';
import type { Outbox } from '../store/outbox.ts';
import { createBacklogPace } from './backlog-pace.ts';
import type { MqttSession, Publication } from './mqtt-session.ts';
import { createRelayCore, type Sending } from './relay-core.ts';

export interface RelayOptions {
  readonly outbox: Outbox;
  readonly clock: Clock;
  /** Records that are older cannot be sent live. */
  readonly liveWithinMs: number;
  readonly pace: { readonly backfillPerS: number; readonly backfillDelayMaxMs: number };
  encode(sending: Sending): Publication;
  /** The broker refused a row; it stays in the outbox. */
  refused(error: RoadsideError): void;
  /** The store failed: the connection is of no use until it works again. */
  failed(error: unknown): void;
}

/** Carries rows from the outbox to the broker at its own pace, and forgets them after their PUBACK. */
export interface Relay {
  connected(link: Pick<MqttSession, 'publish'>, window: number): void;
  disconnected(): void;
  /** Something was appended. Cheap: the work happens later, never in the caller's turn. */
  notify(): void;
  /** Sends nothing more; resolves when nothing is under way. */
  finish(): Promise<void>;
  figures(): { readonly published: number; readonly acknowledged: number; readonly inFlight: number };
}

/** Rows sent in one turn of the event loop, so that acquisition is not kept waiting. */
const ROWS_PER_TURN = 100;
/** How long an acknowledged row may wait for company: each deletion alone costs the disk several pages. */
const ACKNOWLEDGE_AFTER_MS = 200;
const RETRY_REFUSED_AFTER_MS = 60_000;
/** How often a backlog that has to wait for its pace is looked at. */
const BACKLOG_EVERY_MS = 100;

export function createRelay(options: RelayOptions): Relay {
  const { outbox, clock, liveWithinMs, encode, refused, failed } = options;
  const pace = createBacklogPace(options.pace, Math.random);
  const core = createRelayCore();
  let link: Pick<MqttSession, 'publish'> | null = null;
  let window = 0;
  let finishing: (() => void) | null = null;
  let turnDue = false;
  let backlogDue = false;
  let acknowledgeTimer: NodeJS.Timeout | null = null;
  let retryDue = false;
  let published = 0;
  let acknowledged = 0;

  const acknowledge = (): void => {
    if (acknowledgeTimer !== null) clearTimeout(acknowledgeTimer);
    acknowledgeTimer = null;
    const positions = core.toAcknowledge;
    if (positions.length === 0) return;
    outbox.acknowledge(positions);
    acknowledged += positions.length;
    core.acknowledged();
  };
  const guarded = (work: () => void): void => {
    try {
      work();
    } catch (error) {
      failed(error);
    }
  };
  const schedule = (): void => {
    if (turnDue || link === null) return;
    turnDue = true;
    setImmediate(() => {
      turnDue = false;
      guarded(turn);
    });
  };
  const send = (sending: Sending): void => {
    const { row } = sending;
    published += 1;
    link?.publish(encode(sending), (outcome) => {
      if (outcome.kind === 'accepted') core.accepted(row.position);
      else {
        core.refused(row.position);
        refused(outcome.error);
        retryLater();
      }
      acknowledgeTimer ??= setTimeout(() => guarded(acknowledgeAndGoOn), ACKNOWLEDGE_AFTER_MS);
      schedule();
    });
  };
  /** The pause outlives connections, but holds up nobody who leaves. */
  const retryLater = (): void => {
    if (retryDue) return;
    retryDue = true;
    const retry = (): void => {
      retryDue = false;
      core.retryRefused();
      schedule();
    };
    setTimeout(retry, RETRY_REFUSED_AFTER_MS).unref();
  };
  const acknowledgeAndGoOn = (): void => {
    acknowledge();
    schedule();
  };
  const turn = (): void => {
    if (link === null) return;
    const done = finishing !== null && core.inFlight === 0;
    // Half a window at most waits for the disk: a killed process repeats one and a half.
    if (done || core.toAcknowledge.length * 2 >= window) acknowledge();
    if (done) finishing?.();
    if (finishing !== null) return;
    const nowMs = clock.monoMs();
    const limit = pace.allowance(nowMs);
    const upTo = outbox.lastBefore(clock.now().wallMs - liveWithinMs);
    const taken = core.take(outbox, ROWS_PER_TURN, { upTo, limit });
    pace.spend(taken.filter(({ replayed }) => replayed).length);
    for (const sending of taken) send(sending);
    if (taken.length === ROWS_PER_TURN) schedule();
    else if (limit < ROWS_PER_TURN && outbox.depth() > core.inFlight) waitForPace();
  };

  const waitForPace = (): void => {
    if (backlogDue) return;
    backlogDue = true;
    const lookAgain = (): void => {
      backlogDue = false;
      schedule();
    };
    setTimeout(lookAgain, BACKLOG_EVERY_MS).unref();
  };

  return {
    connected(to, granted) {
      link = to;
      window = granted;
      core.connected(granted);
      pace.restart(clock.monoMs());
      schedule();
    },
    disconnected() {
      if (link === null) return;
      link = null;
      guarded(acknowledge);
      core.disconnected();
      finishing?.();
    },
    notify: schedule,
    finish() {
      return new Promise((resolve) => {
        finishing = resolve;
        if (link === null) resolve();
        else schedule();
      });
    },
    figures: () => ({ published, acknowledged, inFlight: core.inFlight }),
  };
}
