import type { FaultRecord } from '../traffic/record.ts';
import { createAuditReader } from './audit.ts';
import type { AuditEnds } from './audit-chain.ts';
import { certainIdOf, pendingChecksum, rowChecksum, textChecksum } from './checksums.ts';
import { createCommands } from './command-journal.ts';
import { type Database, openDamaged } from './database.ts';
import type { LedgerRow } from './ledger.ts';
import type { LiveStore } from './live-store.ts';
import { unpackBody } from './packed-body.ts';
import { isStreamName } from './relay-class.ts';
import { repairHeader } from './repair-header.ts';
import { EVERYBODY, type SavedRow } from './saved-row.ts';
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
  /** Once all is saved: rows up to this are taken over or declared missing. */
  readonly heldUpTo: number;
  readonly findings: SalvageFindings;
  /** What of the audit can be read, and until when commands may have been seen that nobody remembers now. */
  audit(nowMs: number): Parameters<LiveStore['takeOverAudit']>[0];
  /** Saves `rows` more. True when there are no more. */
  step(into: Pick<LiveStore, 'takeOver'>, rows: number): boolean;
  close(): void;
}

/** Rows behind the last one that could be read, when the file does not say where it ends. */
const LOOK_BEYOND = 1_000_000;
/** A store that counts beyond this has not counted: a number was altered. */
const LARGEST_POSITION = 2 ** 48;
/** Farthest jump over rows that cannot be read: about what fits on a damaged page of the table's upper levels. */
const LONGEST_JUMP = 4096;

/** No command that was seen expires later after now. */
export const COMMANDS_LAST_MS = 6 * 60_000;
const FAR_OFF_MS = 366 * 86_400_000;

type ReadRow = LedgerRow & { readonly crc: number };
interface WaitingRow {
  readonly upstream: number;
  readonly class: number;
  readonly position: number;
  readonly crc: number;
}

/**
 * Never throws: of a file that cannot even be opened, nothing is saved.
 *
 * @param knownLast where the file is known to end, should it not tell any more
 */
export function openSalvage(file: string, knownLast = LOOK_BEYOND): Salvage {
  const salvage = tryToSave(file, knownLast);
  if (salvage !== null) return salvage;
  const repaired = tolerate(() => repairHeader(file)) === true ? tryToSave(file, knownLast) : null;
  return repaired ?? NOTHING_TO_SAVE;
}

function tryToSave(file: string, knownLast: number): Salvage | null {
  const database = tolerate(() => openDamaged(file));
  if (database === null) return null;
  const salvage = tolerate(() => salvageOf(database, knownLast));
  if (salvage === null) tolerate(() => database.close());
  return salvage;
}

const NOTHING_TO_SAVE: Salvage = {
  lastPosition: 0,
  heldUpTo: 0,
  findings: { counted: false, saved: 0, altered: 0, lost: 0 },
  audit: (nowMs) => ({ rows: [], ends: null, floorMs: nowMs + COMMANDS_LAST_MS }),
  step: () => true,
  close: () => undefined,
};

function salvageOf(database: Database, knownLast: number): Salvage {
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
  const lastPosition = lastPositionOf(database) ?? knownLast;
  const waiting = tolerate(() => readWaiting(database, names));
  const findings = { counted: waiting !== null, saved: 0, altered: 0, lost: 0 };
  const missing = new Map<string, Missing>();
  let reached = 0;
  const rows = readAround((from) => nextRow.get(from), lastPosition);

  const addLost = (upstreams: readonly string[] | null, id: string): void => {
    for (const name of upstreams ?? [EVERYBODY]) {
      missing.set(name, addMissing(missing.get(name) ?? NOTHING_MISSING, [id], isStreamName));
    }
  };
  /** Null when it cannot be told who waits. */
  const takeWaiting = (position: number): readonly string[] | null => {
    if (waiting === null) return null;
    const found = waiting.get(position) ?? [];
    waiting.delete(position);
    return found;
  };
  /** What waited and was not there: counted without a name. */
  const declareGone = (): void => {
    for (const upstreams of waiting?.values() ?? []) {
      addLost(upstreams, '');
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
    get heldUpTo() {
      return waiting === null ? reached : lastPosition;
    },
    findings,
    audit: (nowMs) => readAudit(database, nowMs),
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
        reached = row.position;
        const wanted = takeWaiting(row.position);
        if (isStreamName(row.stream) && rowChecksum(row) === row.crc) {
          saved.push({ row: { ...row, body: unpackBody(row.body) }, waiting: wanted });
        } else {
          findings.altered += 1;
          addLost(wanted, certainIdOf(row));
        }
      }
      findings.saved += saved.length;
      into.takeOver({ rows: saved, missing: new Map(), faults: done ? openFaults() : [] });
      if (done) {
        declareGone();
        into.takeOver({ rows: [], missing, faults: [] });
      }
      return done;
    },
    close: () => void tolerate(() => database.close()),
  };
}

