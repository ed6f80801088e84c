import type { LedgerRow } from '../../src/store/ledger.ts';
import type { Outbox } from '../../src/store/outbox.ts';
import { relayClassOf } from '../../src/store/relay-class.ts';
import type { StoredRecord, StreamName } from '../../src/traffic/stored-record.ts';
import type { Publication, PublishOutcome } from '../../src/uplink/mqtt-session.ts';
import { createLedgerOracle } from '../faults/ledger-oracle.ts';
import type { UpstreamPlan } from './plan.ts';
import type { World } from './world.ts';

/** A record on its way: what stands in a publication. */
export interface Carried {
  readonly id: string;
  readonly body: string;
  readonly replayed: boolean;
}

/** Sees all that passes between one upstream's outbox and its broker, and says at once what may not be. */
export interface Watch {
  readonly streams: ReadonlySet<StreamName>;
  offered(records: readonly StoredRecord[]): void;
  /** The store has them. */
  stored(records: readonly StoredRecord[]): void;
  /** The store will never have them, and says so to the upstream. */
  givenUp(records: readonly StoredRecord[]): void;
  /** A life of the gateway has begun or ended: what was refused is forgotten, too. */
  restarted(): void;
  connected(window: number): void;
  /** The program has given the connection up, or been told that it is gone. */
  disconnected(): void;
  /** Null for what is no record. */
  published(publication: Publication): Carried | null;
  arrived(record: Carried): void;
  /** The broker refuses it; whether the gateway will hear of that is another question. */
  refusedBy(record: Carried): void;
  /** The same, and it hangs up instead of answering. */
  hungUpOver(record: Carried): void;
  /** It hangs up for another reason: to the gateway it looks the same. */
  hungUp(): void;
  answered(record: Carried | null, outcome: PublishOutcome): void;
  /** To be called now and then. */
  look(): void;
  /** The outbox with everything that is asked of it looked at. */
  over(outbox: Outbox): Outbox;
  /** Closes the books. */
  close(): { readonly arrived: number; readonly repeated: number };
}

interface Open {
  readonly id: string;
  readonly stream: StreamName;
  readonly storedWallMs: number;
  /** In simulated time. */
  readonly knownMs: number;
}

const EVERYTHING: readonly StreamName[] = ['incident', 'fault', 'flow', 'passage', 'hires', 'gap'];
const SOME: readonly StreamName[] = ['incident', 'flow', 'gap'];
const ENVELOPE = /^\{"schema":"[^"]*","replayed":(true|false),"publishedAtMs":\d+,/;
const ID = /"id":"([^"]+)"/;
/** Refusals of one class after which the relay sends nothing more of it for a while. */
const REFUSALS_BEFORE_HOLD = 10;

/** Running, over one record that is held back after the third and once more when it is offered again. */
const MOST_HANG_UPS = 5;
const NO_HANG_UPS = { id: '', times: 0, sinceMs: 0 };
/** A link may lie idle for so long although something waits, beside the pauses of the backlog. */
const PATIENCE_MS = 45_000;

