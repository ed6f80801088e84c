import { mkdir, rm } from 'node:fs/promises';
import { type AddressInfo, createServer } from 'node:net';
import { dirname } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { afterEach, describe, expect, it } from 'vitest';
import type { BusPlan, DevicePlan, FrameDevicePlan, ModbusBusPlan } from '../../src/sensors/contract.ts';
import { createDeviceSession } from '../../src/sensors/loops/codecs/create-session.ts';
import { type LoopCards, openLoopCards } from '../../src/simulator/cards/loop-cards.ts';
import { openPtyPair, type PtyPair } from '../../src/simulator/cards/pty-pair.ts';
import { freeTcpPort } from '../../src/simulator/free-tcp-port.ts';
import type {
  LoopCounters,
  LoopTransition,
  Observation,
  SensorFault,
  SensorSampling,
} from '../../src/traffic/observations/observation.ts';
import { type FieldbusUnderTest, runFieldbus } from '../fakes/bus-gateway.ts';

const LD_UNIT = 21;
const MODULE_UNIT = 1;
const BAUD = 19_200;

const cleanups: (() => Promise<unknown>)[] = [];
afterEach(async () => {
  for (const cleanup of cleanups.splice(0).reverse()) await cleanup();
});

const LD_CARD: DevicePlan = {
  id: 'ld',
  unit: LD_UNIT,
  responseTimeoutMs: 200,
  turnaroundMs: 0,
  reads: [
    {
      table: 'discrete-input',
      address: 1,
      quantity: 8,
      everyMs: 60,
      signals: [
        { means: 'loop-occupied', offset: 1, loop: 's1', invert: false },
        { means: 'loop-occupied', offset: 3, loop: 's2', invert: false },
        { means: 'loop-fault', offset: 4, loop: 's1', code: 'loop-open' },
        { means: 'loop-fault', offset: 6, loop: 's2', code: 'loop-open' },
      ],
    },
    {
      table: 'holding-register',
      address: 10,
      quantity: 4,
      everyMs: 500,
      signals: [
        { means: 'vehicle-count', offset: 0, loop: 's1', decode: 'u32-msw-first', nonVolatile: true },
        { means: 'vehicle-count', offset: 2, loop: 's2', decode: 'u32-msw-first', nonVolatile: true },
      ],
    },
  ],
};

function serialBus(path: string): BusPlan {
  const devices = [LD_CARD];
  return { protocol: 'modbus-rtu', id: 'serial', path, baud: BAUD, parity: 'none', stopBits: 1, devices };
}

function tcpBus(port: number, id = 'lan'): ModbusBusPlan {
  const device: DevicePlan = {
    id: `${id}-module`,
    unit: MODULE_UNIT,
    responseTimeoutMs: 200,
    turnaroundMs: 0,
    reads: [
      {
        table: 'discrete-input',
        address: 1,
        quantity: 16,
        everyMs: 10,
        signals: [{ means: 'loop-occupied', offset: 0, loop: 't1', invert: false }],
      },
    ],
  };
  return { protocol: 'modbus-tcp', id, host: '127.0.0.1', port, devices: [device] };
}

function ldCards(pair: PtyPair): Promise<LoopCards> {
  const card = { unit: LD_UNIT, model: 'ld220', loops: ['s1', 's2'] } as const;
  return openLoopCards({ tcp: [], rtu: [{ path: pair.cardsPath, baud: BAUD, cards: [card] }] });
}

async function moduleOnLan(): Promise<{ readonly port: number; readonly cards: LoopCards }> {
  const port = await freeTcpPort();
  const cards = await openLoopCards({ tcp: [{ port, unit: MODULE_UNIT, channels: ['t1'] }], rtu: [] });
  cleanups.push(() => cards.close());
  return { port, cards };
}

async function running(...buses: BusPlan[]): Promise<FieldbusUnderTest> {
  const fieldbus = await runFieldbus(buses);
  cleanups.push(() => fieldbus.stop());
  return fieldbus;
}

const isTransition =
  (loop: string, occupied: boolean) =>
  (it: Observation): it is LoopTransition =>
    it.kind === 'loop-transition' && it.loop === loop && it.occupied === occupied;
const isFault =
  (sensor: string, active: boolean) =>
  (it: Observation): it is SensorFault =>
    it.kind === 'sensor-fault' && it.sensor === sensor && it.active === active;
