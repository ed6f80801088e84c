import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { stringify } from 'yaml';
import { freeTcpPort } from '../../src/simulator/free-tcp-port.ts';
import { until } from '../fakes/broker.ts';
import { startMosquitto } from '../fakes/broker-mosquitto.ts';
import { createRunningGateway } from '../fakes/running-gateway.ts';
import { openSparkplugHost } from '../fakes/sparkplug-host.ts';

test('a gateway whose site file names a Sparkplug node tells its intervals there, and says when it leaves', async () => {
  const folder = await mkdtemp(join(tmpdir(), 'roadside-sparkplug-'));
  const broker = await startMosquitto();
  const names = { groupId: 'district-2', edgeNodeId: 'test-cross' };
  const host = await openSparkplugHost(broker.url, names);
  const gateway = createRunningGateway(() => folder);
  const nobody = await freeTcpPort();
  const card = { id: 'card', driver: 'generic-di16', loops: ['a'] };
  const site = {
    version: 1,
    site: { id: 'test-cross', name: 'Test' },
    flow: { intervalsS: [10] },
    approaches: [{ id: 'west', name: 'West', lanes: [{ number: 1, station: { loops: ['a'] } }] }],
    buses: [{ id: 'lan', protocol: 'modbus-tcp', host: '127.0.0.1', port: nobody, devices: [card] }],
    uplink: { url: broker.url, sparkplug: names },
    store: { file: 'roadside.db', maxMegabytes: 64 },
    control: { socket: 'control.sock' },
  };
  try {
    await writeFile(join(folder, 'site.yaml'), stringify(site));
    gateway.start(join(folder, 'site.yaml'));
    await until(() => host.seen.some(({ metrics }) => metrics.length > 2));
    const told = host.seen.at(-1);
    expect(told?.metrics).toContainEqual(
      expect.objectContaining({ name: 'west-1/10s/count', type: 'Int64', value: null }),
    );
    const { sparkplug } = await gateway.overviewOnce(() => true);
    expect(sparkplug).toEqual({ state: 'online', connects: 1, error: null });
    await gateway.end('SIGTERM');
    await until(() => host.kinds().includes('NDEATH'));
    expect(host.kinds().at(-1)).toBe('NDEATH');
  } finally {
    await gateway.end('SIGKILL');
    await host.close();
    await broker.dispose();
    await rm(folder, { recursive: true, force: true });
  }
});
