import { closeSync, constants, openSync, writeSync } from 'node:fs';
import { connect, type Socket } from 'node:net';
import { ReadStream } from 'node:tty';
import { afterEach, describe, expect, it } from 'vitest';
import type { FrameDevicePlan } from '../../src/sensors/contract.ts';
import { createCanogaSession } from '../../src/sensors/loops/codecs/canoga.ts';
import { createRtmsG4Session } from '../../src/sensors/loops/codecs/rtms-g4.ts';
import { createSs105Session } from '../../src/sensors/loops/codecs/ss105.ts';
import { createSs125Session } from '../../src/sensors/loops/codecs/ss125.ts';
import type { DeviceSession, SessionSays } from '../../src/sensors/loops/device-session.ts';
import { openPtyPair } from '../../src/simulator/cards/pty-pair.ts';
import { createCanogaDevice } from '../../src/simulator/devices/canoga-device.ts';
import { createRtmsG4Device } from '../../src/simulator/devices/rtms-g4-device.ts';
import { serveDevice } from '../../src/simulator/devices/serve-device.ts';
import type { SimulatedDevice } from '../../src/simulator/devices/simulated-device.ts';
import { createSs105Device } from '../../src/simulator/devices/ss105-device.ts';
import { createSs125Device } from '../../src/simulator/devices/ss125-device.ts';

const WAIT = { timeout: 30_000, interval: 20 };
const WALL_MS = Date.UTC(2026, 4, 1, 8);

function plan(codec: FrameDevicePlan['codec']): FrameDevicePlan {
  const device = { id: 'device', address: 7, identity: null, responseTimeoutMs: 1000, turnaroundMs: 0 };
  return { ...device, everyMs: 1000, codec, channels: [{ channel: 1, loop: 'loop' }] };
}

const radar = { sensor: 7, lanes: 1, periodS: 30, poweredUpAtMs: WALL_MS };
const DEVICES: readonly [name: string, device: SimulatedDevice, session: DeviceSession][] = [
  ['Canoga', createCanogaDevice({ address: 7 }), createCanogaSession(plan({ name: 'canoga' }))],
  [
    'RTMS G4',
    createRtmsG4Device({ ...radar, zones: 1, unit: 'mph' }),
    createRtmsG4Session(plan({ name: 'rtms-g4' })),
  ],
  ['SS105', createSs105Device({ ...radar, metric: true }), createSs105Session(plan({ name: 'ss105' }))],
  ['SS125', createSs125Device({ ...radar, metric: true }), createSs125Session(plan({ name: 'ss125' }))],
];

/** A line's near end, whatever it is made of. */
interface Line {
  send(bytes: Uint8Array): void;
  onBytes(take: (bytes: Uint8Array) => void): void;
}

/** One exchange with all its parts; ends when the session calls it answered. */
function converse(session: DeviceSession, line: Line): Promise<readonly SessionSays[]> {
  const at = { monoMs: 31_000, wallMs: WALL_MS + 31_000 };
  const said: SessionSays[] = [];
  return new Promise((resolve) => {
    line.onBytes((bytes) => {
      const heard = session.receive(bytes, at);
      said.push(...heard);
      for (const it of heard) if (it.kind === 'send') line.send(it.bytes);
      if (heard.some((it) => it.kind === 'answered')) resolve(said);
    });
    line.send(session.ask(0, at));
  });
}

const closers: (() => Promise<void> | void)[] = [];
afterEach(async () => {
  for (const close of closers.splice(0).toReversed()) await close();
});

describe('a simulated device', () => {
  it.each(DEVICES)('%s answers over TCP', async (_, device, session) => {
    const served = await serveDevice(device, { kind: 'tcp', port: 0 }, () => WALL_MS + 31_000);
    closers.push(served.close);
    const socket: Socket = connect(served.port ?? 0, '127.0.0.1');
    closers.push(() => void socket.destroy());
    const said = await converse(session, {
      send: (bytes) => void socket.write(bytes),
      onBytes: (take) => void socket.on('data', take),
    });
    expect(said.map((it) => it.kind)).not.toContain('corrupt');
  });

  it('answers at the end of a serial line', async () => {
    const cable = await openPtyPair();
    closers.push(cable.close);
    const [, device] = DEVICES[2] ?? [];
    if (device === undefined) throw new Error('no device');
    const served = await serveDevice(device, { kind: 'pty', path: cable.cardsPath }, () => WALL_MS + 31_000);
    closers.push(served.close);
    const near = openSync(cable.gatewayPath, constants.O_RDWR | constants.O_NOCTTY);
    closers.push(() => closeSync(near));
    const input = new ReadStream(openSync(cable.gatewayPath, constants.O_RDWR | constants.O_NOCTTY));
    closers.push(() => void input.destroy());
    const said = await converse(createSs105Session(plan({ name: 'ss105' })), {
      send: (bytes) => void writeSync(near, bytes),
      onBytes: (take) => void input.on('data', take),
    });
    expect(said.at(-1)).toEqual({ kind: 'answered', exchange: 0 });
    expect(said.some((it) => it.kind === 'observations')).toBe(true);
  });

  it('goes on where nobody reads its line, and is heard again by who reads what was kept', async () => {
    const cable = await openPtyPair();
    closers.push(cable.close);
    const served = await serveDevice({ receive: () => [] }, { kind: 'pty', path: cable.cardsPath }, Date.now);
    closers.push(served.close);
    // Far more than what lies between the two ends can hold: a write that waits for a reader would end all tests.
    for (let kilobyte = 0; kilobyte < 1024; kilobyte += 1) served.push([new Uint8Array(1024).fill(0x41)]);
    const input = new ReadStream(openSync(cable.gatewayPath, constants.O_RDWR | constants.O_NOCTTY));
    closers.push(() => void input.destroy());
    let heard = '';
    input.on('data', (bytes) => {
      heard += bytes.toString();
    });
    await expect.poll(() => served.push([Uint8Array.of(0x42)]) ?? heard, WAIT).toMatch(/^A+.*B/);
    expect(heard.length).toBeLessThan(1024 * 1024);
  });

  it('says that its port is taken', async () => {
    const device = createCanogaDevice({ address: 7 });
    const served = await serveDevice(device, { kind: 'tcp', port: 0 }, () => 0);
    closers.push(served.close);
    const again = serveDevice(device, { kind: 'tcp', port: served.port ?? 0 }, () => 0);
    await expect(again).rejects.toMatchObject({ code: 'bus-unreachable' });
  });
});
