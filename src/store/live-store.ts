import { createSystemClock } from '../base/clock.ts';
import type { FaultRecord } from '../traffic/record.ts';
import type { AuditFact, GapReason, StoredRecord, StreamName } from '../traffic/stored-record.ts';
import { createAudit } from './audit.ts';
import type { AuditEnds, AuditRow } from './audit-chain.ts';
import { createCommands } from './command-journal.ts';
import { type Database, storeErrorFrom } from './database.ts';
import { createDiskRoom, isFull, openWithRoom } from './disk-room.ts';
import { missingWithin, type Origin } from './gap-records.ts';
import { createHighWater, storeIdOf, takenBack } from './high-water.ts';
import { createLedger } from './ledger.ts';
import { createLogSeal } from './log-seal.ts';
import type { Mark } from './mark.ts';
import { createOpenFaults } from './open-faults.ts';
import { createOutbox, type WritableOutbox } from './outbox.ts';
import { isStreamName, relayClassOf } from './relay-class.ts';
import { requeue } from './requeue.ts';
import { createRestamping } from './restamping.ts';
import { EVERYBODY, type SavedRow } from './saved-row.ts';
import { addMissing, countOf, type Missing, NOTHING_MISSING } from './seq-ranges.ts';
import { createShedding, shedEnough } from './shedding.ts';
import type { OutboxTotals, Store, StoreOptions } from './store.ts';
import type { StoreRun } from './store-run.ts';
import { openUpstreams, readUpstreams, type Upstream } from './upstreams.ts';

/** Turns of shedding for one append; a small file may need several for one page. */
const SHED_TURNS = 20;
export const NO_ORIGIN: Origin = { site: 'unknown', boot: 'unknown', configRev: 'unknown' };

/** The store on one file that is whole. */
export interface LiveStore extends Omit<Store, 'salvage'> {
  /** Tells this file from every other; 0 for those who only look. */
  readonly id: number;
  readonly lastPosition: number;
  /**
   * New rows and audit entries go behind a mark, commands that expire by `floorMs` are refused, and what the mark knows
   * of behind `heldUpTo` is declared missing.
   */
  goOnBehind(mark: Mark, also: { readonly heldUpTo: number; readonly floorMs: number }): void;
  /** New rows are placed behind this position: what is saved of an older file belongs before them. */
  beginAfter(position: number): void;
  /** Takes over what could be read of a damaged file, and declares missing what waited there and could not. */
  takeOver(saved: {
    readonly rows: readonly SavedRow[];
    readonly missing: ReadonlyMap<string, Missing>;
    readonly faults: readonly FaultRecord[];
  }): void;
  /** The same for what is kept beside the ledger. Commands that expire by `floorMs` are refused from now on. */
  takeOverAudit(saved: {
    readonly rows: readonly AuditRow[];
    readonly ends: AuditEnds | null;
    readonly floorMs: number;
  }): void;
}

/** @throws RoadsideError store-locked, store-newer, store-corrupt, store-not-durable, store-unavailable */
export function openLiveStore(options: StoreOptions, run: StoreRun): LiveStore {
  const database = openWithRoom(options);
  try {
    return liveStoreOn(database, options, run);
  } catch (error) {
    database.close();
    throw storeErrorFrom(error, options.file);
  }
}

