import { CLOCK_STEP_MS, type Clock } from '../base/clock.ts';
import type { RoadsideError } from '../base/errors.ts';
import type { Outbox, OutboxRow } from '../store/outbox.ts';
import { relayClassOf } from '../store/relay-class.ts';
import { createBacklogPace } from './backlog-pace.ts';
import type { MqttSession, Publication } from './mqtt-session.ts';
import { createRelayCore, type Sending, URGENT } from './relay-core.ts';
import { hungUpOver, packetTooLarge } from './session-errors.ts';
import type { Cancel, Surroundings } from './surroundings.ts';

export interface RelayOptions {
  readonly outbox: Outbox;
  readonly clock: Clock;
  /** Records that are older cannot be sent live. */
  readonly liveWithinMs: number;
  readonly pace: { readonly backfillPerS: number; readonly backfillDelayMaxMs: number };
  readonly surroundings: Pick<Surroundings, 'scheduler' | 'random'>;
  encode(sending: Sending): Publication;
  /** The broker refused a row; it stays in the outbox. */
  refused(error: RoadsideError): void;
  /** The store failed: the connection is of no use until it works again. */
  failed(error: unknown): void;
}

/** Carries rows from the outbox to the broker at its own pace, and forgets them after their PUBACK. */
export interface Relay {
  connected(link: Pick<MqttSession, 'publish'>, window: number): void;
  /** @param hungUp the broker ended the connection in good order */
  disconnected(hungUp?: boolean): void;
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
/** A backlog that has to wait for its pace is looked at no more often than this. */
const BACKLOG_EVERY_MS = 100;

export function createRelay(options: RelayOptions): Relay {
  const { outbox, clock, liveWithinMs, encode, refused, failed } = options;
  const { scheduler, random } = options.surroundings;
  const pace = createBacklogPace(options.pace, random);
  const core = createRelayCore();
  let link: Pick<MqttSession, 'publish'> | null = null;
  let finishing: (() => void) | null = null;
  let turnDue = false;
  let backlogDue: Cancel | null = null;
  let acknowledgeDue: Cancel | null = null;
  let retryDue = false;
  let lastSent: Sending | null = null;
  /** Why the last row was refused; told again on each connection for as long as one is held back. */
  let refusal: RoadsideError | null = null;
  let published = 0;
  let acknowledged = 0;

  const acknowledge = (): void => {
    acknowledgeDue?.();
    acknowledgeDue = null;
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
    scheduler.soon(() => {
      turnDue = false;
      guarded(turn);
    });
  };
  const send = (sending: Sending): void => {
    const { row } = sending;
    lastSent = sending;
    published += 1;
    link?.publish(encode(sending), (outcome) => {
      if (outcome.kind === 'accepted') core.accepted(row.position);
      // A gap record is not declared by another one, which might be too large as well.
      else if (outcome.kind === 'too-large' && row.stream !== 'gap') giveUp(row, outcome);
      else {
        core.refused(row.position);
        refusal = outcome.kind === 'refused' ? outcome.error : packetTooLarge({ what: row.id, ...outcome });
        refused(refusal);
        retryLater();
      }
      acknowledgeDue ??= scheduler.after(ACKNOWLEDGE_AFTER_MS, () => guarded(acknowledgeAndGoOn));
      schedule();
    });
  };
  const giveUp = (row: OutboxRow, size: { readonly bytes: number; readonly maxBytes: number }): void =>
    guarded(() => {
      outbox.giveUp(row);
      core.givenUp(row.position);
      refused(packetTooLarge({ what: row.id, ...size }));
    });
  /** The pause outlives connections, but holds up nobody who leaves. */
  const retryLater = (): void => {
    if (retryDue) return;
    retryDue = true;
    const retry = (): void => {
      retryDue = false;
      core.retryRefused();
      schedule();
    };
    scheduler.inBackground(RETRY_REFUSED_AFTER_MS, retry);
  };
  const acknowledgeAndGoOn = (): void => {
    acknowledge();
    schedule();
  };
  const turn = (): void => {
    if (link === null) return;
    const done = finishing !== null && core.inFlight === 0;
    if (done || core.isFull) acknowledge();
    if (done) finishing?.();
    // As long as the platform keeps up, most turns end here: nothing waits that is not under way.
    const waiting = outbox.depth();
    if (finishing !== null || waiting <= core.inFlight + core.toAcknowledge.length) return;
    const nowMs = clock.monoMs();
    const limit = pace.allowance(nowMs);
    const { wallMs } = clock.now();
    const live = { fromMs: wallMs - liveWithinMs, toMs: wallMs + CLOCK_STEP_MS };
    const taken = core.take(outbox, ROWS_PER_TURN, { upTo: outbox.backlogUpTo(live), limit });
    const older = taken.filter(({ row, replayed }) => replayed && relayClassOf(row.stream) !== URGENT).length;
    pace.spend(older);
    for (const sending of taken) send(sending);
    // Reading takes damaged rows out, and then there may be others behind them.
    if (taken.length === ROWS_PER_TURN || outbox.depth() !== waiting) schedule();
    else if (older >= limit && waiting > core.inFlight) waitForPace(nowMs);
  };

  const waitForPace = (nowMs: number): void => {
    const lookAgain = (): void => {
      backlogDue = null;
      schedule();
    };
    backlogDue ??= scheduler.inBackground(Math.max(BACKLOG_EVERY_MS, pace.waitMs(nowMs)), lookAgain);
  };

  return {
    connected(to, granted) {
      link = to;
      core.connected(granted);
      if (core.holdsBack) retryLater();
      if (core.holdsBack && refusal !== null) refused(refusal);
      pace.restart(clock.monoMs());
      schedule();
    },
    disconnected(hungUp) {
      if (link === null) return;
      link = null;
      backlogDue?.();
      backlogDue = null;
      guarded(acknowledge);
      if (core.disconnected(hungUp) && lastSent !== null) {
        refusal = hungUpOver({ id: lastSent.row.id, bytes: encode(lastSent).payload.length });
      }
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
