import type { Clock } from '../base/clock.ts';
import { recordId } from '../base/ids.ts';
import type { GapReason, GapRecord, RecordGap, SeqRange } from '../traffic/stored-record.ts';
import { countOf, type Missing } from './seq-ranges.ts';

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

/** Numbers the gap records of this boot. A number is given out once its record is on the disk, and never before. */
export function createGapRecords(origin: Origin, clock: Clock): GapRecords {
  let given = 0;
  let drafted = 0;
  return {
    draft({ upstream, reason }, missing) {
      return split(missing).map((part): GapRecord => {
        drafted += 1;
        const seq = given + drafted;
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
    taken() {
      given += drafted;
      drafted = 0;
    },
    dropped() {
      drafted = 0;
    },
  };
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
