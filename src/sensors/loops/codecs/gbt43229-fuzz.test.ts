import { expect, it } from 'vitest';
import { type FuzzTurn, fuzzSession } from '../../../../test/fakes/session-fuzz.ts';
import { encodeGbtFrame } from '../../../simulator/devices/gbt43229-wire.ts';
import { createGbt43229Session } from './gbt43229.ts';

const IDENTITY = '14ae0102006400';
const CRC = { polynomial: 0x8005, initial: 0xffff, reflected: true };
const START_S = Date.UTC(2026, 4, 1, 8) / 1000;
const MINUTE_MS = 60_000;
const MINUTES = 10;

const word = (value: number): number[] => [value & 0xff, value >> 8];
const stamp = (seconds: number): number[] => [
  ...word(seconds & 0xffff),
  ...word(Math.floor(seconds / 65_536)),
  0,
  0,
];

function frame(operation: number, object: number, content: readonly number[] = []): Uint8Array {
  return encodeGbtFrame({ sender: IDENTITY, receiver: '14ae0101000700', operation, object, content }, CRC);
}

/** No two minutes are alike, so a wrong one cannot pass for a right one. */
function statistics(minute: number): readonly number[] {
  const channel = (number: number): number[] => {
    const means = [
      ...word(10 * minute + number),
      40 + minute,
      ...word(50 + minute),
      30 + minute,
      20 + minute,
    ];
    return [number, ...word(minute), ...word(number), ...word(7 * minute), ...means, 0, 0, 0, 0, 0, 0];
  };
  const endS = START_S + minute * 60;
  return [...stamp(endS - 60), ...stamp(endS), 2, ...channel(1), ...channel(2)];
}

function status(minute: number): readonly number[] {
  return [...stamp(START_S + minute * 60), 2, 1, minute % 2, 0, 0, 2, 0, 0, 0];
}

function conversationOf(): readonly FuzzTurn[] {
  const minutes = Array.from({ length: MINUTES }, (_, index): readonly FuzzTurn[] => [
    { exchange: 0, afterMs: 1000, replies: [frame(0x83, 0x0101)] },
    { exchange: null, afterMs: 0, replies: [frame(0x82, 0x0301, [...stamp(START_S), 0])] },
    {
      exchange: null,
      afterMs: MINUTE_MS - 1000,
      replies: [frame(0x82, 0x0302, statistics(index + 1))],
    },
    { exchange: null, afterMs: 0, replies: [frame(0x82, 0x0205, status(index + 1))] },
  ]);
  return [{ exchange: null, afterMs: 0, replies: [frame(0x81, 0x0101)] }, ...minutes.flat()];
}

it.each([1, 2])(
  'noise and damaged frames never become an interval or a fault (seed %i)',
  (seed) => {
    const report = fuzzSession({
      createSession: () =>
        createGbt43229Session({
          id: 'det-1',
          address: 1,
          identity: IDENTITY,
          responseTimeoutMs: 1000,
          turnaroundMs: 0,
          everyMs: MINUTE_MS,
          codec: {
            name: 'gbt43229',
            crcPolynomial: 0x8005,
            crcInitial: 0xffff,
            crcReflected: true,
          },
          channels: [
            { channel: 1, loop: 'n1' },
            { channel: 2, loop: 'n2' },
          ],
        }),
      conversation: conversationOf(),
      seed,
      randomBytes: 1_000_000,
      // Damage may deliver a whole frame minutes early or late: it is the same interval, at another moment.
      toleranceMs: MINUTES * MINUTE_MS,
    });
    expect(report).toMatchObject({ forgedClaims: 0 });
    expect(report.claims).toBeGreaterThan(500);
    expect(report.corrupt).toBeGreaterThan(100);
  },
  60_000,
);
