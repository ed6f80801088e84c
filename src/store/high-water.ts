import { randomInt } from 'node:crypto';
import type { StoredRecord, StreamName } from '../traffic/stored-record.ts';
import type { WritableAudit } from './audit.ts';
import type { Database } from './database.ts';
import type { Ledger } from './ledger.ts';
import type { Mark, MarkFile } from './mark.ts';
import type { WritableOutbox } from './outbox.ts';
import { countOf, joinRanges, type Missing, NOTHING_MISSING, streamPlaceOf } from './seq-ranges.ts';

/** Keeps the mark of an open store as high as its last commit. */
export interface HighWater {
  /** A record got this position, in the caller's transaction. */
  note(record: StoredRecord, position: number): void;
  /** The transaction is on the disk. Never throws. */
  taken(): void;
  /** It is not. */
  dropped(): void;
}

export interface HighWaterParts {
  readonly markFile: MarkFile;
  readonly storeId: number;
  readonly ledger: Ledger;
  readonly audit: WritableAudit;
  readonly outboxes: readonly WritableOutbox[];
}

type Reached = Pick<Mark, 'boot' | 'bootAfter' | 'seqs' | 'audit'>;

export function createHighWater({ markFile, storeId, ledger, audit, outboxes }: HighWaterParts): HighWater {
  const { lastNumber: number, lastHash: hash } = audit.ends();
  const before = markFile.read();
  let reached: Reached =
    before?.store === storeId
      ? { ...before, audit: before.audit.number > number ? before.audit : { number, hash } }
      : { boot: '', bootAfter: ledger.lastPosition, seqs: {}, audit: { number, hash } };
  let drafted = reached;
  return {
    note(record, position) {
      const { boot, stream, seq } = record;
      const isNew = drafted.boot !== boot;
      const { bootAfter, seqs } = isNew ? { bootAfter: position - 1, seqs: {} } : drafted;
      const end = record.stream === 'audit' ? { number: record.number, hash: record.hash } : drafted.audit;
      drafted = { boot, bootAfter, seqs: { ...seqs, [stream]: seq }, audit: end };
    },
    taken() {
      reached = drafted;
      markFile.write({
        ...reached,
        store: storeId,
        position: ledger.lastPosition,
        waiting: Object.fromEntries(outboxes.map(({ upstream, depth }) => [upstream.name, depth()])),
      });
    },
    dropped() {
      drafted = reached;
    },
  };
}

/** Tells one store file from every other: SQLite's application id, drawn when the file is made. */
export function storeIdOf(database: Database): number {
  const known = Number(database.pragma('application_id', { simple: true }));
  if (known !== 0) return known;
  const drawn = randomInt(1, 2 ** 31);
  database.pragma(`application_id = ${drawn}`);
  return drawn;
}

/** Of so many records the numbers are looked up; what an older copy of a store lacks beyond is only counted. */
const NAMED_AT_MOST = 10_000;
const READ_ROWS = 1000;

/**
 * The records behind `heldUpTo` that the mark knows of, for one upstream. Those that it had got before are among them:
 * nobody knows any more, so the count is a most.
 */
export function takenBack(
  mark: Mark,
  held: { readonly ledger: Ledger; readonly upTo: number },
  {
    upstream,
    wants,
  }: { readonly upstream: string; readonly wants: (upstream: string, stream: StreamName) => boolean },
): Missing {
  const records = mark.position - held.upTo;
  if (records <= 0) return NOTHING_MISSING;
  const most = Math.min(records, mark.waiting[upstream] ?? records);
  if (records > NAMED_AT_MOST) return { ranges: [], unnamed: most };
  const before = seqsHeld(mark, held.ledger);
  const ranges = Object.entries(mark.seqs).flatMap(([name, toSeq]) => {
    const stream = name as StreamName;
    const last = before.get(stream) ?? (beginsWithin(mark) ? 0 : toSeq);
    return last < toSeq ? [{ boot: mark.boot, stream, fromSeq: last + 1, toSeq }] : [];
  });
  const named = countOf({ ranges, unnamed: 0 });
  const unnamed = Math.max(0, Math.min(records - named, most));
  return { ranges: joinRanges(ranges.filter(({ stream }) => wants(upstream, stream))), unnamed };
}

/** Whether all rows of the mark's boot are looked at, so that a stream without one had none. */
function beginsWithin({ position, bootAfter }: Mark): boolean {
  return bootAfter >= position - NAMED_AT_MOST;
}

/** How far each stream of the mark's boot has come in the rows that are there. */
function seqsHeld(mark: Mark, ledger: Ledger): ReadonlyMap<StreamName, number> {
  const seqs = new Map<StreamName, number>();
  let after = Math.max(mark.bootAfter, mark.position - NAMED_AT_MOST);
  while (after < mark.position) {
    const rows = ledger.read({ after, limit: READ_ROWS });
    for (const { position, id, stream } of rows) {
      const place = position > mark.position ? null : streamPlaceOf(id);
      if (place?.boot === mark.boot) seqs.set(stream, Math.max(seqs.get(stream) ?? 0, place.seq));
    }
    after = rows.length < READ_ROWS ? mark.position : (rows.at(-1)?.position ?? mark.position);
  }
  return seqs;
}
