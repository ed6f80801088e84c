import { CLOCK_STEP_MS } from '../base/clock.ts';
import type { FaultRecord } from '../traffic/record.ts';
import type { StoredRecord, StreamName } from '../traffic/stored-record.ts';
import type { Database } from './database.ts';
import type { Ledger } from './ledger.ts';
import type { OpenFaults } from './open-faults.ts';
import type { PendingQuery, WritableOutbox } from './outbox.ts';
import { relayClassOf } from './relay-class.ts';
import { type ClockCorrection, restamped } from './restamped.ts';

/** A clock that nobody has set: since when, and of which start of the machine, whose monotonic clock goes on. */
export interface UnsetClock {
  readonly machineBoot: string;
  /** What the wrong clock showed when the machine started, UTC ms. */
  readonly fromMs: number;
}

/**
 * Records made before a time source had set the clock: they get their true stamps once those are known, and what was sent
 * before goes out again. It survives a power cut: what is begun is finished.
 */
export interface Restamping {
  /** The clock that is known to be wrong; null when there is none, or its error is known by now. */
  unset(): UnsetClock | null;
  /**
   * From here on stamps may be wrong; the same clock again goes on. With `hold` all but the most urgent records wait for a
   * while. False while an earlier correction is still being made.
   */
  begin(clock: UnsetClock, options: { readonly hold: boolean }): boolean;
  /** The error is known; `step` does the rest. */
  correct(correction: Pick<ClockCorrection, 'shiftMs' | 'toMs'>): void;
  /** The clock was right, or nobody will know. */
  forget(): void;
  /** Looks at `rows` records at most. True when nothing is left to do. */
  step(rows: number): boolean;
}

export interface RestampingParts {
  readonly database: Database;
  readonly ledger: Ledger;
  readonly openFaults: OpenFaults;
  readonly outboxes: readonly WritableOutbox[];
  readonly monoMs: () => number;
  wants(upstream: string, stream: StreamName): boolean;
  /** Runs a transaction. */
  settle<T>(work: () => T): T;
  /** Rows wait again that may have been read already. */
  requeued(): void;
}

/** For so long records may wait for their stamps; then they go out as they are, marked, and again when they are right. */
export const HOLD_UNSTAMPED_MS = 600_000;

/** After a restart, until it is known what the clock is worth now. */
const HOLD_AT_START_MS = 10_000;

interface Row extends UnsetClock {
  readonly afterPosition: number;
  readonly shiftMs: number | null;
  readonly toMs: number | null;
  readonly upTo: number | null;
}

export interface LiveRestamping extends Restamping {
  /** No record has a stamp that is known to be wrong. */
  isIdle(): boolean;
  /** Keeps rows from an upstream that wait for their stamps. */
  withoutHeld(query: PendingQuery): PendingQuery;
}

