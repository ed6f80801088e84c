import { type Clock, createSystemClock } from '../base/clock.ts';
import { RoadsideError } from '../base/errors.ts';
import type { FaultRecord } from '../traffic/record.ts';
import type { GapReason, GapRecord, StoredRecord, StreamName } from '../traffic/stored-record.ts';
import { createCounters } from './counters.ts';
import { openDatabase, storeErrorFrom } from './database.ts';
import { createGapRecords, type Origin } from './gap-records.ts';
import { createLedger, type LedgerQuery, type LedgerRow, type PruneOptions } from './ledger.ts';
import { createOpenFaults } from './open-faults.ts';
import { createOutbox, type Outbox, type WritableOutbox } from './outbox.ts';
import { isStreamName, relayClassOf } from './relay-class.ts';
import { addMissing, countOf, joinRanges, type Missing, NOTHING_MISSING } from './seq-ranges.ts';
import { createShedding } from './shedding.ts';
import { openUpstreams, readUpstreams, type Upstream } from './upstreams.ts';

/** One receiver of records, and which streams it gets. Whole streams only, so that `seq` proves completeness. */
export interface UpstreamWish {
  readonly name: string;
  readonly streams: ReadonlySet<StreamName>;
}

export interface StoreOptions {
  readonly file: string;
  /**
   * Who gets the records. An upstream that the file knows and that is not named here is forgotten. Without this,
   * as for tools that only look, nothing is queued and nobody forgotten.
   */
  readonly upstreams?: readonly UpstreamWish[];
  /** Whose records these are; needed to say which are missing. */
  readonly origin?: Origin;
  /** Upper limit of the file, in pages of 4096 bytes. */
  readonly maxPages?: number;
  /** Width of the coarsest flow intervals: finer ones give way first when there is no room. */
  readonly coarsestFlowS?: number;
  /** Stamps when a record was stored, by which the uplink tells live from replayed. */
  readonly clock?: Clock;
}

/** What one upstream has got and what waits for it. `pending` = relayed - acknowledged - damaged - evicted. */
export interface OutboxTotals {
  readonly upstream: string;
  readonly acknowledged: number;
  readonly pending: number;
  /** Rows that the disk altered: never relayed, declared missing. */
  readonly damaged: number;
  /** Rows that gave way when there was no room: declared missing. */
  readonly evicted: number;
}

/** Counts since the store file was made, of all upstreams together and of each. */
export interface StoreTotals extends Omit<OutboxTotals, 'upstream'> {
  readonly stored: number;
  readonly upstreams: readonly OutboxTotals[];
}

/** Everything the gateway keeps. One process at a time; a returned call is on the disk. */
export interface Store {
  /** @throws Error when `upstream` is not one of the options */
  outbox(upstream: string): Outbox;
  /**
   * Stores records and marks them for relaying, in one transaction: all of them or none. At the page limit it
   * makes room first (shedding.ts) and declares what went.
   *
   * @throws RoadsideError store-full when no room can be made, store-unavailable when the disk fails;
   *   Error when an id is known already, which is a fault of the program.
   */
  append(records: readonly StoredRecord[]): void;
  /** Records that will never be stored: they are declared missing with the next records that are. */
  giveUp(records: readonly StoredRecord[]): void;
  totals(): StoreTotals;
  /** The opening records of the faults that are open, whichever run opened them. */
  openFaults(): readonly FaultRecord[];
  /** When the newest record was stored, UTC ms; null in an empty store. */
  lastStoredMs(): number | null;
  /** Deletes acknowledged rows made before `beforeMs`, looking at `limit` rows. Returns how many went. */
  prune(options: PruneOptions): number;
  /** One page of records in order of storing; the last row's `position` is the next page's `after`. */
  readLedger(query: LedgerQuery): readonly LedgerRow[];
  close(): void;
}

/** Rows that give way at a time: some ten pages, room for a minute or more. */
const SHED_ROWS = 100;
/** Turns of shedding for one append; a small file may need several for one page. */
const SHED_TURNS = 20;
const NO_ORIGIN: Origin = { site: 'unknown', boot: 'unknown', configRev: 'unknown' };

