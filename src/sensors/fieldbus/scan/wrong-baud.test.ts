import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { createCanogaDevice } from '../../../simulator/devices/canoga-device.ts';
import { createGbt43229Detector } from '../../../simulator/devices/gbt43229-detector.ts';
import { createRtmsG4Device } from '../../../simulator/devices/rtms-g4-device.ts';
import type { SimulatedDevice } from '../../../simulator/devices/simulated-device.ts';
import { createSs105Device } from '../../../simulator/devices/ss105-device.ts';
import { createSs125Device } from '../../../simulator/devices/ss125-device.ts';
import type { DeviceSession } from '../../loops/device-session.ts';
import type { AskOutcome } from '../polled-bus.ts';
import { createEar } from './ear.ts';
import { probeFamily } from './frame-probe.ts';
import type { FrameQuestion } from './frame-talker.ts';
import { type FrameCandidate, openSession } from './scan-steps.ts';

const BAUDS = [1200, 2400, 4800, 9600, 19_200, 38_400, 57_600, 115_200];
const RIGHT_BAUD = 9600;
const UNIT = 7;
const IDENTITY = '14ae0102006400';
const WALL_MS = Date.UTC(2026, 4, 1, 8);
const AT = { monoMs: 61_000, wallMs: WALL_MS + 61_000 };

/** What a UART at another rate makes of bytes that follow each other: start bit, eight bits, stop bit. */
function heardAt(baud: number, bytes: Uint8Array): Uint8Array {
  const levels = [...bytes].flatMap((byte) => [
    0,
    ...Array.from({ length: 8 }, (_, bit) => (byte >> bit) & 1),
    1,
  ]);
  const level = (bits: number): number => levels[Math.floor(bits)] ?? 1;
  const step = RIGHT_BAUD / baud;
  const heard: number[] = [];
  for (let at = 0; at < levels.length; ) {
    if (level(at) === 1) {
      at += Math.min(step, 1) / 8;
      continue;
    }
    const byte = Array.from({ length: 8 }, (_, bit) => level(at + (1.5 + bit) * step) << bit);
    heard.push(byte.reduce((sum, bit) => sum | bit, 0));
    at += 9.5 * step;
  }
  return Uint8Array.from(heard);
}

function candidate(codec: FrameCandidate['codec'], isNumbered = true): FrameCandidate {
  const addresses = isNumbered ? { from: 0, to: 65_535 } : null;
  return { driver: codec.name, codec, addresses, settings: [], isCalled: false, answersWithinMs: 100 };
}

const CANOGA = candidate({ name: 'canoga' });
const G4 = candidate({ name: 'rtms-g4' });
const SS105 = candidate({ name: 'ss105' });
const SS125 = candidate({ name: 'ss125' });
const CRC = { crcPolynomial: 0x8005, crcInitial: 0xffff, crcReflected: true };
const GBT = candidate({ name: 'gbt43229', ...CRC }, false);
const SPEAKERS = [G4, SS105, SS125, GBT];

const radar = { sensor: UNIT, lanes: 2, zones: 2, periodS: 30, poweredUpAtMs: WALL_MS } as const;
const ASKED: readonly (readonly [string, FrameCandidate, () => SimulatedDevice])[] = [
  ['Canoga', CANOGA, () => createCanogaDevice({ address: UNIT, poweredUpAtMs: WALL_MS })],
  ['RTMS G4', G4, () => createRtmsG4Device({ ...radar, unit: 'km/h' })],
  ['SS105', SS105, () => createSs105Device({ ...radar, metric: true })],
  ['SS125', SS125, () => createSs125Device({ ...radar, metric: true })],
];