const isSampling =
  (sensor: string, matches: (it: SensorSampling) => boolean) =>
  (it: Observation): it is SensorSampling =>
    it.kind === 'sensor-sampling' && it.sensor === sensor && matches(it);

const openedFaults = (observations: readonly Observation[]): string[] =>
  observations.flatMap((it) => (it.kind === 'sensor-fault' && it.active ? [`${it.sensor} ${it.code}`] : []));

describe('the fieldbus process', () => {
  it('reports edges, counters and broken loops of cards on a serial line', async () => {
    const pair = await openPtyPair();
    cleanups.push(pair.close);
    const cards = await ldCards(pair);
    cleanups.push(() => cards.close());
    const fieldbus = await running(serialBus(pair.gatewayPath));

    expect(await fieldbus.until(isTransition('s1', false))).toMatchObject({ found: true });
    for (let vehicle = 0; vehicle < 3; vehicle += 1) {
      const after = fieldbus.observations.length;
      cards.setOccupied('s1', true);
      const edge = await fieldbus.until(isTransition('s1', true), { after });
      expect(edge.found).toBe(false);
      expect(edge.uncertaintyMs).toBeGreaterThan(25);
      cards.setOccupied('s1', false);
      const end = await fieldbus.until(isTransition('s1', false), { after });
      expect(end.atMs).toBeGreaterThan(edge.atMs);
    }
    const counted = await fieldbus.until(
      (it): it is LoopCounters => it.kind === 'loop-counters' && it.loop === 's1' && it.count === 3,
    );
    expect(counted).toMatchObject({ bits: 32, nonVolatile: true });

    cards.failOpen('s2', true);
    expect(await fieldbus.until(isFault('s2', true))).toMatchObject({ layer: 'channel', code: 'loop-open' });
    cards.failOpen('s2', false);
    await fieldbus.until(isFault('s2', false));
    const sampling = await fieldbus.until(isSampling('ld', (it) => it.received > 10));
    expect(sampling.received).toBeLessThanOrEqual(sampling.expected);
    expect(await fieldbus.stop()).toBe(0);
  });

  it('blames the port for a pulled cable, and finds every loop anew when it is back', async () => {
    const pair = await openPtyPair();
    const firstCards = await ldCards(pair);
    firstCards.setOccupied('s1', true);
    const lan = await moduleOnLan();
    const fieldbus = await running(serialBus(pair.gatewayPath), tcpBus(lan.port));
    await fieldbus.until(isTransition('s1', true));

    const pulledAt = fieldbus.observations.length;
    await pair.close();
    await firstCards.close();
    const fault = await fieldbus.until(isFault('serial', true), { after: pulledAt });
    expect(fault).toMatchObject({ layer: 'port', code: 'unreachable' });
    await fieldbus.until(
      isSampling('ld', (it) => it.received === 0 && it.cause === 'bus'),
      { after: pulledAt },
    );

    await mkdir(dirname(pair.gatewayPath), { recursive: true });
    cleanups.push(() => rm(dirname(pair.gatewayPath), { recursive: true, force: true }));
    const replugged = await openPtyPair(pair);
    cleanups.push(replugged.close);
    const cards = await ldCards(replugged);
    cleanups.push(() => cards.close());
    await fieldbus.until(isFault('serial', false), { after: pulledAt });
    expect(await fieldbus.until(isTransition('s1', false), { after: pulledAt })).toMatchObject({
      found: true,
    });

    const since = fieldbus.observations.slice(pulledAt);
    expect(openedFaults(since)).toEqual(['serial unreachable']);
    const neighbour = since.filter(isSampling('lan-module', () => true));
    expect(neighbour.length).toBeGreaterThan(0);
    expect(neighbour.filter((it) => it.received < it.expected * 0.5)).toEqual([]);
  });

  it('blames the device for its silence, and says so once', async () => {
    const pair = await openPtyPair();
    cleanups.push(pair.close);
    const cards = await ldCards(pair);
    cleanups.push(() => cards.close());
    const fieldbus = await running(serialBus(pair.gatewayPath));
    await fieldbus.until(isTransition('s1', false));

    const silentAt = fieldbus.observations.length;
    cards.silence(LD_UNIT, true);
    const fault = await fieldbus.until(isFault('ld', true), { after: silentAt });
    expect(fault).toMatchObject({ layer: 'device', code: 'timeout' });
    await fieldbus.until(
      isSampling('ld', (it) => it.received === 0 && it.cause === 'device'),
      { after: silentAt },
    );
    cards.silence(LD_UNIT, false);
    await fieldbus.until(isFault('ld', false), { after: silentAt });
    expect(await fieldbus.until(isTransition('s1', false), { after: silentAt })).toMatchObject({
      found: true,
    });
    expect(openedFaults(fieldbus.observations)).toEqual(['ld timeout']);
  });

  it('blames the device, not the port, when a module accepts connections and answers nothing', async () => {
    const lan = await moduleOnLan();
    lan.cards.silence(MODULE_UNIT, true);
    const fieldbus = await running(tcpBus(lan.port));
    const fault = await fieldbus.until(isFault('lan-module', true));
    expect(fault).toMatchObject({ layer: 'device', code: 'timeout' });
    lan.cards.silence(MODULE_UNIT, false);
    await fieldbus.until(isFault('lan-module', false));
    expect(fieldbus.observations.filter(isFault('lan', true))).toEqual([]);
  });

  it('reports a host that cannot be reached as a port fault, and reads the other buses meanwhile', async () => {
    const lan = await moduleOnLan();
    const fieldbus = await running(tcpBus(await freeTcpPort(), 'absent'), tcpBus(lan.port));
    const fault = await fieldbus.until(isFault('absent', true));
    expect(fault).toMatchObject({ layer: 'port', code: 'unreachable' });
    await fieldbus.until(isTransition('t1', false));
    const after = fieldbus.observations.length;
    lan.cards.setOccupied('t1', true);
    await fieldbus.until(isTransition('t1', true), { after });
    await fieldbus.until(isSampling('absent-module', (it) => it.received === 0 && it.cause === 'bus'));
    await delay(2500);

    const states = Object.fromEntries(fieldbus.health.map((it) => [it.sensor, it]));
    expect(states['absent']).toMatchObject({ state: 'failing' });
    expect(states['lan']).toMatchObject({ state: 'working', figures: { timeouts: 0, corruptReplies: 0 } });
    expect(states['lan']?.figures['readsPerS']).toBeGreaterThan(50);
    expect(fieldbus.observations.filter(isFault('absent', true))).toHaveLength(1);
  });

  it('speaks the frame protocol that the plan names, over what the plan names', async () => {
    const device: FrameDevicePlan = {
      id: 'canoga',
      address: 3,
      identity: null,
      responseTimeoutMs: 200,
      turnaroundMs: 0,
      everyMs: 500,
      codec: { name: 'canoga' },
      channels: [{ channel: 1, loop: 'c1' }],
    };
    const question = Buffer.from(createDeviceSession(device).ask(0, { monoMs: 0, wallMs: 0 }));
    let onHeard: (bytes: Buffer) => void = () => undefined;
    const heard = new Promise<Buffer>((resolve) => {
      onHeard = resolve;
    });
    const server = createServer((socket) => socket.on('data', onHeard).on('error', () => undefined));
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    cleanups.push(() => new Promise((resolve) => server.close(resolve)));
    const { port } = server.address() as AddressInfo;
    const bus: BusPlan = { protocol: 'tcp-frames', id: 'frames', host: '127.0.0.1', port, devices: [device] };
    const fieldbus = await running(bus, {
      protocol: 'tcp-frames-server',
      id: 'dialled',
      bind: '127.0.0.1',
      port: await freeTcpPort(),
      devices: [{ ...device, id: 'canoga-2', channels: [{ channel: 1, loop: 'c2' }] }],
    });
    expect(await heard).toEqual(question);
    expect(await fieldbus.until(isFault('canoga-2', true))).toMatchObject({
      code: 'timeout',
      detail: expect.stringContaining('has not connected'),
    });
  });

  it('refuses a configuration that no reply could satisfy, with a hint, and leaves', async () => {
    const impossible = tcpBus(1);
    const [device] = impossible.devices;
    if (device === undefined) throw new Error('the bus has a device');
    const reads = device.reads.map((read) => ({ ...read, address: 65_530 }));
    const fieldbus = await runFieldbus([{ ...impossible, devices: [{ ...device, reads }] }]);
    expect(fieldbus.fatal).toContain('config-invalid');
    expect(await fieldbus.exited).toBe(1);
  });
});
