import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { createSystemClock } from '../../src/base/clock.ts';
import { createSparkplugLink, type SparkplugLink } from '../../src/uplink/sparkplug/sparkplug-link.ts';
import { localSettings, type TestBroker, until } from '../fakes/broker.ts';
import { openLink, type TestLink } from '../fakes/broker-link.ts';
import { startMosquitto } from '../fakes/broker-mosquitto.ts';
import { flowRecord } from '../fakes/records.ts';
import { openSparkplugHost } from '../fakes/sparkplug-host.ts';

const names = { groupId: 'district-2', edgeNodeId: 'renmin-lu-3' };

describe('the Sparkplug link, on Mosquitto', () => {
  let broker: TestBroker;
  let way: TestLink;
  let host: Awaited<ReturnType<typeof openSparkplugHost>>;
  let link: SparkplugLink;

  beforeEach(async () => {
    broker = await startMosquitto();
    way = await openLink(broker.port);
    host = await openSparkplugHost(broker.url, names);
    const settings = localSettings(way.url);
    link = createSparkplugLink({
      ...{ site: 'renmin-lu-3', names, settings, clock: createSystemClock(), log: () => undefined },
    });
    link.start();
    await host.untilSeen(1);
  });
  afterEach(async () => {
    await link.stop(1000);
    await host.close();
    way.dispose();
    await broker.dispose();
  });

  it('is born, announces each lane once, tells of intervals in order, and says its own death', async () => {
    link.offer([flowRecord({ seq: 1 }), flowRecord({ seq: 2, lane: 'north-2' })]);
    link.offer([{ ...flowRecord({ seq: 3 }), count: 0, spaceMeanSpeedKmh: null }]);
    await host.untilSeen(3);
    await link.stop(1000);
    await host.untilSeen(4);

    expect(host.kinds()).toEqual(['NBIRTH', 'NBIRTH', 'NDATA', 'NDEATH']);
    expect(host.seen.map(({ seq }) => seq)).toEqual([0, 0, 1, null]);
    expect(host.seen.map(({ qos, retained }) => [qos, retained])).toEqual(Array(4).fill([0, false]));
    const [, birth, tale, death] = host.seen;
    expect(birth?.metrics).toHaveLength(2 + 2 * 8);
    expect(birth?.metrics).toContainEqual(
      expect.objectContaining({ name: 'north-2/60s/flowVehH', type: 'Double', value: 857.1 }),
    );
    expect(tale?.metrics).toHaveLength(8);
    expect(tale?.metrics).toContainEqual(
      expect.objectContaining({ name: 'north-1/60s/count', type: 'Int64', value: 0 }),
    );
    expect(tale?.metrics).toContainEqual(
      expect.objectContaining({ name: 'north-1/60s/spaceMeanSpeedKmh', value: null }),
    );
    expect(death?.metrics).toEqual([expect.objectContaining({ name: 'bdSeq', value: 0 })]);
  });

  it('is declared dead by the broker when the link breaks, and is born with the next number', async () => {
    link.offer([flowRecord({ seq: 1 })]);
    await host.untilSeen(2);
    way.cut();
    await host.untilSeen(4);
    await until(() => link.status().state === 'online');
    expect(link.status()).toEqual({ state: 'online', connects: 2, error: null });
    const [death, birth] = host.seen.slice(2).sort((a, b) => b.kind.localeCompare(a.kind));
    expect([death?.kind, death?.qos, death?.metrics[0]?.value]).toEqual(['NDEATH', 1, 0]);
    expect([birth?.kind, birth?.seq, birth?.metrics[0]?.value]).toEqual(['NBIRTH', 0, 1]);
    expect(birth?.metrics).toHaveLength(2 + 8);
  });

  it('says what keeps it away, and what to do', async () => {
    way.dispose();
    await until(() => link.status().error?.text.includes('takes no connection') === true);
    expect(link.status().error).toMatchObject({
      code: 'uplink-unreachable',
      hint: expect.stringContaining('port'),
    });
  });

  it('is born again when a host asks, with the number of its session', async () => {
    link.offer([flowRecord({ seq: 1 })]);
    link.offer([flowRecord({ seq: 2 })]);
    await host.untilSeen(3);
    await host.ask(names.edgeNodeId);
    await host.untilSeen(4);
    expect(host.kinds()).toEqual(['NBIRTH', 'NBIRTH', 'NDATA', 'NBIRTH']);
    expect(host.seen[3]).toMatchObject({ seq: 0, metrics: { 0: { name: 'bdSeq', value: 0 } } });
    link.offer([flowRecord({ seq: 3 })]);
    await host.untilSeen(5);
    expect(host.seen[4]).toMatchObject({ kind: 'NDATA', seq: 1 });
  });

  it('is born again once a second at most, however often hosts ask', async () => {
    const askedAtMs = performance.now();
    for (let n = 0; n < 50; n += 1) await host.ask(names.edgeNodeId);
    await host.untilSeen(2);
    await link.stop(1000);
    await until(() => host.kinds().includes('NDEATH'));
    const births = host.kinds().filter((kind) => kind === 'NBIRTH').length;
    expect(births).toBeLessThanOrEqual(2 + (performance.now() - askedAtMs) / 1000);
    expect(births).toBeGreaterThan(1);
  });
});
