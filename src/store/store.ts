import { existsSync } from 'node:fs';
import type { Clock } from '../base/clock.ts';
import { createSystemClock } from '../base/clock.ts';
import { RoadsideError } from '../base/errors.ts';
import type { FaultRecord } from '../traffic/record.ts';
import type { AuditFact, StoredRecord, StreamName } from '../traffic/stored-record.ts';
import type { Audit } from './audit.ts';
import type { CommandJournal } from './command-journal.ts';
import type { Origin } from './gap-records.ts';
import type { LedgerQuery, LedgerRow, NewestQuery, PruneOptions } from './ledger.ts';
import { type LiveStore, NO_ORIGIN, openLiveStore } from './live-store.ts';
import { openMark } from './mark.ts';
import type { Outbox } from './outbox.ts';
import { forgetUnsaved, quarantine, type SetAside, unsavedOf } from './quarantine.ts';
import type { Requeued, RequeueQuery } from './requeue.ts';
import type { Restamping } from './restamping.ts';
import { COMMANDS_LAST_MS, openSalvage, type Salvage, type SalvageFindings } from './salvage.ts';
import { createStoreRun } from './store-run.ts';

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
  /** Told once for each damaged file, when it is known what could be saved. */
  readonly onHealed?: (healing: Healing) => void;
  /** Told at the opening, when fewer records are there than had been stored. */
  readonly onTakenBack?: (records: number) => void;
}

/** A store file that was damaged, set aside, and replaced by a new one with all that could be read. */
export interface Healing {
  /** What was wrong, in SQLite's words. */
  readonly problem: string;
  /** Where the damaged file lies now. Nobody deletes it but a technician. */
  readonly setAside: string;
  readonly findings: SalvageFindings;
}

/** What one upstream has got and what waits for it. `pending` = relayed - acknowledged - damaged - evicted. */
export interface OutboxTotals {
  readonly upstream: string;
  readonly acknowledged: number;
  readonly pending: number;
  /** Rows that the disk altered: never relayed, declared missing. */
  readonly damaged: number;
  /** Rows that gave way when there was no room, or were too large for it: declared missing. */
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
  /** What was done to the agent; each entry is a record of stream `audit` as well. */
  readonly audit: AuditLog;
  readonly commands: CommandJournal;
  totals(): StoreTotals;
  /** The opening records of the faults that are open, whichever run opened them. */
  openFaults(): readonly FaultRecord[];
  /** When the newest record was stored, UTC ms; null in an empty store. */
  lastStoredMs(): number | null;
  /** Deletes acknowledged rows made before `beforeMs`, looking at `limit` rows. Returns how many went. */
  prune(options: PruneOptions): number;
  /** Goes on saving rows from a damaged file, `rows` at most. True when there is nothing more to save. */
  salvage(rows: number): boolean;
  /** Marks stored records for relaying again, as far as they are still there; each call looks at a piece. */
  requeue(query: RequeueQuery): Requeued;
  /** What is to be done about records that were made before the clock was set. */
  readonly restamping: Restamping;
  /** One page of records in order of storing; the last row's `position` is the next page's `after`. */
  readLedger(query: LedgerQuery): readonly LedgerRow[];
  /** The newest records of a stream, newest first, without rows that the disk has altered. */
  newest(query: NewestQuery): readonly LedgerRow[];
  close(): void;
}

export interface AuditLog extends Audit {
  /** @throws RoadsideError as Store.append */
  append(fact: AuditFact): void;
}

/** A start takes so long over a damaged file, if looking it over is not longer; the rest is saved while the gateway works. */
const SALVAGE_AT_ONCE_MS = 4000;
const SALVAGE_ROWS = 500;

/**
 * Opens the store; a damaged file is set aside and what can be read is taken over, at the opening and whenever
 * damage is met later. What cannot be read but waited for an upstream is declared missing, and so is what the mark
 * beside the file knows of and the file does not hold. Those who only look change nothing, and see damage thrown.
 *
 * @throws RoadsideError store-locked, store-newer, store-not-durable, store-unavailable; store-corrupt to those who
 *   only look
 */
