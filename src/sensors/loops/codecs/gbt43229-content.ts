/** Contents of GB/T 43229-2023, annex B. A content that does not fit its table is refused as a whole. */

/** One channel's statistics. What overflowed its field or had no vehicle is null. */
export interface ChannelStatistics {
  readonly channel: number;
  /** Vehicles of 12 m and more (A), of 6 to less than 12 m (B), below 6 m (C): Table B.25. */
  readonly classCounts: { readonly a: number; readonly b: number; readonly c: number } | null;
  readonly occupancyPct: number | null;
  /** Arithmetic mean. */
  readonly meanSpeedKmh: number | null;
  readonly meanLengthM: number | null;
  readonly meanHeadwayS: number | null;
  readonly meanGapS: number | null;
}

/** Object 0302, Table B.39. Stamps are local time, ms since 1970 in a zone that they do not name. */
export interface Statistics {
  readonly startMs: number;
  readonly endMs: number;
  readonly channels: readonly ChannelStatistics[];
}

export interface ChannelStatus {
  readonly channel: number;
  /** Null for states that the standard reserves. */
  readonly isNormal: boolean | null;
}

const CHANNELS_MAX = 128;
const STAMP_BYTES = 6;
const STATISTICS_BYTES = 20;
const STATUS_BYTES = 4;
/** The period of the statistics: Table B.24. */
const SHORTEST_MS = 2000;
const LONGEST_MS = 3_600_000;
const FULL_OCCUPANCY = 1000;
const [FULL_BYTE, FULL_WORD] = [0xff, 0xffff];

/** Null when the content is not laid out like this. */
export function parseStatistics(content: Uint8Array): Statistics | null {
  const records = splitRecords(content, { headBytes: 2 * STAMP_BYTES, recordBytes: STATISTICS_BYTES });
  if (records === null) return null;
  const view = viewOf(content);
  // Whole seconds: the other two bytes of a stamp are reserved here.
  const startMs = view.getUint32(0, true) * 1000;
  const endMs = view.getUint32(STAMP_BYTES, true) * 1000;
  if (endMs - startMs < SHORTEST_MS || endMs - startMs > LONGEST_MS) return null;
  const channels = records.map(parseChannelStatistics);
  return channels.every((it) => it !== null) ? { startMs, endMs, channels } : null;
}

/** Object 0205, Table B.30. Null when the content is not laid out like this. */
export function parseStatus(content: Uint8Array): readonly ChannelStatus[] | null {
  const records = splitRecords(content, { headBytes: STAMP_BYTES, recordBytes: STATUS_BYTES });
  if (records === null) return null;
  return records.map(([channel = 0, state = 0]) => ({ channel, isNormal: state > 1 ? null : state === 0 }));
}

/** Table B.40. A field with all bits set could not hold its value. */
function parseChannelStatistics(record: Uint8Array): ChannelStatistics | null {
  const view = viewOf(record);
  const occupancy = view.getUint16(7, true);
  if (occupancy > FULL_OCCUPANCY) return null;
  const [a, b, c] = [view.getUint16(1, true), view.getUint16(3, true), view.getUint16(5, true)];
  const isEmpty = a + b + c === 0;
  /** 0 is no vehicle's speed, length or headway. */
  const mean = (value: number, full: number): number | null =>
    isEmpty || value === 0 || value === full ? null : value;
  return {
    channel: view.getUint8(0),
    classCounts: Math.max(a, b, c) === FULL_WORD ? null : { a, b, c },
    occupancyPct: occupancy / 10,
    meanSpeedKmh: mean(view.getUint8(9), FULL_BYTE),
    meanLengthM: tenths(mean(view.getUint16(10, true), FULL_WORD)),
    meanHeadwayS: tenths(mean(view.getUint8(12), FULL_BYTE)),
    meanGapS: tenths(mean(view.getUint8(13), FULL_BYTE)),
  };
}

/** A head, the number of channels, and as many records, each beginning with its channel. */
function splitRecords(
  content: Uint8Array,
  { headBytes, recordBytes }: { readonly headBytes: number; readonly recordBytes: number },
): readonly Uint8Array[] | null {
  const count = content[headBytes] ?? 0;
  const body = content.subarray(headBytes + 1);
  if (content.length !== headBytes + 1 + count * recordBytes) return null;
  const records = Array.from({ length: count }, (_, index) =>
    body.subarray(index * recordBytes, (index + 1) * recordBytes),
  );
  const channels = new Set(records.map(([channel = 0]) => channel));
  const areChannels = [...channels].every((channel) => channel >= 1 && channel <= CHANNELS_MAX);
  return areChannels && channels.size === count ? records : null;
}

function tenths(value: number | null): number | null {
  return value === null ? null : value / 10;
}

function viewOf(bytes: Uint8Array): DataView {
  return new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
}