function liveStoreOn(database: Database, options: StoreOptions, run: StoreRun): LiveStore {
  const { file, origin = NO_ORIGIN, clock = createSystemClock() } = options;
  const wishes = options.upstreams ?? [];
  const { gaps, givenUp, markFile } = run;
  const ledger = createLedger(database);
  const openFaults = createOpenFaults(database);
  const audit = createAudit(database, { origin, clock, numbering: run.auditNumbers });
  const commands = createCommands(database);
  const upstreams: readonly Upstream[] =
    options.upstreams === undefined
      ? readUpstreams(database)
      : openUpstreams(
          database,
          wishes.map(({ name }) => name),
        );
  const outboxes: readonly WritableOutbox[] = upstreams.map((upstream) =>
    createOutbox(database, upstream, (reason, ids, takeOut) =>
      settle(() => {
        takeOut();
        declare(upstream.name, reason, addMissing(NOTHING_MISSING, ids, isStreamName));
      }),
    ),
  );
  const shedding = createShedding(database, { ledger, outboxes, coarsestFlowS: options.coarsestFlowS ?? 0 });
  const room = createDiskRoom(database, {
    ...{ file, maxPages: options.maxPages, monoMs: clock.monoMs },
    reserves: options.upstreams !== undefined,
  });
  const seal = createLogSeal(database);
  const id = markFile === null ? 0 : storeIdOf(database);
  const highWater =
    markFile === null ? null : createHighWater({ markFile, storeId: id, ledger, audit, outboxes });
  const drafts = [gaps, run.auditNumbers, ...(highWater === null ? [] : [highWater])];

  const wishOf = (upstream: string) => wishes.find(({ name }) => name === upstream);
  const outboxOf = (name: string): WritableOutbox => {
    const outbox = outboxes.find(({ upstream }) => upstream.name === name);
    if (outbox === undefined) throw new Error(`no upstream ${name}`);
    return outbox;
  };

  // What is missing concerns one upstream, but all get it, so that no number of its stream is missing itself.
  const wants = (upstream: string, stream: StreamName): boolean =>
    stream === 'gap' || wishOf(upstream)?.streams.has(stream) === true;

  const insert = (record: StoredRecord, madeAtMs: number): void => {
    const { id, stream } = record;
    const position = ledger.insert({ id, stream, madeAtMs, body: JSON.stringify(record) });
    highWater?.note(record, position);
    if (record.stream === 'fault') openFaults.note(record);
    for (const outbox of outboxes) {
      if (wants(outbox.upstream.name, stream)) outbox.add(position, relayClassOf(stream));
    }
  };
  const madeAt = (): number => Math.round(clock.now().wallMs);
  function declare(upstream: string, reason: GapReason, missing: Missing): void {
    if (countOf(missing) === 0) return;
    const records = gaps.draft({ upstream, reason }, missing);
    for (const record of records) insert(record, madeAt());
  }
  /** Runs a transaction that may declare records missing. */
  const settle = <T>(work: () => T): T => {
    const { lastPosition } = ledger;
    let result: T;
    try {
      result = database.transaction(work)();
    } catch (error) {
      for (const draft of drafts) draft.dropped();
      ledger.rewind(lastPosition);
      for (const outbox of outboxes) outbox.rewind();
      throw storeErrorFrom(error, file);
    }
    for (const draft of drafts) draft.taken();
    seal();
    return result;
  };
  const restamping = createRestamping({
    ...{ database, ledger, openFaults, outboxes, monoMs: clock.monoMs, wants, settle },
    requeued: () => {
      run.generation += 1;
    },
  });
  const write = (records: readonly StoredRecord[]): void => {
    settle(() => {
      for (const record of records) insert(record, madeAt());
      for (const [upstream, missing] of givenUp) declare(upstream, 'unstored', missing);
    });
    givenUp.clear();
  };
  /** False when nothing is left that may go. */
  const shed = (limit: number): boolean =>
    settle(() => {
      const { delivered, evictions } = shedding.shed(limit, madeAt());
      for (const { outbox, rows } of evictions) {
        const { name } = outbox.upstream;
        declare(name, 'evicted', missingWithin(rows, name));
      }
      return delivered > 0 || evictions.length > 0;
    });
  /** Does it again as long as it fails for want of room and room can be made. */
  const withRoom = (work: () => void): void => {
    room.recover();
    for (let turn = 0; ; turn += 1) {
      try {
        room.bear(work);
        return;
      } catch (error) {
        if (!isFull(error) || turn >= SHED_TURNS || !room.bear(() => shedEnough(shed))) throw error;
      }
    }
  };
  const writeAudited = (facts: readonly AuditFact[], work: () => void = () => undefined): void =>
    withRoom(() =>
      settle(() => {
        work();
        for (const fact of facts) insert(audit.append(fact), madeAt());
      }),
    );
  const guarded = <T>(work: () => T): T => {
    try {
      return work();
    } catch (error) {
      throw storeErrorFrom(error, file);
    }
  };
  const totalsOf = (outbox: WritableOutbox): OutboxTotals => {
    const { acknowledged, damaged, evicted } = outbox.upstream.totals();
    return { upstream: outbox.upstream.name, acknowledged, damaged, evicted, pending: outbox.depth() };
  };

  return {
    outbox(name) {
      const outbox = outboxOf(name);
      return {
        generation: run.generation,
        pending: (query) => guarded(() => outbox.pending(restamping.withoutHeld(query))),
        backlogUpTo: (live) => room.bear(() => guarded(() => outbox.backlogUpTo(live))),
        acknowledge(positions) {
          room.bear(() => guarded(() => outbox.acknowledge(positions)));
          seal();
        },
        giveUp: (row) => withRoom(() => outbox.giveUp(row)),
        depth: () => guarded(() => outbox.depth()),
      };
    },
    append(records) {
      if (records.length > 0) withRoom(() => write(records));
    },
    audit: {
      append: (fact) => writeAudited([fact]),
      read: (after, limit) => guarded(() => audit.read(after, limit)),
      ends: () => guarded(() => audit.ends()),
    },
    commands: {
      floorMs: () => guarded(() => commands.floorMs()),
      find: (id) => guarded(() => commands.find(id)),
      note: (command, fact) => writeAudited([fact], () => commands.insert(command)),
      settle: ({ id, reply }, facts) => writeAudited(facts, () => commands.reply(id, reply)),
    },
    giveUp(records) {
      for (const { name, streams } of wishes) {
        const ids = records.filter(({ stream }) => streams.has(stream)).map(({ id }) => id);
        givenUp.set(name, addMissing(givenUp.get(name) ?? NOTHING_MISSING, ids, isStreamName));
      }
    },
    totals() {
      const each = outboxes.map(totalsOf);
      const sum = (of: (totals: OutboxTotals) => number) => each.reduce((total, one) => total + of(one), 0);
      return {
        stored: ledger.stored,
        acknowledged: sum(({ acknowledged }) => acknowledged),
        pending: sum(({ pending }) => pending),
        damaged: sum(({ damaged }) => damaged),
        evicted: sum(({ evicted }) => evicted),
        upstreams: each,
      };
    },
    id,
    get lastPosition() {
      return ledger.lastPosition;
    },
    goOnBehind: (mark, { heldUpTo, floorMs }) =>
      settle(() => {
        if (mark.position > ledger.lastPosition) ledger.beginAfter(mark.position);
        audit.goOnBehind(mark.audit);
        commands.raiseFloor(floorMs);
        for (const { name } of wishes)
          declare(name, 'damaged', takenBack(mark, { ledger, upTo: heldUpTo }, { upstream: name, wants }));
      }),
    beginAfter: (position) => void ledger.beginAfter(position),
    takeOver({ rows, missing, faults }) {
      settle(() => {
        for (const { row, waiting } of rows) {
          if (!ledger.restore(row)) continue;
          for (const outbox of outboxes) {
            const { name } = outbox.upstream;
            if (waiting === null ? wishOf(name)?.streams.has(row.stream) !== true : !waiting.includes(name))
              continue;
            outbox.add(row.position, relayClassOf(row.stream));
          }
        }
        for (const fault of faults) openFaults.note(fault);
        for (const [name, lost] of missing) {
          const concerned = name === EVERYBODY ? wishes.map((wish) => wish.name) : [name];
          for (const upstream of concerned) declare(upstream, 'damaged', lost);
        }
      });
      run.generation += 1;
    },
    takeOverAudit: ({ rows, ends, floorMs }) =>
      settle(() => {
        audit.restore(rows, ends);
        commands.raiseFloor(floorMs);
      }),
    requeue(query) {
      const outbox = outboxOf(query.upstream);
      const streams = wishOf(query.upstream)?.streams ?? new Set();
      const requeued = settle(() => requeue({ ledger, outbox, streams }, query));
      if (requeued.queued > 0) run.generation += 1;
      return requeued;
    },
    openFaults: () => guarded(() => openFaults.read()),
    lastStoredMs: () => guarded(() => ledger.lastMadeAtMs()),
    // By its wrong stamp a record may look as old as the machine.
    prune: (query) => (restamping.isIdle() ? settle(() => shedding.prune(query)) : 0),
    restamping,
    readLedger: (query) => guarded(() => ledger.read(query)),
    newest: (query) => guarded(() => ledger.newest(query)),
    close: () => void database.close(),
  };
}
