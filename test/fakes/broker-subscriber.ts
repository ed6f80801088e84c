import { readFileSync } from 'node:fs';
import { Ajv, type ValidateFunction } from 'ajv';
import { connect, type IPublishPacket } from 'mqtt';
import { until } from './broker.ts';

/** One message as the platform saw it. */
export interface Receipt {
  readonly topic: string;
  readonly payload: Readonly<Record<string, unknown>>;
  readonly retained: boolean;
  readonly properties: IPublishPacket['properties'];
}

/** The platform's bookkeeping, by (boot, stream, seq). */
export interface LedgerReport {
  readonly distinct: number;
  /** Copies that the gateway sent again, told by their stamp; repetitions by the broker itself are the same. */
  readonly duplicates: number;
  /** `boot/stream: missing seq` for each number below the highest seen that never came. */
  readonly gaps: readonly string[];
  /** Ids whose first arrival came after a later number of the same boot and stream. */
  readonly disordered: readonly string[];
  /** What the shipped contract does not allow. */
  readonly invalid: readonly string[];
}

export interface PlatformSubscriber {
  readonly receipts: readonly Receipt[];
  records(): readonly Receipt[];
  states(): readonly Receipt[];
  untilDistinct(count: number): Promise<void>;
  report(): LedgerReport;
  close(): Promise<void>;
}

/** A platform with a durable session that subscribes to everything and checks it against the contract. */
export async function openSubscriber(options: {
  readonly url: string;
  readonly version: 5 | 4;
  readonly user?: string;
  readonly password?: string;
}): Promise<PlatformSubscriber> {
  const { url, version, user, password } = options;
  const client = connect(url, {
    clientId: `platform-${process.hrtime.bigint()}`,
    protocolVersion: version,
    clean: false,
    reconnectPeriod: 20,
    ...(version === 5 ? { properties: { sessionExpiryInterval: 3600 } } : {}),
    ...(user === undefined ? {} : { username: user }),
    ...(password === undefined ? {} : { password }),
  });
  const receipts: Receipt[] = [];
  /** When each copy of a record was sent, by its id. */
  const arrivals = new Map<string, Set<unknown>>();
  const invalid: string[] = [];
  const validatorOf = contractValidators();
  client.on('error', () => undefined);
  client.on('message', (topic, bytes, packet) => {
    const payload: Record<string, unknown> = JSON.parse(bytes.toString());
    const { retain: retained, properties } = packet;
    receipts.push({ topic, payload, retained, properties });
    const accepts = validatorOf(String(payload['schema']));
    if (!accepts(payload)) invalid.push(`${topic}: ${JSON.stringify(accepts.errors)}`);
    const id = payload['id'];
    if (typeof id !== 'string') return;
    const copies = arrivals.get(id) ?? new Set();
    arrivals.set(id, copies.add(payload['publishedAtMs']));
  });
  await new Promise<void>((resolve) => client.once('connect', () => resolve()));
  await client.subscribeAsync('roadside/v1/#', { qos: 1 });

  return {
    receipts,
    records: () => receipts.filter(({ payload }) => 'id' in payload),
    states: () => receipts.filter(({ payload }) => 'state' in payload),
    untilDistinct: (count) => until(() => arrivals.size >= count),
    report() {
      const duplicates = [...arrivals.values()].reduce((sum, copies) => sum + copies.size - 1, 0);
      return { distinct: arrivals.size, duplicates, invalid, ...sequencesOf([...arrivals.keys()]) };
    },
    close: () => client.endAsync(true),
  };
}

function sequencesOf(ids: readonly string[]): Pick<LedgerReport, 'gaps' | 'disordered'> {
  const series = new Map<string, number[]>();
  const disordered: string[] = [];
  for (const id of ids) {
    const [, boot, stream, seq] = id.split('/');
    const key = `${boot}/${stream}`;
    const seen = series.get(key) ?? [];
    if (Number(seq) < (seen.at(-1) ?? 0)) disordered.push(id);
    seen.push(Number(seq));
    series.set(key, seen);
  }
  const gaps = [...series].flatMap(([key, seen]) => {
    const known = new Set(seen);
    return Array.from({ length: Math.max(...seen) }, (_, index) => index + 1)
      .filter((seq) => !known.has(seq))
      .map((seq) => `${key}: missing ${seq}`);
  });
  return { gaps, disordered };
}

function contractValidators(): (schema: string) => ValidateFunction {
  const file = new URL('../../docs/contract/asyncapi.json', import.meta.url);
  const contract: { components: { schemas: Record<string, object> } } = JSON.parse(
    readFileSync(file, 'utf8'),
  );
  const ajv = new Ajv({ strictTypes: false });
  const validators = new Map(
    Object.entries(contract.components.schemas).map(([name, schema]) => [
      `roadside.${name}/1`,
      ajv.compile(schema),
    ]),
  );
  const refusesAll = ajv.compile(false);
  return (schema) => validators.get(schema) ?? refusesAll;
}
