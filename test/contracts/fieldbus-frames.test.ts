import { type AddressInfo, createConnection, createServer, type Socket } from 'node:net';
import { setTimeout as delay } from 'node:timers/promises';
import { afterEach, describe, expect, it } from 'vitest';
import type { FrameBusPlan, FrameDevicePlan } from '../../src/sensors/contract.ts';
import { openFrameBus } from '../../src/sensors/fieldbus/frame-bus.ts';
import type { FrameServerLimits } from '../../src/sensors/fieldbus/frame-peers.ts';
import { openFrameServer } from '../../src/sensors/fieldbus/frame-server.ts';
import { createSerialOpener } from '../../src/sensors/fieldbus/serial-line.ts';
import { openPtyPair } from '../../src/simulator/cards/pty-pair.ts';
import {
  answers,
  createFrameDevices,
  createTestSession,
  frame,
  framePlan,
  type Habit,
} from '../fakes/frame-devices.ts';
import { type PollerUnderTest, startPoller } from '../fakes/poller-under-test.ts';

const cleanups: (() => Promise<unknown>)[] = [];
afterEach(async () => {
  for (const cleanup of cleanups.splice(0).reverse()) await cleanup();
});

const SERIAL = { baud: 38_400, parity: 'none', stopBits: 1 } as const;

type Delivery = 'asked' | 'pushed';
type FarEnd = ReturnType<typeof createFrameDevices> & { readonly write: (bytes: Uint8Array) => void };

interface Rig {
  readonly poller: PollerUnderTest;
  readonly far: FarEnd;
}

const sessions = (delivery: Delivery) => (plan: FrameDevicePlan) => createTestSession(plan, delivery);

async function onSerialLine(
  devices: FrameDevicePlan[],
  habits: ReadonlyMap<number, Habit>,
  delivery: Delivery = 'asked',
): Promise<Rig> {
  const pair = await openPtyPair();
  cleanups.push(pair.close);
  const line = await createSerialOpener({ path: pair.cardsPath, ...SERIAL })({
    onClosed: () => undefined,
    onBytes: (bytes) => far.onBytes(bytes),
  });
  cleanups.push(() => line.close());
  const write = (bytes: Uint8Array): void => line.write(bytes);
  const far = createFrameDevices(habits, write);
  const plan: FrameBusPlan = {
    protocol: 'serial-frames',
    id: 'bus',
    path: pair.gatewayPath,
    ...SERIAL,
    devices,
  };
  const poller = startPoller((listener) =>
    openFrameBus(plan, { listener, createSession: sessions(delivery) }),
  );
  cleanups.push(() => poller.stop());
  return { poller, far: { ...far, write } };
}