/** All that a device answers to one exchange of its session. */
function conversation(session: DeviceSession, device: SimulatedDevice, baud: number) {
  const said: Uint8Array[] = [];
  const questions = [session.ask(0, AT)];
  let outcome: AskOutcome = { kind: 'timeout', why: '' };
  for (let question = questions.shift(); question !== undefined; question = questions.shift()) {
    for (const reply of device.receive(question, AT.wallMs)) {
      said.push(reply);
      for (const it of session.receive(heardAt(baud, reply), AT)) {
        if (it.kind === 'send') questions.push(it.bytes);
        if (it.kind === 'answered') outcome = { kind: 'answered' };
        if (it.kind === 'corrupt') outcome = it;
      }
    }
  }
  if (outcome.kind === 'timeout') session.interrupt('timeout');
  return { outcome, said: Uint8Array.from(said.flatMap((reply) => [...reply])) };
}

const probeAt = (one: FrameCandidate, device: SimulatedDevice, baud: number) =>
  probeFamily(
    UNIT,
    { candidates: [one], units: [UNIT], answersWithinMs: 100 },
    ({ session }: FrameQuestion) => Promise.resolve(conversation(session, device, baud).outcome),
  );

/** Two rounds of what a device says, as somebody hears it who did not ask. */
function overhear(said: Uint8Array, baud: number) {
  const ear = createEar(SPEAKERS);
  for (let round = 0; round < 2; round += 1) ear.hear(heardAt(baud, said));
  return ear;
}

function gbtSaid(): Uint8Array {
  const plan = { identity: IDENTITY, controller: '14ae0101000700', channels: 2, statisticsMs: 60_000 };
  const crc = { polynomial: 0x8005, initial: 0xffff, reflected: true };
  const detector = createGbt43229Detector({ ...plan, crc, clockAtZeroMs: 0 });
  return Uint8Array.from([...detector.advance(0)].flatMap((frame) => [...frame]));
}

describe('a device that is heard at the right rate and at the wrong ones', () => {
  it.each(ASKED)('%s answers at its own rate alone', async (_, one, create) => {
    const found = await Promise.all(BAUDS.map(async (baud) => (await probeAt(one, create(), baud)).kind));
    expect(BAUDS.filter((_baud, index) => found[index] === 'found')).toEqual([RIGHT_BAUD]);
  });

  it.each(ASKED.slice(1))('%s is overheard at its own rate alone', (_, one, create) => {
    const { said } = conversation(openSession(one, UNIT), create(), RIGHT_BAUD);
    const heard = BAUDS.filter((baud) => overhear(said, baud).speakers.length > 0);
    expect(heard).toEqual([RIGHT_BAUD]);
    const { speakers } = overhear(said, RIGHT_BAUD);
    expect(speakers).toMatchObject([{ address: UNIT, identity: null, drivers: [one.driver] }]);
  });

  it('a detector of GB/T 43229 is overheard under its identity, and the controller beside it is not', () => {
    expect(BAUDS.filter((baud) => overhear(gbtSaid(), baud).speakers.length > 0)).toEqual([RIGHT_BAUD]);
    expect(overhear(gbtSaid(), RIGHT_BAUD).speakers).toMatchObject([
      { identity: IDENTITY, drivers: ['gbt43229'] },
    ]);
  });

  it('one frame is nobody, two are somebody', () => {
    const ear = createEar(SPEAKERS);
    ear.hear(gbtSaid());
    expect([ear.isHopeful, ear.speakers.length]).toEqual([true, 0]);
    ear.hear(gbtSaid());
    expect(ear.speakers.length).toBe(1);
    expect(ear.hearsOthers).toBe(false);
    ear.hear(new Uint8Array(500).fill(0x55));
    expect(ear.hearsOthers).toBe(true);
  });

  it('random bytes are nobody', () => {
    fc.assert(
      fc.property(fc.array(fc.uint8Array({ maxLength: 600 }), { maxLength: 40 }), (chunks) => {
        const ear = createEar(SPEAKERS);
        for (const chunk of chunks) ear.hear(chunk);
        expect(ear.speakers).toEqual([]);
      }),
    );
  });
});
