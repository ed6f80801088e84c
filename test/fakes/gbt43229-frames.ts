/** What a GB/T 43229 detector says, frame by frame, and who listens. */
import type { FrameDevicePlan } from '../../src/sensors/contract.ts';
import { createGbt43229Session } from '../../src/sensors/loops/codecs/gbt43229.ts';
import type { DeviceSession, SessionSays } from '../../src/sensors/loops/device-session.ts';
import { encodeGbtFrame } from '../../src/simulator/devices/gbt43229-wire.ts';
import type { Observation } from '../../src/traffic/observations/observation.ts';

export const DETECTOR = '14ae0102006400';
export const CONTROLLER = '14ae0101000700';
const CRC = { polynomial: 0x8005, initial: 0xffff, reflected: true };
export const [LINK, STATUS, STATISTICS] = [0x0101, 0x0205, 0x0302];
export const NOW = { monoMs: 9_000_000, wallMs: Date.UTC(2026, 4, 1, 8, 1, 0, 250) };
/** The minute that ended a quarter of a second ago, in China. */
export const MINUTE = { fromS: Date.UTC(2026, 4, 1, 16) / 1000, toS: Date.UTC(2026, 4, 1, 16, 1) / 1000 };

export const PLAN: FrameDevicePlan = {
  id: 'det-1',
  address: 1,
  identity: DETECTOR,
  responseTimeoutMs: 1000,
  turnaroundMs: 0,
  everyMs: 60_000,
  codec: { name: 'gbt43229', crcPolynomial: 0x8005, crcInitial: 0xffff, crcReflected: true },
  channels: [
    { channel: 1, loop: 'n1' },
    { channel: 3, loop: 'n3' },
  ],
};

interface Sent {
  readonly operation: number;
  readonly object: number;
  readonly content?: readonly number[];
  readonly sender?: string;
  readonly receiver?: string;
}

export function frame({
  operation,
  object,
  content = [],
  sender = DETECTOR,
  receiver = CONTROLLER,
}: Sent): Uint8Array {
  return encodeGbtFrame({ sender, receiver, operation, object, content }, CRC);
}

export const word = (value: number): number[] => [value & 0xff, value >> 8];
export const seconds = (value: number): number[] => [
  ...word(value & 0xffff),
  ...word(Math.floor(value / 65_536)),
  0,
  0,
];

/** One record: channel, A, B, C, occupancy, speed, length, headway, gap. */
export function record(
  channel: number,
  counts: readonly [number, number, number],
  means: readonly number[],
): number[] {
  const [occupancy = 0, speed = 0, length = 0, headway = 0, gap = 0] = means;
  const tail = [...word(occupancy), speed, ...word(length), headway, gap, 0, 0, 0, 0, 0, 0];
  return [channel, ...counts.flatMap(word), ...tail];
}

export function statistics(records: readonly number[][], minute = MINUTE): number[] {
  return [...seconds(minute.fromS), ...seconds(minute.toS), records.length, ...records.flat()];
}

export const A_MINUTE = statistics([
  record(1, [1, 2, 300], [125, 62, 51, 33, 255]),
  record(3, [0, 0, 0], [0, 0, 0, 0, 0]),
]);

export function observationsOf(says: readonly SessionSays[]): readonly Observation[] {
  return says.flatMap((it) => (it.kind === 'observations' ? it.observations : []));
}

/** Operation and object of what is sent, in hexadecimal. */
export function sentBy(says: readonly SessionSays[]): string[] {
  return says.flatMap((it) => (it.kind === 'send' ? [Buffer.from(it.bytes).toString('hex', 18, 21)] : []));
}

export function linked(): DeviceSession {
  const session = createGbt43229Session(PLAN);
  session.receive(frame({ operation: 0x81, object: LINK }), NOW);
  return session;
}
