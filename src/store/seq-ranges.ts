import type { SeqRange, StreamName } from '../traffic/stored-record.ts';

/** Records by their place in their stream; those whose id cannot be read are counted only. */
export interface Missing {
  readonly ranges: readonly SeqRange[];
  readonly unnamed: number;
}

export const NOTHING_MISSING: Missing = { ranges: [], unnamed: 0 };

const ID = /^[^/]+\/([^/]+)\/([a-z]+)\/(\d{1,15})$/;

/** What a record's id says of its place; null when damage has made it unreadable. */
export function streamPlaceOf(
  id: string,
): { readonly boot: string; readonly stream: string; readonly seq: number } | null {
  const [, boot, stream, seq] = ID.exec(id) ?? [];
  return boot === undefined || stream === undefined ? null : { boot, stream, seq: Number(seq) };
}

/**
 * Adds record ids (`site/boot/stream/seq`), joining what is consecutive.
 *
 * @param isStream tells the names of streams from what damage has made of one
 */
export function addMissing(
  missing: Missing,
  ids: readonly string[],
  isStream: (name: string) => name is StreamName,
): Missing {
  const named: SeqRange[] = [];
  for (const id of ids) {
    const place = streamPlaceOf(id);
    if (place === null || !isStream(place.stream)) continue;
    const { boot, stream, seq } = place;
    named.push({ boot, stream, fromSeq: seq, toSeq: seq });
  }
  return {
    ranges: joinRanges([...missing.ranges, ...named]),
    unnamed: missing.unnamed + ids.length - named.length,
  };
}

/** The same numbers in as few ranges as possible, by boot, stream and number. */
export function joinRanges(ranges: readonly SeqRange[]): readonly SeqRange[] {
  const joined: SeqRange[] = [];
  for (const range of ranges.toSorted(byPlace)) {
    const last = joined.at(-1);
    const follows =
      last?.boot === range.boot && last.stream === range.stream && range.fromSeq <= last.toSeq + 1;
    if (last === undefined || !follows) joined.push(range);
    else joined[joined.length - 1] = { ...last, toSeq: Math.max(last.toSeq, range.toSeq) };
  }
  return joined;
}

export function countOf({ ranges, unnamed }: Missing): number {
  return ranges.reduce((sum, { fromSeq, toSeq }) => sum + toSeq - fromSeq + 1, unnamed);
}

function byPlace(a: SeqRange, b: SeqRange): number {
  if (a.boot !== b.boot) return a.boot < b.boot ? -1 : 1;
  if (a.stream !== b.stream) return a.stream < b.stream ? -1 : 1;
  return a.fromSeq - b.fromSeq;
}
