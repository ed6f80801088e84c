import { createRequire } from 'node:module';
import { connectAsync } from 'mqtt';
import { until } from './broker.ts';

/** One metric as the reference library reads it; numbers that it keeps as 64-bit objects are numbers here. */
export interface DecodedMetric {
  readonly name: string;
  readonly type: string;
  readonly value: unknown;
  readonly timestampMs: number;
}

export interface DecodedPublication {
  /** `NBIRTH`, `NDATA` or `NDEATH`. */
  readonly kind: string;
  readonly topic: string;
  readonly qos: number;
  readonly retained: boolean;
  /** Null where the payload has none. */
  readonly seq: number | null;
  readonly timestampMs: number;
  readonly metrics: readonly DecodedMetric[];
}

interface LibraryMetric {
  readonly name: string;
  readonly type: string;
  readonly value: unknown;
  readonly timestamp: unknown;
}
interface LibraryPayload {
  readonly timestamp: unknown;
  readonly seq?: unknown;
  readonly metrics: readonly LibraryMetric[];
}

/** The library is CommonJS without a module for imports. */
const library: {
  get(namespace: 'spBv1.0'): {
    decodePayload(bytes: Uint8Array): LibraryPayload;
    encodePayload(payload: object): Uint8Array;
  };
} = createRequire(import.meta.url)('sparkplug-payload');
const sparkplug = library.get('spBv1.0');

export function decodeSparkplug(
  bytes: Uint8Array,
): Pick<DecodedPublication, 'seq' | 'timestampMs' | 'metrics'> {
  const { timestamp, seq, metrics } = sparkplug.decodePayload(bytes);
  return {
    timestampMs: Number(timestamp),
    seq: seq === undefined || seq === null ? null : Number(seq),
    metrics: metrics.map(({ name, type, value, timestamp: at }) => ({
      name,
      type,
      value: typeof value === 'object' && value !== null ? Number(value) : value,
      timestampMs: Number(at),
    })),
  };
}

/** A host application: it sees everything of a group, and asks for births. */
export async function openSparkplugHost(url: string, { groupId }: { readonly groupId: string }) {
  const client = await connectAsync(url, { protocolVersion: 4 });
  const seen: DecodedPublication[] = [];
  client.on('message', (topic, bytes, { qos, retain: retained }) => {
    seen.push({ kind: topic.split('/')[2] ?? '', topic, qos, retained, ...decodeSparkplug(bytes) });
  });
  for (const kind of ['NBIRTH', 'NDATA', 'NDEATH']) {
    await client.subscribeAsync(`spBv1.0/${groupId}/${kind}/#`, { qos: 1 });
  }
  return {
    seen,
    kinds: () => seen.map(({ kind }) => kind),
    untilSeen: (count: number) => until(() => seen.length >= count),
    async ask(edgeNodeId: string) {
      const metric = { name: 'Node Control/Rebirth', type: 'Boolean', value: true, timestamp: 1 };
      const payload = sparkplug.encodePayload({ timestamp: 1, metrics: [metric] });
      await client.publishAsync(`spBv1.0/${groupId}/NCMD/${edgeNodeId}`, Buffer.from(payload), { qos: 1 });
    },
    close: () => client.endAsync(true),
  };
}
