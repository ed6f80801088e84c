import { connect } from 'mqtt';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { until } from '../fakes/broker.ts';
import { isReading, type OneCardSite, openOneCardSite } from '../fakes/one-card-site.ts';

let site: OneCardSite;
beforeEach(async () => {
  site = await openOneCardSite({ healthEveryS: 1 });
});
afterEach(() => site.close());

test('the gateway tells what it has at its birth, and how it is doing again and again', async () => {
  site.start();
  await site.overviewOnce(isReading);
  await until(() => site.received('health').length >= 3);
  const [birth] = site.platform.states().map(({ payload }) => payload);
  expect(birth).toMatchObject({
    state: 'online',
    lanes: ['west-1'],
    sensors: ['card'],
    drivers: ['generic-di16'],
    models: [],
    upstream: 'platform',
    contract: expect.stringMatching(/^\d+\.\d+\.\d+$/),
  });
  const health = site.received('health').at(-1);
  expect(health).toMatchObject({
    seq: expect.any(Number),
    receivers: [{ upstream: 'platform', state: 'online', error: null }],
    processes: [{ process: 'fieldbus', state: 'working', restarts: 0 }],
    machine: { cpuPct: expect.any(Number), residentMegabytes: expect.any(Number) },
  });
  const sensors = health?.['sensors'] as readonly { readonly figures: object }[];
  expect(sensors.some(({ figures }) => Object.keys(figures).length > 0)).toBe(true);
  expect(site.platform.report()).toMatchObject({ gaps: [], invalid: [] });
});

test('a clone that throws the gateway out again and again becomes a fault, and is told when that is possible', async () => {
  site.start();
  await site.overviewOnce(({ uplink }) => uplink.state === 'online');
  const clone = connect(site.broker.url, { clientId: 'roadside-test-cross', reconnectPeriod: 100 });
  clone.on('error', () => undefined);
  const { faults, uplink } = await site.overviewOnce((now) =>
    now.faults.some(({ code }) => code === 'taken-over'),
  );
  expect(faults.find(({ code }) => code === 'taken-over')).toMatchObject({
    layer: 'process',
    sensor: 'platform',
    lanes: [],
    advice: expect.objectContaining({ remedy: expect.stringContaining('second gateway') }),
  });
  expect(uplink).toMatchObject({ takenOver: true, error: { code: 'uplink-taken-over' } });
  await clone.endAsync(true);
});
