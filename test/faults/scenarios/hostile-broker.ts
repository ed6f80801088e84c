import { join } from 'node:path';
import type { Store } from '../../../src/store/store.ts';
import type { Uplink } from '../../../src/uplink/uplink.ts';
import { createLedgerOracle, type LedgerOracle } from '../ledger-oracle.ts';
import { openLocalStore, startLocalUplink } from '../local-uplink.ts';
import { deliveryOf } from '../platform-notes.ts';
import { batchOf } from '../programs/batches.ts';
import { untilSoon } from '../programs.ts';
import { type Outcome, type Scenario, type Stand, unless } from '../scenario.ts';
import {
  type BrokerScript,
  type ScriptedBroker,
  startScriptedBroker,
  type WireClient,
} from '../scripted-broker.ts';

const WINDOW = 20;
const TURNS = 160;
const ACK_DEADLINE_MS = 300;
const SOON_MS = 30_000;
/** Reason codes of MQTT 5, 2.4. */
const NOT_AUTHORIZED = 0x87;
const SERVER_BUSY = 0x89;

interface Part {
  readonly broker: ScriptedBroker;
  readonly store: Store;
  readonly uplink: Uplink;
  readonly oracle: LedgerOracle;
  readonly total: number;
  /** Follows the script, and notes what arrives. */
  follow(script: BrokerScript): void;
}

async function openPart(stand: Stand, name: string, ackDeadlineMs = ACK_DEADLINE_MS): Promise<Part> {
  const broker = await startScriptedBroker();
  stand.leave(() => broker.dispose());
  const store = openLocalStore(stand, join(stand.folder, `${name}.db`));
  const oracle = createLedgerOracle({ upstream: 'platform', repeatsAllowed: 0 });
  for (let turn = 1; turn <= TURNS; turn += 1) {
    const batch = batchOf(name, turn);
    store.append(batch);
    for (const record of batch) {
      oracle.offer(record);
      oracle.accept(record.id);
    }
  }
  const follow = (script: BrokerScript): void =>
    broker.follow({
      ...script,
      published(publication, client) {
        oracle.deliver(deliveryOf(publication));
        if (script.published === undefined) client.acknowledge(publication.packetId);
        else script.published(publication, client);
      },
    });
  const total = store.outbox('platform').depth();
  const changes = { ackDeadlineMs };
  return {
    broker,
    store,
    oracle,
    total,
    follow,
    uplink: startLocalUplink(stand, store, { url: broker.url, changes }),
  };
}

/** The broker behaves again; everything must arrive now. */
async function recover(name: string, part: Part): Promise<readonly string[]> {
  part.follow({});
  await untilSoon(`${name}: all is delivered`, SOON_MS, () => part.store.outbox('platform').depth() === 0);
  await part.uplink.stop(1000);
  const { broken } = part.oracle.verdict({ repeatsAllowed: part.broker.connects * WINDOW });
  return broken.map((sentence) => `${name}: ${sentence}`);
}

/** Ways to treat a client badly, for `connects` connections. */
const WAYS: Readonly<Record<string, () => BrokerScript>> = {
  'it does not know us': () => ({ connack: NOT_AUTHORIZED }),
  'it is busy': () => ({ connack: SERVER_BUSY }),
  'it hangs up on CONNECT': () => ({ connack: 'hang-up' }),
  'it never acknowledges': () => ({ published: () => undefined }),
  'it acknowledges what was never sent': () => ({
    published: ({ packetId }, client) => client.acknowledge((packetId + 1000) % 65_536),
  }),
  'it sends more in one packet than we take': () => ({
    connected: (client) => client.publish('roadside/v1/renmin-lu-3/flood', Buffer.alloc(1_000_000)),
    published: () => undefined,
  }),
};

