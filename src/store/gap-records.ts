import type { Clock } from '../base/clock.ts';
import { recordId } from '../base/ids.ts';
import type { GapReason, GapRecord, RecordGap, SeqRange, StreamName } from '../traffic/stored-record.ts';
import { createNumbering } from './numbering.ts';
import { isStreamName } from './relay-class.ts';
import { addMissing, countOf, joinRanges, type Missing, NOTHING_MISSING } from './seq-ranges.ts';

/** Whose records these are. */
export interface Origin {
  readonly site: string;
  readonly boot: string;
  readonly configRev: string;
}

/** Keeps one record within what brokers take in one packet. */
const RANGES_PER_RECORD = 500;

export interface GapRecords {
  /** What is missing, as records with the numbers that come next; they count as given out after `taken`. */
  draft(gap: Pick<RecordGap, 'upstream' | 'reason'>, missing: Missing): readonly GapRecord[];
  /** The transaction that stores the drafts is on the disk. */
  taken(): void;
  /** It is not: the numbers are free again. */
  dropped(): void;
}

/** Numbers the gap records of this boot, whichever files they are stored in. */
export function createGapRecords(origin: Origin, clock: Clock): GapRecords {
  const { next, taken, dropped } = createNumbering();
  return {
    taken,
    dropped,
    draft({ upstream, reason }, missing) {
      return split(missing).map((part): GapRecord => {
        const seq = next();
        const { wallMs, quality } = clock.now();
        return {
          stream: 'gap',
          id: recordId({ ...origin, stream: 'gap', seq }),
          ...origin,
          seq,
          observedAtMs: Math.round(wallMs),
          clock: quality,
          ...{ upstream, reason: reason satisfies GapReason, count: countOf(part), ...part },
        };
      });
    },
  };
}

/** What an upstream misses with these rows: a gap record that gives way itself hands on what it declared. */
export function missingWithin(
  rows: readonly { readonly id: string; readonly stream: StreamName; readonly body: string }[],
  name: string,
): Missing {
  let missing = addMissing(
    NOTHING_MISSING,
    rows.map(({ id }) => id),
    isStreamName,
  );
  for (const { stream, body } of rows) {
    if (stream !== 'gap') continue;
    const { upstream, ranges, unnamed }: GapRecord = JSON.parse(body);
    if (upstream !== name) continue;
    missing = { ranges: joinRanges([...missing.ranges, ...ranges]), unnamed: missing.unnamed + unnamed };
  }
  return missing;
}

function split({ ranges, unnamed }: Missing): readonly Missing[] {
  if (ranges.length <= RANGES_PER_RECORD) return [{ ranges, unnamed }];
  const parts: Missing[] = [];
  for (let from = 0; from < ranges.length; from += RANGES_PER_RECORD) {
    const part: readonly SeqRange[] = ranges.slice(from, from + RANGES_PER_RECORD);
    parts.push({ ranges: part, unnamed: from === 0 ? unnamed : 0 });
  }
  return parts;
}
