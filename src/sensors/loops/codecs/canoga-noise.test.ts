import { describe, expect, it } from 'vitest';
import { fuzzSession } from '../../../../test/fakes/session-fuzz.ts';
import { createCanogaDevice } from '../../../simulator/devices/canoga-device.ts';
import type { FrameDevicePlan } from '../../contract.ts';
import type { DeviceSession } from '../device-session.ts';
import { createCanogaSession } from './canoga.ts';

const PLAN: FrameDevicePlan = {
  id: 'card',
  address: 3,
  identity: null,
  responseTimeoutMs: 500,
  turnaroundMs: 0,
  everyMs: 1000,
  codec: { name: 'canoga' },
  channels: [1, 2, 3, 4].map((channel) => ({ channel, loop: `loop-${channel}` })),
};
const REPLY_BYTES = 37;

/** Twenty polls of a busy card; the second repeats the first, which sets the base and claims nothing. */
function recordConversation() {
  const card = createCanogaDevice({ address: PLAN.address, poweredUpAtMs: -777_777_777 });
  const session = createCanogaSession(PLAN);
  return Array.from({ length: 20 }, (_, poll) => {
    const monoMs = 1_000_000 + poll * 1000;
    for (const channel of [1, 2, 3, 4].slice(0, poll === 1 ? 0 : (poll % 4) + 1)) {
      card.setOccupied(channel, true, monoMs - 900 + channel * 10);
      card.setOccupied(channel, false, monoMs - 500 + channel * 30);
    }
    const query = session.ask(0, { monoMs, wallMs: monoMs });
    return { exchange: 0, afterMs: 1000, replies: card.receive(query, monoMs) };
  });
}

/** Everything that the XOR lets through, at any offset. */
function findFrames(bytes: Uint8Array): Uint8Array[] {
  const starts = Array.from({ length: Math.max(0, bytes.length - REPLY_BYTES + 1) }, (_, from) => from);
  return starts
    .map((from) => bytes.slice(from, from + REPLY_BYTES))
    .filter((frame) => frame.reduce((xor, byte) => xor ^ byte, 0) === 0);
}

const FUZZ = {
  createSession: () => createCanogaSession(PLAN),
  conversation: recordConversation(),
  findFrames,
  seed: 20260501,
  randomBytes: 1_000_000,
};

describe('a Canoga card on a bad line', () => {
  it('makes no vehicle of noise and damage', () => {
    const report = fuzzSession(FUZZ);
    expect(report.bytes).toBeGreaterThan(1_000_000);
    expect(report.damagedTurns).toBeGreaterThan(1000);
    // Damage often leaves an 8-bit XOR true; start, duration and count must agree with the poll before as well.
    expect(report.forgedFrames).toBeGreaterThan(100);
    expect(report.forgedClaims / report.forgedFrames).toBeLessThan(0.01);
  });

  it('would find a codec that believes every answer of the right length', () => {
    const gullible = (): DeviceSession => ({
      ...createCanogaSession(PLAN),
      receive: (bytes, { monoMs }) => [
        { kind: 'answered', exchange: 0 },
        {
          kind: 'observations',
          observations: [
            {
              kind: 'loop-counters',
              loop: 'loop-1',
              count: bytes[7] ?? 0,
              bits: 8,
              nonVolatile: false,
              atMs: monoMs,
            },
          ],
        },
      ],
    });
    expect(() => fuzzSession({ ...FUZZ, createSession: gullible })).toThrow(/became an observation/);
  });

  it('would find a codec that keeps what it does not understand', () => {
    const kept: Uint8Array[] = [];
    const hoarding = (): DeviceSession => {
      const session = createCanogaSession(PLAN);
      return {
        ...session,
        get discardedBytes() {
          return session.discardedBytes;
        },
        receive(bytes, at) {
          kept.push(bytes.slice());
          return session.receive(bytes, at);
        },
      };
    };
    expect(() => fuzzSession({ ...FUZZ, createSession: hoarding })).toThrow(/bytes more are held/);
    expect(kept.length).toBeGreaterThan(0);
  });
});
