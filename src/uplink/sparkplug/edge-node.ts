import { encodeSparkplug, type SparkplugMetric } from './payload.ts';

/** How a Sparkplug host knows this site. Neither has `/`, `+` or `#`. */
export interface EdgeNodeNames {
  readonly groupId: string;
  readonly edgeNodeId: string;
}

export interface EdgeNodePublication {
  readonly topic: string;
  readonly payload: Buffer;
}

/** One Sparkplug edge node without devices: what it says, in order (specification 3.0, chapters 4 to 6). */
export interface EdgeNode {
  readonly commandTopic: string;
  /** Before each CONNECT: from now on births and the death carry the next `bdSeq`. */
  beginSession(): void;
  /** The will of the present session, and what is said before it ends on purpose. */
  death(nowMs: number): EdgeNodePublication;
  /** First of a session, and whenever a host asks: every metric with its latest value. */
  birth(nowMs: number): EdgeNodePublication;
  /** Latest values; sent or not, the next birth has them. */
  remember(metrics: readonly SparkplugMetric[]): void;
  /** Says what is new: a birth where the last one did not announce all of it. */
  tell(metrics: readonly SparkplugMetric[], nowMs: number): EdgeNodePublication;
}

export const REBIRTH = 'Node Control/Rebirth';
/** `bdSeq` and `seq` begin again at 0 after 255. */
const NUMBERS = 256;

export function createEdgeNode({ groupId, edgeNodeId }: EdgeNodeNames): EdgeNode {
  const topic = (kind: string): string => `spBv1.0/${groupId}/${kind}/${edgeNodeId}`;
  const latest = new Map<string, SparkplugMetric>();
  let announced = new Set<string>();
  let deathNumber = NUMBERS - 1;
  let seq = 0;

  const deathMetric = (atMs: number): SparkplugMetric => ({
    ...{ name: 'bdSeq', type: 'Int64', value: deathNumber, atMs },
  });
  const remember = (metrics: readonly SparkplugMetric[]): void => {
    for (const metric of metrics) latest.set(metric.name, metric);
  };
  const birth = (nowMs: number): EdgeNodePublication => {
    seq = 0;
    announced = new Set(latest.keys());
    const control: SparkplugMetric = { name: REBIRTH, type: 'Boolean', value: false, atMs: nowMs };
    const metrics = [deathMetric(nowMs), control, ...latest.values()];
    return { topic: topic('NBIRTH'), payload: encodeSparkplug({ timestampMs: nowMs, metrics, seq }) };
  };

  return {
    commandTopic: topic('NCMD'),
    beginSession() {
      deathNumber = (deathNumber + 1) % NUMBERS;
    },
    death(nowMs) {
      const payload = encodeSparkplug({ timestampMs: nowMs, metrics: [deathMetric(nowMs)], seq: null });
      return { topic: topic('NDEATH'), payload };
    },
    birth,
    remember,
    tell(metrics, nowMs) {
      remember(metrics);
      if (metrics.some(({ name }) => !announced.has(name))) return birth(nowMs);
      seq = (seq + 1) % NUMBERS;
      return { topic: topic('NDATA'), payload: encodeSparkplug({ timestampMs: nowMs, metrics, seq }) };
    },
  };
}