export function createWatch(world: World, upstream: UpstreamPlan): Watch {
  const { name, settings } = upstream;
  const streams = new Set(upstream.everything ? EVERYTHING : SOME);
  const oracle = createLedgerOracle({ upstream: name, repeatsAllowed: 0 });
  /** Stored and not yet forgotten by the outbox, as far as we know. */
  const open = new Map<string, Open>();
  const idAt = new Map<number, string>();
  const forgotten = new Set<string>();
  const acknowledged = new Set<string>();
  /** Of this life. */
  const refused = new Set<string>();
  const refusals = new Map<number, number>();
  /** Refused or suspected of it, ever. */
  const outOfTurn = new Set<string>();
  /** Of this connection. */
  let sent = new Set<string>();
  let unanswered = new Set<string>();
  let window = 0;
  let connectedMs = 0;
  let backlogSent = 0;
  let connections = 0;
  let arrivals = 0;
  /** The record over which the broker has hung up, and how often running. */
  let hangUps = NO_HANG_UPS;
  /** When something last went over the present connection; null without one. */
  let lastUseMs: number | null = null;

  /** What has given way is not known here. */
  const hasLittleRoom = world.plan.disk.maxPages < 1000;
  const idleMs = PATIENCE_MS + settings.backfillDelayMaxMs + 2000 / settings.backfillPerS;

  const fail = (what: string): void => world.breach(`${name}: ${what}`);
  const streamOf = (id: string): StreamName => id.split('/')[2] as StreamName;
  const classOf = (id: string): number => relayClassOf(streamOf(id));
  const isHeld = (relayClass: number): boolean => (refusals.get(relayClass) ?? 0) >= REFUSALS_BEFORE_HOLD;
  /** It could be sent on this connection. */
  const isWanted = ({ id, stream }: Open): boolean =>
    !sent.has(id) && !outOfTurn.has(id) && !isHeld(relayClassOf(stream));
  /** What a connection may repeat: sent on it, and not forgotten by the outbox. */
  const leftOver = (): number => {
    const left = [...sent].filter((id) => !forgotten.has(id) && !refused.has(id)).length;
    sent = new Set();
    unanswered = new Set();
    return left;
  };
  const checkLeftOver = (): void => {
    const left = leftOver();
    if (left > window) fail(`a connection leaves ${left} records to repeat, its window was ${window}`);
  };
  const checkOrder = ({ id, replayed }: Carried): void => {
    const relayClass = classOf(id);
    // What has given way is not there to go first.
    if (relayClass === 1 || hasLittleRoom) return;
    for (const other of open.values()) {
      if (!isWanted(other)) continue;
      if (relayClassOf(other.stream) === 1) fail(`${id} goes before the urgent ${other.id}`);
      if (!replayed || outOfTurn.has(id) || world.clockStepped) continue;
      const ageMs = world.wallMs() - other.storedWallMs;
      if (ageMs < settings.liveWithinMs - 1)
        fail(`${id} of the backlog goes before ${other.id}, which is live`);
    }
  };
  const checkTree = ({ id, replayed }: Carried): void => {
    const known = open.get(id);
    if (known === undefined || world.clockStepped) return;
    const ageMs = world.wallMs() - known.storedWallMs;
    if (Math.abs(ageMs - settings.liveWithinMs) < 5) return;
    if (replayed !== ageMs > settings.liveWithinMs) {
      fail(`${id}, ${Math.round(ageMs)} ms old, goes ${replayed ? 'as backlog' : 'live'}`);
    }
  };
  const checkPace = ({ id, replayed }: Carried): void => {
    if (!replayed || classOf(id) === 1 || outOfTurn.has(id)) return;
    backlogSent += 1;
    const { backfillPerS } = settings;
    const sinceS = (world.timeline.nowMs - connectedMs) / 1000;
    const most = Math.max(1, backfillPerS / 2) + backfillPerS * sinceS + 1;
    if (backlogSent > most) fail(`${backlogSent} of the backlog in ${sinceS} s at ${backfillPerS} a second`);
  };
  const recordOf = ({ payload }: Publication): Carried | null => {
    const [envelope, replayed] = ENVELOPE.exec(payload) ?? [];
    if (envelope === undefined) return null;
    const body = `{${payload.slice(envelope.length)}`;
    return { id: ID.exec(body)?.[1] ?? '', body, replayed: replayed === 'true' };
  };

  return {
    streams,
    offered(records) {
      for (const record of records) if (streams.has(record.stream)) oracle.offer(record);
    },
    stored(records) {
      for (const { id, stream } of records) {
        if (!streams.has(stream)) continue;
        oracle.accept(id);
        open.set(id, { id, stream, storedWallMs: world.wallMs(), knownMs: world.timeline.nowMs });
      }
    },
    givenUp(records) {
      for (const { id, stream } of records) if (streams.has(stream)) oracle.accept(id);
    },
    restarted() {
      checkLeftOver();
      lastUseMs = null;
      refused.clear();
      hangUps = NO_HANG_UPS;
      refusals.clear();
    },
    connected(granted) {
      checkLeftOver();
      connections += 1;
      connectedMs = world.timeline.nowMs;
      lastUseMs = connectedMs;
      window = granted;
      backlogSent = 0;
      world.trace(`${name}: connection ${connections}, window ${granted}`);
    },
    disconnected() {
      lastUseMs = null;
    },
    published(publication) {
      lastUseMs = world.timeline.nowMs;
      const record = recordOf(publication);
      if (record === null) return null;
      const { id } = record;
      world.trace(`${name}: sends ${id}${record.replayed ? ' (backlog)' : ''}`);
      if (sent.has(id)) fail(`${id} goes twice on one connection`);
      if (forgotten.has(id)) fail(`${id} goes after the outbox has forgotten it`);
      checkOrder(record);
      checkTree(record);
      checkPace(record);
      sent.add(id);
      unanswered.add(id);
      if (unanswered.size > window) fail(`${unanswered.size} records are under way, the window is ${window}`);
      return record;
    },
    arrived(record) {
      arrivals += 1;
      oracle.deliver({ ...record, outOfTurn: outOfTurn.has(record.id) });
    },
    hungUpOver({ id }) {
      outOfTurn.add(id);
      const { times, sinceMs } = id === hangUps.id ? hangUps : { times: 0, sinceMs: world.timeline.nowMs };
      hangUps = { id, times: times + 1, sinceMs };
      const others = [...open.values()].some((each) => each.knownMs < sinceMs && isWanted(each));
      if (hangUps.times > MOST_HANG_UPS && others)
        fail(`${id}, over which the broker hangs up, holds up everything`);
    },
    hungUp() {
      if (unanswered.size === 1) for (const id of unanswered) outOfTurn.add(id);
    },
    refusedBy({ id }) {
      outOfTurn.add(id);
    },
    answered(record, outcome) {
      lastUseMs = world.timeline.nowMs;
      if (record === null) return;
      const { id } = record;
      world.trace(`${name}: ${outcome.kind} ${id}`);
      unanswered.delete(id);
      hangUps = NO_HANG_UPS;
      if (outcome.kind === 'accepted') acknowledged.add(id);
      else {
        refused.add(id);
        refusals.set(classOf(id), (refusals.get(classOf(id)) ?? 0) + 1);
        sent.delete(id);
      }
    },
    look() {
      const sinceMs = world.timeline.nowMs - idleMs;
      if (lastUseMs === null || lastUseMs > sinceMs || unanswered.size > 0 || hasLittleRoom) return;
      const waits = [...open.values()].find((each) => each.knownMs <= sinceMs && isWanted(each));
      if (waits !== undefined) fail(`the link lies idle while ${waits.id} waits`);
    },
    over(outbox) {
      const learn = ({ position, id, stream, madeAtMs }: LedgerRow): void => {
        idAt.set(position, id);
        if (!open.has(id))
          open.set(id, { id, stream, storedWallMs: madeAtMs, knownMs: world.timeline.nowMs });
      };
      return {
        get generation() {
          return outbox.generation;
        },
        giveUp: (row) => outbox.giveUp(row),
        depth: () => outbox.depth(),
        backlogUpTo: (live) => outbox.backlogUpTo(live),
        pending(query) {
          if (query.limit > settings.window)
            fail(`${query.limit} rows are read, the window is ${settings.window}`);
          const rows = outbox.pending(query);
          for (const row of rows) learn(row);
          return rows;
        },
        acknowledge(positions) {
          outbox.acknowledge(positions);
          for (const position of positions) {
            const id = idAt.get(position) ?? `position ${position}`;
            if (!acknowledged.has(id)) fail(`the outbox forgets ${id}, which nobody acknowledged`);
            forgotten.add(id);
            open.delete(id);
          }
        },
      };
    },
    close() {
      checkLeftOver();
      const verdict = oracle.verdict({ repeatsAllowed: connections * settings.window });
      for (const sentence of verdict.broken) fail(sentence);
      return { arrived: arrivals, repeated: verdict.repeated };
    },
  };
}
