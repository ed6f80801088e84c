import type { FaultRecord } from '../traffic/record.ts';
import { pendingChecksum, rowChecksum, textChecksum } from './checksums.ts';
import { type Database, openDamaged } from './database.ts';
import type { LedgerRow } from './ledger.ts';
import { EVERYBODY, type LiveStore, type SavedRow } from './live-store.ts';
import { isStreamName } from './relay-class.ts';
import { repairHeader } from './repair-header.ts';
import { addMissing, type Missing, NOTHING_MISSING } from './seq-ranges.ts';

/** What was found in a damaged file. */
export interface SalvageFindings {
  /** Whether the file still told who waited for what: if not, all of `saved` is sent again, and `lost` is a least. */
  readonly counted: boolean;
  /** Records taken over as they had been stored. */
  readonly saved: number;
  /** Records that are there and are not what was stored. */
  readonly altered: number;
  /** Records that waited for somebody and are not there. */
  readonly lost: number;
}

/** Reads a damaged file row by row, around what cannot be read. */
export interface Salvage {
  /** No row of the file lies behind this, as far as can be told. */
  readonly lastPosition: number;
  readonly findings: SalvageFindings;
  /** Saves `rows` more. True when there are no more. */
  step(into: Pick<LiveStore, 'takeOver' | 'has'>, rows: number): boolean;
  close(): void;
}

/** Rows behind the last one that could be read, when the file does not say where it ends. */
const LOOK_BEYOND = 1_000_000;
/** A store that counts beyond this has not counted: a number was altered. */
const LARGEST_POSITION = 2 ** 48;
/** Farthest jump over rows that cannot be read: about what fits on a damaged page of the table's upper levels. */
const LONGEST_JUMP = 4096;

type ReadRow = LedgerRow & { readonly crc: number };
type WaitingRow = { readonly upstream: number; readonly class: number; readonly crc: number };

/** Never throws: of a file that cannot even be opened, nothing is saved. */
export function openSalvage(file: string): Salvage {
  const salvage = tryToSave(file);
  if (salvage !== null) return salvage;
  const repaired = tolerate(() => repairHeader(file)) === true ? tryToSave(file) : null;
  return repaired ?? NOTHING_TO_SAVE;
}

function tryToSave(file: string): Salvage | null {
  const database = tolerate(() => openDamaged(file));
  if (database === null) return null;
  const salvage = tolerate(() => salvageOf(database));
  if (salvage === null) tolerate(() => database.close());
  return salvage;
}

const NOTHING_TO_SAVE: Salvage = {
  lastPosition: 0,
  findings: { counted: false, saved: 0, altered: 0, lost: 0 },
  step: () => true,
  close: () => undefined,
};