/** @throws RoadsideError store-locked, store-newer, store-corrupt, store-not-durable, store-unavailable */
export function openStore(options: StoreOptions): Store {
  const { file, origin = NO_ORIGIN, clock = createSystemClock() } = options;
  const wishes = options.upstreams ?? [];
  const database = openDatabase(options);
  const ledger = createLedger(database);
  const counters = createCounters(database);
  const openFaults = createOpenFaults(database);
  const gaps = createGapRecords(origin, clock);
  const upstreams: readonly Upstream[] =
    options.upstreams === undefined
      ? readUpstreams(database)
      : openUpstreams(
          database,
          wishes.map(({ name }) => name),
        );
  const outboxes: readonly WritableOutbox[] = upstreams.map((upstream) =>
    createOutbox(database, upstream, (ids) => declare(upstream.name, 'damaged', missingOf(ids))),
  );
  const shedding = createShedding(database, { outboxes, coarsestFlowS: options.coarsestFlowS ?? 0 });
  /** Records given up, by upstream, until they can be declared. */
  const givenUp = new Map<string, Missing>();

  const wishOf = (upstream: string): UpstreamWish | undefined => wishes.find(({ name }) => name === upstream);
  const missingOf = (ids: readonly string[]): Missing => addMissing(NOTHING_MISSING, ids, isStreamName);

  const insert = (record: StoredRecord, madeAtMs: number): void => {
    const { id, stream } = record;
    const position = ledger.insert({ id, stream, madeAtMs, body: JSON.stringify(record) });
    if (record.stream === 'fault') openFaults.note(record);
    for (const outbox of outboxes) {
      // What is missing concerns one upstream, but all get it, so that no number of its stream is missing itself.
      if (record.stream !== 'gap' && wishOf(outbox.upstream.name)?.streams.has(stream) !== true) continue;
      outbox.add(position, relayClassOf(stream));
      outbox.upstream.add({ relayed: 1 });
    }
  };
  const madeAt = (): number => Math.round(clock.now().wallMs);
  function declare(upstream: string, reason: GapReason, missing: Missing): void {
    if (countOf(missing) === 0) return;
    const records = gaps.draft({ upstream, reason }, missing);
    for (const record of records) insert(record, madeAt());
    counters.addStored(records.length);
  }
  /** Runs a transaction that may declare records missing. */
  const settle = <T>(work: () => T): T => {
    try {
      const result = database.transaction(work)();
      gaps.taken();
      return result;
    } catch (error) {
      gaps.dropped();
      throw storeErrorFrom(error, file);
    }
  };
  const write = (records: readonly StoredRecord[]): void => {
    settle(() => {
      for (const record of records) insert(record, madeAt());
      counters.addStored(records.length);
      for (const [upstream, missing] of givenUp) declare(upstream, 'unstored', missing);
    });
    givenUp.clear();
  };
  /** False when nothing is left that may go. */
  const makeRoom = (): boolean =>
    settle(() => {
      const { delivered, evictions } = shedding.shed(SHED_ROWS, madeAt());
      for (const { outbox, rows } of evictions) {
        const { name } = outbox.upstream;
        declare(name, 'evicted', missingWithin(rows, name));
      }
      return delivered > 0 || evictions.length > 0;
    });
  /** A gap record that gives way itself hands on what it declared. */
  const missingWithin = (
    rows: readonly { readonly id: string; readonly stream: StreamName; readonly body: string }[],
    name: string,
  ): Missing => {
    let missing = missingOf(rows.map(({ id }) => id));
    for (const { stream, body } of rows) {
      if (stream !== 'gap') continue;
      const { upstream, ranges, unnamed }: GapRecord = JSON.parse(body);
      if (upstream !== name) continue;
      missing = { ranges: joinRanges([...missing.ranges, ...ranges]), unnamed: missing.unnamed + unnamed };
    }
    return missing;
  };
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
      const outbox = outboxes.find(({ upstream }) => upstream.name === name);
      if (outbox === undefined) throw new Error(`no upstream ${name}`);
      return {
        pending: (query) => settle(() => outbox.pending(query)),
        acknowledge: (positions) => guarded(() => outbox.acknowledge(positions)),
        depth: () => guarded(() => outbox.depth()),
      };
    },
    append(records) {
      if (records.length === 0) return;
      for (let turn = 0; ; turn += 1) {
        try {
          write(records);
          return;
        } catch (error) {
          const isFull = error instanceof RoadsideError && error.code === 'store-full';
          if (!isFull || turn >= SHED_TURNS || !makeRoom()) throw error;
        }
      }
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
        stored: counters.stored(),
        acknowledged: sum(({ acknowledged }) => acknowledged),
        pending: sum(({ pending }) => pending),
        damaged: sum(({ damaged }) => damaged),
        evicted: sum(({ evicted }) => evicted),
        upstreams: each,
      };
    },
    openFaults: () => guarded(() => openFaults.read()),
    lastStoredMs: () => guarded(() => ledger.lastMadeAtMs()),
    prune: (query) => guarded(() => ledger.prune(query)),
    readLedger: (query) => guarded(() => ledger.read(query)),
    close: () => void database.close(),
  };
}