/** Entries around what cannot be read: a hole stays a hole. */
function readAudit(database: Database, nowMs: number): ReturnType<Salvage['audit']> {
  const rows = tolerate(() => {
    const first = database.prepare<[number], { readonly position: number; readonly body: string }>(
      'SELECT number AS position, body FROM audit WHERE number >= ? ORDER BY number LIMIT 1',
    );
    const read = [...readAround((from) => first.get(from), LOOK_BEYOND)];
    return read.flatMap(({ position, body }) =>
      typeof body === 'string' ? [{ number: position, body }] : [],
    );
  });
  const ends = tolerate(() => wholeEnds(createAuditReader(database).ends()));
  const commands = tolerate(() => createCommands(database));
  const floorMs = tolerate(() => commands?.floorMs()) ?? 0;
  const lastMs = tolerate(() => commands?.lastExpiryMs()) ?? 0;
  // A number that the damage has made up must not have all commands refused for ever.
  const [knownFloorMs, knownLastMs] = [floorMs, lastMs].map((ms) => (ms < nowMs + FAR_OFF_MS ? ms : 0));
  return {
    rows: rows ?? [],
    ends,
    floorMs: Math.max(knownFloorMs ?? 0, knownLastMs ?? 0, nowMs + COMMANDS_LAST_MS),
  };
}

/** Null when a damaged page has put something else in the place of numbers and hashes. */
function wholeEnds(ends: AuditEnds): AuditEnds | null {
  const { beforeNumber, beforeHash, lastNumber, lastHash } = ends;
  const isWhole =
    [beforeNumber, lastNumber].every(Number.isSafeInteger) &&
    [beforeHash, lastHash].every((hash) => typeof hash === 'string');
  return isWhole ? ends : null;
}

/**
 * Who waits for which position. A list that is not whole is worth nothing, because what it does not name would
 * never be sent.
 *
 * @throws Error when it is damaged
 */
function readWaiting(database: Database, names: ReadonlyMap<number, string>): Map<number, readonly string[]> {
  // Where the order of a table is damaged, reading it misses rows that are there.
  if (database.pragma("integrity_check('pending')", { simple: true }) !== 'ok')
    throw new Error('pending is damaged');
  const waiting = new Map<number, readonly string[]>();
  // One list for all rows that wait for the same upstream alone: a month without a link is a million rows.
  const alone = new Map([...names].map(([number, name]) => [number, [name]]));
  const all = database.prepare<[], WaitingRow>('SELECT upstream, class, position, crc FROM pending');
  for (const row of all.iterate()) {
    const one = alone.get(row.upstream);
    if (one === undefined || row.crc !== pendingChecksum(row)) throw new Error('a row is damaged');
    const before = waiting.get(row.position);
    waiting.set(row.position, before === undefined ? one : [...before, ...one]);
  }
  return waiting;
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

/** Null when the file does not tell. */
function lastPositionOf(database: Database): number | null {
  const position = (sql: string): number =>
    tolerate(() => database.prepare<[], { readonly position: number | null }>(sql).get()?.position) ?? 0;
  const known = Math.max(
    position('SELECT max(position) AS position FROM ledger NOT INDEXED'),
    position('SELECT max(position) AS position FROM pending'),
    position('SELECT last_position AS position FROM progress'),
  );
  return known > 0 && known < LARGEST_POSITION ? known : null;
}

/** Null where the damage is met; it is around that this file reads. */
function tolerate<T>(read: () => T): T | null {
  try {
    return read();
  } catch {
    return null;
  }
}
