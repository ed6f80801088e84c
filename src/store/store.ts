import { type Clock, createSystemClock } from '../base/clock.ts';
import type { FaultRecord, StreamName, TrafficRecord } from '../traffic/record.ts';
import { createCounters } from './counters.ts';
import { openDatabase, storeErrorFrom } from './database.ts';
import { createLedger, type LedgerQuery, type LedgerRow, type PruneOptions } from './ledger.ts';
import { createOpenFaults } from './open-faults.ts';
import { createOutbox, type Outbox } from './outbox.ts';

export interface StoreOptions {
  readonly file: string;
  /** Records of other streams are kept but not relayed. */
  readonly relayedStreams: ReadonlySet<StreamName>;
  /** Upper limit of the file, in pages of 4096 bytes. */
  readonly maxPages?: number;
  /** Stamps when a record was stored, by which the uplink tells live from replayed. */
  readonly clock?: Clock;
}

/** Counts since the store file was made: `pending` = relayed streams' `stored` - `acknowledged` - `damaged`. */
export interface StoreTotals {
  readonly stored: number;
  readonly acknowledged: number;
  readonly pending: number;
  /** Rows that the disk altered: never relayed, still in the ledger. */
  readonly damaged: number;
}

/** Everything the gateway keeps. One process at a time; a returned call is on the disk. */
export interface Store {
  readonly outbox: Outbox;
  /**
   * Stores records and marks them for relaying, in one transaction: all of them or none.
   *
   * @throws RoadsideError store-full when the page limit is reached, store-unavailable when the disk fails;
   *   Error when an id is known already, which is a fault of the program.
   */
  append(records: readonly TrafficRecord[]): void;
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

/** @throws RoadsideError store-locked, store-newer, store-corrupt, store-not-durable, store-unavailable */
export function openStore(options: StoreOptions): Store {
  const { file, relayedStreams, clock = createSystemClock() } = options;
  const database = openDatabase(options);
  const ledger = createLedger(database);
  const outbox = createOutbox(database);
  const counters = createCounters(database);
  const openFaults = createOpenFaults(database);

  const append = database.transaction((records: readonly TrafficRecord[], madeAtMs: number) => {
    let relayed = 0;
    for (const record of records) {
      const { id, stream } = record;
      const position = ledger.insert({ id, stream, madeAtMs, body: JSON.stringify(record) });
      if (record.stream === 'fault') openFaults.note(record);
      if (!relayedStreams.has(stream)) continue;
      outbox.add(position, stream);
      relayed += 1;
    }
    counters.add({ stored: records.length, relayed });
  });
  const guarded = <T>(work: () => T): T => {
    try {
      return work();
    } catch (error) {
      throw storeErrorFrom(error, file);
    }
  };

  return {
    outbox: {
      pending: (query) => guarded(() => outbox.pending(query)),
      acknowledge: (positions) => guarded(() => outbox.acknowledge(positions)),
      depth: () => guarded(() => outbox.depth()),
    },
    append(records) {
      if (records.length === 0) return;
      guarded(() => append(records, Math.round(clock.now().wallMs)));
    },
    totals() {
      const { stored, acknowledged, damaged } = counters.read();
      return { stored, acknowledged, damaged, pending: outbox.depth() };
    },
    openFaults: () => guarded(() => openFaults.read()),
    lastStoredMs: () => guarded(() => ledger.lastMadeAtMs()),
    prune: (query) => guarded(() => ledger.prune(query)),
    readLedger: (query) => guarded(() => ledger.read(query)),
    close: () => void database.close(),
  };
}