function salvageOf(database: Database): Salvage {
  const names = new Map(
    (
      tolerate(() =>
        database.prepare<[], { number: number; name: string }>('SELECT number, name FROM upstreams').all(),
      ) ?? []
    ).map(({ number, name }) => [number, name]),
  );
  const nextRow = database.prepare<[number], ReadRow>(
    `SELECT position, id, stream, made_at_ms AS madeAtMs, body, crc FROM ledger NOT INDEXED
     WHERE position >= ? ORDER BY position LIMIT 1`,
  );
  const nextWaiting = database.prepare<[number], { readonly position: number }>(
    'SELECT position FROM pending NOT INDEXED WHERE position >= ? ORDER BY position LIMIT 1',
  );
  const waitingFor = database.prepare<[number], WaitingRow>(
    'SELECT upstream, class, crc FROM pending NOT INDEXED WHERE position = ?',
  );
  const lastPosition = lastPositionOf(database);
  // Where its order is damaged, looking up a position misses rows that are there.
  const tellsWhoWaits =
    tolerate(() => database.pragma("integrity_check('pending')", { simple: true })) === 'ok';
  const findings = { counted: tellsWhoWaits, saved: 0, altered: 0, lost: 0 };
  const missing = new Map<string, Missing>();
  const rows = readAround((from) => nextRow.get(from), lastPosition);
  const altered = new Set<number>();

  const addLost = (upstreams: readonly string[] | null, id: string): void => {
    for (const name of upstreams ?? [EVERYBODY]) {
      missing.set(name, addMissing(missing.get(name) ?? NOTHING_MISSING, [id], isStreamName));
    }
  };
  /** Null when it cannot be told who waits. */
  const waitingOf = (position: number): readonly string[] | null => {
    if (!tellsWhoWaits) return null;
    const rows = tolerate(() => waitingFor.all(position));
    if (rows === null) return null;
    const whole = rows.every(
      (row) => names.has(row.upstream) && row.crc === pendingChecksum({ ...row, position }),
    );
    return whole ? rows.map(({ upstream }) => names.get(upstream) ?? '') : null;
  };
  /** What waited and has not come over: told apart by position, counted without a name. */
  const declareGone = (into: Pick<LiveStore, 'has'>): void => {
    for (const { position } of readAround((from) => nextWaiting.get(from), lastPosition)) {
      if (altered.has(position) || into.has(position)) continue;
      addLost(waitingOf(position), '');
      findings.lost += 1;
    }
  };
  const openFaults = (): readonly FaultRecord[] =>
    (
      tolerate(() =>
        database
          .prepare<[], { readonly body: string; readonly crc: number }>('SELECT body, crc FROM open_faults')
          .all(),
      ) ?? []
    )
      .filter(({ body, crc }) => textChecksum(body) === crc)
      .map(({ body }): FaultRecord => JSON.parse(body));

  return {
    lastPosition,
    findings,
    step(into, limit) {
      const saved: SavedRow[] = [];
      let done = false;
      while (saved.length < limit && !done) {
        const read = rows.next();
        if (read.done === true) {
          done = true;
          continue;
        }
        const row = read.value;
        const waiting = waitingOf(row.position);
        if (isStreamName(row.stream) && rowChecksum(row) === row.crc) {
          saved.push({ row, waiting });
        } else {
          altered.add(row.position);
          findings.altered += 1;
          addLost(waiting, row.id);
        }
      }
      findings.saved += saved.length;
      into.takeOver({ rows: saved, missing: new Map(), faults: done ? openFaults() : [] });
      if (done) {
        declareGone(into);
        into.takeOver({ rows: [], missing, faults: [] });
      }
      return done;
    },
    close: () => void tolerate(() => database.close()),
  };
}

/** Rows in order of position, around what cannot be read: after a failure it tries farther and farther on. */
function* readAround<Row extends { readonly position: number }>(
  firstFrom: (position: number) => Row | undefined,
  lastPosition: number,
): Generator<Row> {
  let next = 1;
  let jump = 1;
  /** Far behind the last row that could be read there is nothing but damage. */
  let reached = 0;
  while (next <= lastPosition && next - reached <= LOOK_BEYOND) {
    const read = tolerate(() => firstFrom(next) ?? 'end');
    if (read === 'end') return;
    if (read === null) {
      next += jump;
      jump = Math.min(LONGEST_JUMP, jump * 2);
      continue;
    }
    yield read;
    jump = 1;
    reached = read.position;
    next = reached + 1;
  }
}

function lastPositionOf(database: Database): number {
  const position = (sql: string): number =>
    tolerate(() => database.prepare<[], { readonly position: number | null }>(sql).get()?.position) ?? 0;
  const known = Math.max(
    position('SELECT max(position) AS position FROM ledger NOT INDEXED'),
    position('SELECT max(position) AS position FROM pending NOT INDEXED'),
    position("SELECT seq AS position FROM sqlite_sequence WHERE name = 'ledger'"),
  );
  return known > 0 && known < LARGEST_POSITION ? known : LOOK_BEYOND;
}

/** Null where the damage is met; it is around that this file reads. */
function tolerate<T>(read: () => T): T | null {
  try {
    return read();
  } catch {
    return null;
  }
}
