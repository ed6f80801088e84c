import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { TrafficRecord } from '../../src/traffic/record.ts';
import { until } from '../fakes/broker.ts';
import { startMosquitto } from '../fakes/broker-mosquitto.ts';
import { openSubscriber } from '../fakes/broker-subscriber.ts';
import { passageRecord } from '../fakes/records.ts';
import { openUplinkStand, type UplinkStand } from '../fakes/uplink-stand.ts';
import { startScriptedBroker } from '../faults/scripted-broker.ts';

let stand: UplinkStand;
beforeEach(() => {
  stand = openUplinkStand();
});
afterEach(() => stand.close());

/** More than a broker is asked about one class before the rest of it is held. */
const LARGE = 12;
const ALL = 60;

/** Passages, of which each fifth is too large, with what no real one has. */
function passages(extraBytes: number): readonly TrafficRecord[] {
  const isLarge = (seq: number): boolean => seq % 5 === 0;
  return Array.from({ length: ALL }, (_, index) => passageRecord({ seq: index + 1 })).map((record) =>
    isLarge(record.seq) ? { ...record, configRev: 'x'.repeat(extraBytes) } : record,
  );
}

describe('records that are too large for the broker', () => {
  it.each([
    ['by what it announces', ['max_packet_size 20000'], 30_000, 20_000],
    ['by our own limit, where it announces none', [], 300_000, 262_144],
  ])('%s are given up alone and declared; the rest goes on', async (_why, extra, bytes, maxBytes) => {
    const broker = await startMosquitto({ extra });
    stand.leaveWith(() => broker.dispose());
    const platform = await openSubscriber({ url: broker.url, version: 5 });
    stand.leaveWith(() => platform.close());
    stand.store.append(passages(bytes));
    const uplink = stand.start(broker.url);
    await until(() => stand.store.outbox('platform').depth() === 0);

    const received = platform.records().map(({ payload }) => payload);
    const seqs = received.flatMap(({ stream, seq }) => (stream === 'passage' ? [Number(seq)] : []));
    expect(seqs).toEqual(Array.from({ length: ALL }, (_, n) => n + 1).filter((seq) => seq % 5 !== 0));
    const gaps = received.filter(({ stream }) => stream === 'gap');
    expect(gaps).toMatchObject(Array(LARGE).fill({ reason: 'oversized', upstream: 'platform', count: 1 }));
    expect(gaps.flatMap(({ ranges }) => ranges)).toEqual(
      Array.from({ length: LARGE }, (_, n) => n * 5 + 5).map((seq) =>
        expect.objectContaining({ boot: 'boot-1', stream: 'passage', fromSeq: seq, toSeq: seq }),
      ),
    );
    expect(platform.report()).toMatchObject({ duplicates: 0, invalid: [] });
    const { state, connects, error } = uplink.status();
    expect({ state, connects }).toEqual({ state: 'online', connects: 1 });
    expect(error?.code).toBe('uplink-record-refused');
    expect(error?.text).toMatch(/renmin-lu-3\/boot-1\/passage\/60 takes \d+ bytes/);
    expect(error?.text).toContain(`no more than ${maxBytes}`);
    expect(stand.store.totals()).toMatchObject({ evicted: LARGE, pending: 0 });
  });

  it('are still in the store, and a backfill sends them to a broker that takes them', async () => {
    const small = await startMosquitto({ extra: ['max_packet_size 20000'] });
    stand.leaveWith(() => small.dispose());
    stand.store.append(passages(30_000));
    const uplink = stand.start(small.url);
    await until(() => stand.store.outbox('platform').depth() === 0);
    await uplink.stop(1000);

    const large = await startMosquitto();
    stand.leaveWith(() => large.dispose());
    const platform = await openSubscriber({ url: large.url, version: 5 });
    stand.leaveWith(() => platform.close());
    const span = { fromMs: 0, toMs: Date.now() + 1000, limit: 1000 };
    expect(stand.store.requeue({ upstream: 'platform', ...span }).queued).toBeGreaterThanOrEqual(ALL);
    stand.start(large.url);
    await platform.untilDistinct(ALL);
    expect(platform.report().gaps).toEqual([]);
  });
});

describe('a broker that hangs up over one record, and says why', () => {
  it('gets all the others; the one is held back, and the status names it with its size', async () => {
    const broker = await startScriptedBroker();
    stand.leaveWith(() => broker.dispose());
    const arrived: number[] = [];
    broker.follow({
      published({ packetId, payload }, client) {
        const { seq }: { seq: number } = JSON.parse(payload);
        if (seq === 5) {
          client.disconnect(0x95);
          return;
        }
        arrived.push(seq);
        client.acknowledge(packetId);
      },
    });
    stand.store.append(passages(30_000).slice(0, 20));
    const uplink = stand.start(broker.url);
    await until(() => stand.store.outbox('platform').depth() === 1);
    expect([...new Set(arrived)]).toEqual(Array.from({ length: 20 }, (_, n) => n + 1).filter((n) => n !== 5));
    await until(() => uplink.status().state === 'online');
    const { error, takenOver } = uplink.status();
    expect(takenOver).toBe(false);
    expect(error?.code).toBe('uplink-record-refused');
    expect(error?.text).toMatch(/hangs up over renmin-lu-3\/boot-1\/passage\/5 \(30\d{3} bytes\)/);
  });
});