export function createRestamping(parts: RestampingParts): LiveRestamping {
  const { database, ledger, openFaults, outboxes, monoMs, wants, settle } = parts;
  const select = database.prepare<[], Row>(
    `SELECT machine_boot AS machineBoot, from_ms AS fromMs, after_position AS afterPosition,
       shift_ms AS shiftMs, to_ms AS toMs, up_to AS upTo FROM unset_clock`,
  );
  const insert = database.prepare<[string, number, number]>(
    'INSERT OR REPLACE INTO unset_clock (only_row, machine_boot, from_ms, after_position) VALUES (1, ?, ?, ?)',
  );
  const finish = database.prepare<[number, number, number]>(
    'UPDATE unset_clock SET shift_ms = ?, to_ms = ?, up_to = ?',
  );
  const advance = database.prepare<[number]>('UPDATE unset_clock SET after_position = ?');
  const end = database.prepare<[]>('DELETE FROM unset_clock');
  /** Beside the file, because each look into the outbox asks. */
  let row = select.get() ?? null;
  /** The clock is not only unproven, but wrong. */
  let isWrong = false;
  /** Whatever goes wrong with the stamps, a receiver waits no longer than this. */
  let holdUntilMs =
    row === null
      ? Number.NEGATIVE_INFINITY
      : monoMs() + (row.shiftMs === null ? HOLD_AT_START_MS : HOLD_UNSTAMPED_MS);

  /** True when its stamps have changed. */
  const rewrite = (position: number, correction: ClockCorrection): boolean => {
    const [found] = ledger.read({ after: position - 1, limit: 1 });
    if (found?.position !== position) return false;
    const { fromMs, toMs, shiftMs } = correction;
    const stored = parseRecord(found.body);
    if (stored === null) return false;
    const record = restamped(stored, correction);
    const isMadeWrong = found.madeAtMs >= fromMs && found.madeAtMs <= toMs;
    const right = {
      madeAtMs: isMadeWrong ? found.madeAtMs + shiftMs : found.madeAtMs,
      body: record === null ? found.body : JSON.stringify(record),
    };
    if (!ledger.rewrite(position, right) || record === null) return false;
    if (record.stream === 'fault') noteOpening(record);
    for (const outbox of outboxes) {
      const relayClass = relayClassOf(found.stream);
      if (!wants(outbox.upstream.name, found.stream) || outbox.has(position, relayClass)) continue;
      outbox.add(position, relayClass);
    }
    return true;
  };
  const noteOpening = (record: FaultRecord): void => {
    const isOpen = record.phase === 'open' && openFaults.read().some(({ id }) => id === record.id);
    if (isOpen) openFaults.note(record);
  };
  const reload = (): Row | null => {
    row = select.get() ?? null;
    return row;
  };

  return {
    unset: () =>
      row === null || row.shiftMs !== null ? null : { machineBoot: row.machineBoot, fromMs: row.fromMs },
    begin({ machineBoot, fromMs }, { hold }) {
      if (row !== null && row.shiftMs !== null) return false;
      const isKnown = row?.machineBoot === machineBoot && Math.abs(row.fromMs - fromMs) <= CLOCK_STEP_MS;
      if (!isKnown) settle(() => insert.run(machineBoot, Math.round(fromMs), ledger.lastPosition));
      holdUntilMs = hold ? monoMs() + HOLD_UNSTAMPED_MS : Number.NEGATIVE_INFINITY;
      isWrong = hold;
      reload();
      return true;
    },
    forget() {
      if (row === null || row.shiftMs !== null) return;
      settle(() => end.run());
      isWrong = false;
      reload();
    },
    correct({ shiftMs, toMs }) {
      holdUntilMs = monoMs() + HOLD_UNSTAMPED_MS;
      settle(() => finish.run(Math.round(shiftMs), Math.round(toMs), ledger.lastPosition));
      reload();
    },
    step(rows) {
      const now = reload();
      if (now?.shiftMs == null || now.toMs === null || now.upTo === null) return true;
      const { fromMs, toMs, shiftMs, upTo } = now;
      const positions = ledger
        .scan(now.afterPosition, rows)
        .map(({ position }) => position)
        .filter((position) => position <= upTo);
      const changed = settle(() => {
        const rewritten = positions.filter((position) => rewrite(position, { fromMs, toMs, shiftMs }));
        if (positions.length < rows) end.run();
        else advance.run(positions.at(-1) ?? upTo);
        return rewritten.length;
      });
      if (changed > 0) parts.requeued();
      return reload() === null;
    },
    isIdle: () => row === null || (row.shiftMs === null && !isWrong),
    withoutHeld(query) {
      if (query.class === 1 || row === null || monoMs() >= holdUntilMs) return query;
      return { ...query, upTo: Math.min(query.upTo ?? row.afterPosition, row.afterPosition) };
    },
  };
}

/** Null for a text that the disk has altered. */
function parseRecord(body: string): StoredRecord | null {
  try {
    return JSON.parse(body);
  } catch {
    return null;
  }
}
