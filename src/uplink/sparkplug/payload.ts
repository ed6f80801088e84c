/**
 * The part of Sparkplug B that flow figures need, as protocol buffers: specification 3.0, chapter 6. Reading it
 * back with the reference library is the test; shipping that library would bring 22 MB of code generators.
 */
export interface SparkplugMetric {
  readonly name: string;
  readonly type: keyof typeof DATA_TYPES;
  /** Null says that nothing was measured; it is never sent as 0. */
  readonly value: number | boolean | null;
  /** UTC, ms since 1970: when it was true. */
  readonly atMs: number;
}

export interface SparkplugPayload {
  readonly timestampMs: number;
  readonly metrics: readonly SparkplugMetric[];
  /** 0-255; a death has none. */
  readonly seq: number | null;
}

/** Numbers of the data types (6.4.16) and of the fields that hold their values (6.4.6). */
const DATA_TYPES = {
  Int64: { code: 4, field: 11 },
  Double: { code: 10, field: 13 },
  Boolean: { code: 11, field: 14 },
  DateTime: { code: 13, field: 11 },
} as const;

const PAYLOAD = { timestamp: 1, metrics: 2, seq: 3 } as const;
const METRIC = { name: 1, timestamp: 3, datatype: 4, isNull: 7 } as const;
/** How a value is laid out, in the lower three bits of a field's key (protocol buffers, encoding). */
const WIRE = { varint: 0, fixed64: 1, bytes: 2 } as const;

export function encodeSparkplug({ timestampMs, metrics, seq }: SparkplugPayload): Buffer {
  return Buffer.concat([
    varintField(PAYLOAD.timestamp, timestampMs),
    ...metrics.map((metric) => bytesField(PAYLOAD.metrics, encodeMetric(metric))),
    ...(seq === null ? [] : [varintField(PAYLOAD.seq, seq)]),
  ]);
}

function encodeMetric({ name, type, value, atMs }: SparkplugMetric): Buffer {
  const { code, field } = DATA_TYPES[type];
  return Buffer.concat([
    bytesField(METRIC.name, Buffer.from(name)),
    varintField(METRIC.timestamp, atMs),
    varintField(METRIC.datatype, code),
    value === null ? varintField(METRIC.isNull, 1) : valueField(type, { field, value: Number(value) }),
  ]);
}

function valueField(
  type: SparkplugMetric['type'],
  { field, value }: { field: number; value: number },
): Buffer {
  if (type !== 'Double') return varintField(field, value);
  const bytes = Buffer.alloc(8);
  bytes.writeDoubleLE(value);
  return Buffer.concat([key(field, WIRE.fixed64), bytes]);
}

function varintField(field: number, value: number): Buffer {
  return Buffer.concat([key(field, WIRE.varint), varint(value)]);
}

function bytesField(field: number, bytes: Buffer): Buffer {
  return Buffer.concat([key(field, WIRE.bytes), varint(bytes.length), bytes]);
}

function key(field: number, wire: number): Buffer {
  return varint(field * 8 + wire);
}

/** Seven bits a byte, the lowest first; times in ms are beyond 32 bits. Negative numbers do not occur here. */
function varint(value: number): Buffer {
  const bytes: number[] = [];
  let rest = Math.max(0, Math.round(value));
  for (; rest > 127; rest = Math.floor(rest / 128)) bytes.push((rest % 128) + 128);
  return Buffer.from([...bytes, rest]);
}