async function onConnection(
  devices: FrameDevicePlan[],
  habits: ReadonlyMap<number, Habit>,
  delivery: Delivery = 'asked',
): Promise<Rig> {
  const sockets = new Set<Socket>();
  const write = (bytes: Uint8Array): void => {
    for (const socket of sockets) socket.write(bytes);
  };
  const far = createFrameDevices(habits, write);
  const server = createServer((socket) => {
    sockets.add(socket);
    socket.on('close', () => sockets.delete(socket));
    socket.on('error', () => undefined);
    socket.on('data', (bytes) => far.onBytes(bytes));
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  cleanups.push(async () => {
    for (const socket of sockets) socket.destroy();
    await new Promise((resolve) => server.close(resolve));
  });
  const { port } = server.address() as AddressInfo;
  const plan: FrameBusPlan = { protocol: 'tcp-frames', id: 'bus', host: '127.0.0.1', port, devices };
  const poller = startPoller((listener) =>
    openFrameBus(plan, { listener, createSession: sessions(delivery) }),
  );
  cleanups.push(() => poller.stop());
  return { poller, far: { ...far, write } };
}

describe.each([
  { name: 'on a serial line', open: onSerialLine },
  { name: 'behind one connection', open: onConnection },
])('frame devices $name', ({ open }) => {
  it('are asked in turn, one at a time, each at its own period', async () => {
    const outstanding = { now: 0, most: 0 };
    const slow: Habit = (address, reply) => {
      outstanding.now += 1;
      outstanding.most = Math.max(outstanding.most, outstanding.now);
      setTimeout(() => {
        outstanding.now -= 1;
        reply(frame(address, 'R', address));
      }, 5);
    };
    const plans = [1, 2, 3].map((address) => framePlan(`d${address}`, address));
    const { poller } = await open(plans, new Map([1, 2, 3].map((address) => [address, slow])));
    await poller.until(
      () => plans.every(({ id }) => poller.counts(`${id}-loop`) >= 10),
      'ten answers of each',
    );
    expect(outstanding.most).toBe(1);
    const wrong = poller.observations.filter(
      (it) => it.kind === 'loop-counters' && it.loop !== `d${it.count}-loop`,
    );
    expect(wrong).toEqual([]);
    expect(poller.faults()).toEqual([]);
  });

  it('are blamed one by one for silence, refusal and damage, while the others are heard', async () => {
    const refuses: Habit = (address, reply) => reply(frame(address, 'N'));
    const damaged: Habit = (address, reply) => {
      const bytes = frame(address, 'R', 9);
      bytes[4] = (bytes[4] ?? 0) ^ 1;
      reply(bytes);
    };
    const habits = new Map([
      [1, answers],
      [3, refuses],
      [4, damaged],
    ]);
    const plans = [1, 2, 3, 4].map((address) => framePlan(`d${address}`, address));
    const { poller } = await open(plans, habits);
    await poller.until(() => poller.faults().length >= 3, 'three faults');
    expect(poller.faults().toSorted()).toEqual(['d2 timeout', 'd3 exception', 'd4 corrupt-reply']);
    expect(poller.counts('d4-loop')).toBe(0);
    const heard = poller.counts('d1-loop');
    await poller.until(() => poller.counts('d1-loop') > heard + 5, 'five more answers of the healthy one');
    habits.set(2, answers);
    await poller.until(() => poller.faults().includes('-d2 timeout'), 'the silent one is back');
  });

  it('do not take a late answer for the answer to the next question', async () => {
    let queries = 0;
    /** Every third answer comes after the deadline, while the next question would be open. */
    const late: Habit = (address, reply) => {
      queries += 1;
      reply(frame(address, 'R', queries), queries % 3 === 0 ? 130 : 60);
    };
    const plans = [framePlan('d1', 1), framePlan('d2', 2)];
    const habits = new Map([
      [1, late],
      [2, answers],
    ]);
    const { poller } = await open(plans, habits);
    await poller.until(() => poller.counts('d1-loop') >= 10, 'ten answers');
    const values = poller.observations.flatMap((it) =>
      it.kind === 'loop-counters' && it.loop === 'd1-loop' ? [it.count] : [],
    );
    expect(values.filter((value) => value % 3 === 0)).toEqual([]);
    expect(poller.figures['timeouts']).toBeGreaterThan(2);
  });

  it('may all be silent at once: that is the port, until one answers again', async () => {
    const habits = new Map<number, Habit>([
      [1, answers],
      [2, answers],
    ]);
    const { poller } = await open([framePlan('d1', 1), framePlan('d2', 2)], habits);
    await poller.until(() => poller.counts('d2-loop') > 3, 'answers');
    habits.clear();
    await poller.until(() => poller.faults().length > 0, 'a fault');
    habits.set(2, answers);
    await poller.until(() => poller.faults().includes('d1 timeout'), 'd1 alone is to blame');
    expect(poller.faults()).toEqual(['bus all-silent', '-bus all-silent', 'd1 timeout']);
  });

  it('are heard when they speak by themselves, acknowledged at once, and missed after three periods', async () => {
    const { poller, far } = await open([framePlan('d1', 1, { everyMs: 300 })], new Map(), 'pushed');
    await poller.until(() => poller.state === 'working', 'the line is open');
    for (let value = 1; value <= 5; value += 1) {
      far.write(frame(1, 'P', value));
      await poller.until(() => poller.counts('d1-loop') === value, 'it is claimed');
      await delay(300);
    }
    expect(poller.faults()).toEqual([]);
    expect(far.acks).toEqual([1, 2, 3, 4, 5]);
    expect(far.queries).toEqual([]);
    await poller.until(() => poller.faults().includes('d1 timeout'), 'it is missed');
    const sampled = poller.observations.filter((it) => it.kind === 'sensor-sampling');
    expect(sampled.reduce((sum, it) => sum + it.received, 0)).toBe(5);
    await poller.until(
      () => poller.observations.some((it) => it.kind === 'sensor-sampling' && it.received < it.expected),
      'the missing ones are counted',
    );
    far.write(frame(1, 'P', 6));
    await poller.until(() => poller.faults().includes('-d1 timeout'), 'it is back');
  });
});

describe('frame devices that connect to us', () => {
  async function listening(
    devices: FrameDevicePlan[],
    delivery: Delivery = 'asked',
    limits: Partial<FrameServerLimits> = {},
  ) {
    const probe = createServer();
    await new Promise<void>((resolve) => probe.listen(0, '127.0.0.1', resolve));
    const { port } = probe.address() as AddressInfo;
    await new Promise((resolve) => probe.close(resolve));
    const plan: FrameBusPlan = { protocol: 'tcp-frames-server', id: 'bus', bind: '127.0.0.1', port, devices };
    const poller = startPoller(
      (listener) =>
        openFrameServer(plan as Extract<FrameBusPlan, { protocol: 'tcp-frames-server' }>, {
          listener,
          createSession: sessions(delivery),
          limits,
        }),
      null,
    );
    cleanups.push(() => poller.stop());
    await poller.until(() => poller.state === 'working', 'it listens');
    return { poller, port };
  }

  async function dial(port: number, habits: ReadonlyMap<number, Habit> = new Map()) {
    const socket = createConnection({ host: '127.0.0.1', port, noDelay: true });
    const state = { isClosed: false };
    const far = createFrameDevices(habits, (bytes) => void socket.write(bytes));
    socket.on('data', (bytes) => far.onBytes(bytes));
    socket.on('error', () => undefined);
    socket.on('close', () => {
      state.isClosed = true;
    });
    await new Promise((resolve) => socket.once('connect', resolve));
    cleanups.push(() => Promise.resolve(socket.destroy()));
    return { socket, far, state };
  }

  it('are recognised by what they say, in any order, and each gets its own acknowledgement', async () => {
    const plans = [framePlan('d1', 1, { everyMs: 1000 }), framePlan('d2', 2, { everyMs: 1000 })];
    const { poller, port } = await listening(plans, 'pushed');
    const second = await dial(port);
    const first = await dial(port);
    second.socket.write(Uint8Array.of(1, 2, 3));
    second.socket.write(frame(2, 'P', 22));
    first.socket.write(frame(1, 'P', 11).subarray(0, 2));
    await delay(20);
    first.socket.write(frame(1, 'P', 11).subarray(2));
    await poller.until(() => poller.counts('d1-loop') + poller.counts('d2-loop') === 2, 'both are heard');
    await poller.until(() => first.far.acks.length + second.far.acks.length === 2, 'both are acknowledged');
    expect([first.far.acks, second.far.acks]).toEqual([[11], [22]]);
  });

  it('are found by asking when they wait to be asked', async () => {
    const { poller, port } = await listening([framePlan('d1', 1), framePlan('d2', 2)]);
    await dial(port, new Map([[2, answers]]));
    await poller.until(() => poller.counts('d2-loop') >= 5, 'it is asked and heard');
    await poller.until(() => poller.faults().includes('d1 timeout'), 'the other one is missing');
    await dial(port, new Map([[1, answers]]));
    await poller.until(() => poller.faults().includes('-d1 timeout'), 'the other one is there');
    expect(poller.faults().filter((it) => it.includes('d2'))).toEqual([]);
  });

  it('may dial in anew: the new connection counts and the old one is closed', async () => {
    const { poller, port } = await listening([framePlan('d1', 1, { everyMs: 1000 })], 'pushed');
    const old = await dial(port);
    old.socket.write(frame(1, 'P', 1));
    await poller.until(() => poller.counts('d1-loop') === 1, 'the first is heard');
    const anew = await dial(port);
    anew.socket.write(frame(1, 'P', 2));
    await poller.until(() => poller.counts('d1-loop') === 2, 'the second is heard');
    await poller.until(() => old.state.isClosed, 'the first is closed');
    expect(anew.state.isClosed).toBe(false);
  });

  it('are not kept out by strangers, who are dropped when they are too many or say too much', async () => {
    const { poller, port } = await listening([framePlan('d1', 1, { everyMs: 1000 })], 'pushed');
    const strangers = [await dial(port), await dial(port), await dial(port)];
    await poller.until(() => strangers[0]?.state.isClosed === true, 'the oldest stranger is dropped');
    const talker = await dial(port);
    talker.socket.write(new Uint8Array(200_000));
    await poller.until(() => talker.state.isClosed, 'who says too much is dropped');
    const device = await dial(port);
    device.socket.write(frame(1, 'P', 1));
    await poller.until(() => poller.counts('d1-loop') === 1, 'the device is heard');
    expect(poller.figures['connections']).toBeLessThanOrEqual(2);
    expect(poller.figures['unknownPeers']).toBeGreaterThanOrEqual(3);
  });

  it('are dropped when they fall silent for longer than any of them may, and strangers after a while', async () => {
    const limits = { idleMs: 200, unknownMs: 400, sweepEveryMs: 50 };
    const { poller, port } = await listening([framePlan('d1', 1, { everyMs: 100 })], 'pushed', limits);
    const stranger = await dial(port);
    const device = await dial(port);
    for (let value = 0; !stranger.state.isClosed; value += 1) {
      device.socket.write(frame(1, 'P', value & 0xff));
      stranger.socket.write(Uint8Array.of(0));
      await delay(50);
    }
    expect(device.state.isClosed).toBe(false);
    await poller.until(() => device.state.isClosed, 'the silent device is dropped');
    await poller.until(() => poller.faults().includes('d1 timeout'), 'the device is missed');
  });

  it('find the port taken: that is the port, and it is tried again', async () => {
    const blocker = createServer();
    await new Promise<void>((resolve) => blocker.listen(0, '127.0.0.1', resolve));
    const { port } = blocker.address() as AddressInfo;
    const plan = {
      protocol: 'tcp-frames-server',
      id: 'bus',
      bind: '127.0.0.1',
      port,
      devices: [framePlan('d1', 1)],
    } as const satisfies FrameBusPlan;
    const poller = startPoller(
      (listener) => openFrameServer(plan, { listener, createSession: sessions('asked') }),
      null,
    );
    cleanups.push(() => poller.stop());
    await poller.until(() => poller.faults().includes('bus unreachable'), 'the port is to blame');
    await new Promise((resolve) => blocker.close(resolve));
    await poller.until(
      () => poller.state !== 'failing' || poller.faults().includes('-bus unreachable'),
      'it listens',
    );
    expect(poller.faults()).not.toContain('d1 exception');
  });
});