export const hostileBroker: Scenario = {
  name: 'hostile-broker',
  about:
    'a broker refuses, keeps silent, acknowledges wrong numbers, hangs up: nothing is forgotten before its PUBACK',
  needs: [],
  async run(stand): Promise<Outcome> {
    const connections = stand.long ? 50 : 6;
    const broken: string[] = [];
    let connects = 0;
    for (const [name, way] of Object.entries(WAYS)) {
      const part = await openPart(stand, `boot-${connects}`);
      part.follow(way());
      await untilSoon(`${name}: it tries again`, SOON_MS, () => part.broker.connects >= connections);
      broken.push(
        ...unless({
          [`${name}: every record is kept`]: part.store.outbox('platform').depth() === part.total,
        }),
        ...(await recover(name, part)),
      );
      connects += part.broker.connects;
    }
    const part = await openPart(stand, 'boot-drops');
    part.follow(hangUpAfter(7));
    await untilSoon(
      'it makes progress',
      SOON_MS,
      () => part.store.outbox('platform').depth() < part.total / 2,
    ).catch((error: unknown) => {
      const { connects: tries } = part.broker;
      throw new Error(
        `${String(error)}: ${part.store.outbox('platform').depth()} of ${part.total} after ${tries}`,
      );
    });
    broken.push(...(await recover('it hangs up after seven', part)));
    return { n: connects + part.broker.connects, seen: `${Object.keys(WAYS).length + 1} ways`, broken };
  },
};

function hangUpAfter(records: number): BrokerScript {
  const taken = new Map<WireClient, number>();
  return {
    published({ packetId }, client) {
      const count = (taken.get(client) ?? 0) + 1;
      taken.set(client, count);
      if (count > records) client.hangUp();
      else client.acknowledge(packetId);
    },
  };
}

/** Just within what the client says that it takes. */
const LARGE_BYTES = 200_000;
const SMALL_BYTES = 1000;
const MOST_WAITING_BYTES = 2_000_000;
const MOST_HELD_BYTES = 300 * 2 ** 20;
const megabytes = (bytes: number): string => (bytes / 2 ** 20).toFixed(0);

export const floodedDownlink: Scenario = {
  name: 'flooded-downlink',
  about: 'the broker sends ever more of what nobody asked for: memory stays bounded and the records go out',
  needs: [],
  async run(stand): Promise<Outcome> {
    const seconds = stand.long ? 60 : 5;
    const part = await openPart(stand, 'boot-flood', SOON_MS);
    let sent = 0;
    let flooding = true;
    stand.leave(() => {
      flooding = false;
    });
    part.follow({
      connected(client) {
        const flood = (): void => {
          if (!flooding || client.waiting() === Number.POSITIVE_INFINITY) return;
          while (client.waiting() < MOST_WAITING_BYTES) {
            client.publish(
              'roadside/v1/renmin-lu-3/flood',
              Buffer.alloc(sent % 50 === 0 ? LARGE_BYTES : SMALL_BYTES),
            );
            sent += 1;
          }
          setImmediate(flood);
        };
        flood();
      },
    });
    const before = process.memoryUsage.rss();
    let resident = before;
    let held = 0;
    const untilMs = performance.now() + seconds * 1000;
    for (let turn = 1000; performance.now() < untilMs; turn += 1) {
      const batch = batchOf('boot-flood', turn);
      part.store.append(batch);
      for (const record of batch) {
        part.oracle.offer(record);
        part.oracle.accept(record.id);
      }
      part.uplink.notify();
      const { rss, heapUsed, external } = process.memoryUsage();
      resident = Math.max(resident, rss);
      held = Math.max(held, heapUsed + external);
      await new Promise((resolve) => setTimeout(resolve, 20));
    }
    const isDelivered = (): boolean => part.store.outbox('platform').depth() === 0;
    await untilSoon('all is delivered under the flood', SOON_MS, isDelivered).catch((error: unknown) => {
      throw new Error(`${String(error)}; ${JSON.stringify(part.uplink.status())}`);
    });
    flooding = false;
    return {
      n: sent,
      seen:
        `${part.broker.connects} connections, up to ${megabytes(held)} MB in use, resident memory grew by ` +
        `${megabytes(resident - before)} MB, the broker’s included`,
      broken: [
        ...(await recover('flood', part)),
        // Not the resident memory: the allocator keeps what it has handed out and got back.
        ...unless({ 'no more than 300 MB are in use': held < MOST_HELD_BYTES }),
      ],
    };
  },
};