export function openStore(options: StoreOptions): Store {
  const { file, origin = NO_ORIGIN, clock = createSystemClock(), upstreams } = options;
  const markFile = upstreams === undefined ? null : openMark(`${file}.mark`);
  const run = createStoreRun(origin, clock, markFile);
  /** Files that were set aside, the newest first; `salvage` reads the first of them. */
  let unsaved: readonly SetAside[] = [];
  let salvage: Salvage | null = null;
  let live = openOrHeal();

  function openOrHeal(): LiveStore {
    const mark = markFile?.read() ?? null;
    let opened: LiveStore;
    try {
      opened = openLiveStore(options, run);
    } catch (error) {
      return heal(error);
    }
    const heldUpTo = opened.lastPosition;
    if (markFile !== null) unsaved = unsavedOf(file).toReversed();
    // Before anything is stored: it may be that no position has been kept free for what is saved.
    if (unsaved[0] !== undefined) salvage = beginSalvage(unsaved[0], opened);
    if (mark === null || mark.store !== opened.id || mark.position <= heldUpTo) return opened;
    opened.goOnBehind(mark, { heldUpTo, floorMs: clock.now().wallMs + COMMANDS_LAST_MS });
    options.onTakenBack?.(mark.position - heldUpTo);
    return opened;
  }
  /** Rethrows what is no damage. */
  function heal(error: unknown): LiveStore {
    if (!(error instanceof RoadsideError) || error.code !== 'store-corrupt' || !existsSync(file)) throw error;
    if (markFile === null) throw error;
    const untilMs = clock.monoMs() + SALVAGE_AT_ONCE_MS;
    const { wallMs } = clock.now();
    const setAside = quarantine(file, { wallMs, problem: error.message, mark: markFile.read() });
    unsaved = [
      setAside,
      ...unsavedOf(file)
        .filter(({ path }) => path !== setAside.path)
        .toReversed(),
    ];
    salvage?.close();
    const fresh = openLiveStore(options, run);
    salvage = beginSalvage(setAside, fresh);
    while (clock.monoMs() < untilMs && !save(fresh, SALVAGE_ROWS));
    return fresh;
  }
  /** May be done again by a later run that goes on. */
  function beginSalvage({ path, mark }: SetAside, into: LiveStore): Salvage {
    const begun = openSalvage(path, mark?.position);
    const { wallMs } = clock.now();
    if (begun.lastPosition > into.lastPosition) into.beginAfter(begun.lastPosition);
    if (into.audit.ends().lastNumber === 0) into.takeOverAudit(begun.audit(wallMs));
    if (mark !== null) into.goOnBehind(mark, { heldUpTo: mark.position, floorMs: wallMs + COMMANDS_LAST_MS });
    return begun;
  }
  function save(into: LiveStore, rows: number): boolean {
    const [setAside, ...others] = unsaved;
    if (setAside === undefined) return true;
    salvage ??= beginSalvage(setAside, into);
    if (!salvage.step(into, rows)) return false;
    const { path, problem, mark } = setAside;
    if (mark !== null) into.goOnBehind(mark, { heldUpTo: salvage.heldUpTo, floorMs: 0 });
    salvage.close();
    options.onHealed?.({ problem, setAside: path, findings: salvage.findings });
    salvage = null;
    unsaved = others;
    forgetUnsaved(setAside);
    return others.length === 0;
  }
  /** Does it again with a healed store when damage is met; damage in the new file as well is not bearable. */
  const whole = <T>(work: (store: LiveStore) => T): T => {
    try {
      return work(live);
    } catch (error) {
      if (!(error instanceof RoadsideError) || error.code !== 'store-corrupt') throw error;
      live.close();
      live = heal(error);
      return work(live);
    }
  };

  return {
    outbox: (upstream) => ({
      get generation() {
        return live.outbox(upstream).generation;
      },
      pending: (query) => whole((store) => store.outbox(upstream).pending(query)),
      backlogUpTo: (live) => whole((store) => store.outbox(upstream).backlogUpTo(live)),
      acknowledge: (positions) => whole((store) => store.outbox(upstream).acknowledge(positions)),
      giveUp: (row) => whole((store) => store.outbox(upstream).giveUp(row)),
      depth: () => whole((store) => store.outbox(upstream).depth()),
    }),
    append: (records) => whole((store) => store.append(records)),
    giveUp: (records) => live.giveUp(records),
    audit: {
      append: (fact) => whole((store) => store.audit.append(fact)),
      read: (after, limit) => whole((store) => store.audit.read(after, limit)),
      ends: () => whole((store) => store.audit.ends()),
    },
    commands: {
      floorMs: () => whole((store) => store.commands.floorMs()),
      find: (id) => whole((store) => store.commands.find(id)),
      note: (command, fact) => whole((store) => store.commands.note(command, fact)),
      settle: (settled, facts) => whole((store) => store.commands.settle(settled, facts)),
    },
    totals: () => whole((store) => store.totals()),
    openFaults: () => whole((store) => store.openFaults()),
    lastStoredMs: () => whole((store) => store.lastStoredMs()),
    prune: (query) => whole((store) => store.prune(query)),
    salvage: (rows) => whole((store) => save(store, rows)),
    requeue: (query) => whole((store) => store.requeue(query)),
    restamping: {
      unset: () => whole((store) => store.restamping.unset()),
      begin: (unset, hold) => whole((store) => store.restamping.begin(unset, hold)),
      forget: () => whole((store) => store.restamping.forget()),
      correct: (correction) => whole((store) => store.restamping.correct(correction)),
      step: (rows) => whole((store) => store.restamping.step(rows)),
    },
    readLedger: (query) => whole((store) => store.readLedger(query)),
    newest: (query) => whole((store) => store.newest(query)),
    close() {
      salvage?.close();
      live.close();
      markFile?.close();
    },
  };
}
