import { expect, it } from 'vitest';
import { type FuzzReport, fuzzSession } from '../../../../test/fakes/session-fuzz.ts';
import type { Observation } from '../../../traffic/observations/observation.ts';
import type { DeviceSession, SessionSays } from '../device-session.ts';
import { createAsciiFieldsSession } from './ascii-fields.ts';
import type { AsciiFieldsPlan } from './ascii-fields-plan.ts';

const POLL_MS = 100;
const POLLS = 40;

type Exchange = AsciiFieldsPlan['exchanges'][number];

const counter: Exchange = {
  name: 'counter',
  request: [
    { part: 'text', text: '#' },
    { part: 'unit', base: 'hex' },
    { part: 'text', text: '0' },
  ],
  reply: [
    { part: 'text', text: '>' },
    { part: 'vehicle-count', base: 'hex', digits: 8, channel: 1, bits: 32, nonVolatile: false },
  ],
};

const inputs: Exchange = {
  name: 'inputs',
  request: [
    { part: 'text', text: '$' },
    { part: 'unit', base: 'hex' },
    { part: 'text', text: '6' },
  ],
  reply: [
    { part: 'text', text: '!' },
    { part: 'bits', digits: 4, means: 'loop-occupied', channel: 1, channels: 16, invert: false },
    { part: 'skip', characters: 2 },
  ],
};

function createSession(exchanges: Exchange[]): DeviceSession {
  return createAsciiFieldsSession({
    id: 'card-1',
    address: 1,
    identity: null,
    responseTimeoutMs: 50,
    turnaroundMs: 0,
    everyMs: POLL_MS,
    codec: {
      name: 'ascii-fields',
      end: '\r',
      checksum: 'sum8-hex',
      exchanges,
      refusal: [
        { part: 'text', text: '?' },
        { part: 'unit', base: 'hex' },
      ],
    },
    channels: Array.from({ length: 16 }, (_, index) => ({ channel: index + 1, loop: `n${index + 1}` })),
  });
}

/** A lost reading makes a state known anew; what may be told twice is called a counter by the fuzz. */
function tellingStates(session: DeviceSession): DeviceSession {
  const asState = (it: Observation): Observation =>
    it.kind === 'loop-transition'
      ? {
          kind: 'loop-counters',
          loop: it.loop,
          count: Number(it.occupied),
          bits: 8,
          nonVolatile: false,
          atMs: it.atMs,
        }
      : it;
  return {
    exchanges: session.exchanges,
    get discardedBytes() {
      return session.discardedBytes;
    },
    ask: session.ask,
    interrupt: session.interrupt,
    receive: (bytes, at) =>
      session
        .receive(bytes, at)
        .map(
          (it): SessionSays =>
            it.kind === 'observations' ? { ...it, observations: it.observations.map(asState) } : it,
        ),
  };
}

function sumOf(text: string): string {
  const sum = Buffer.from(text, 'latin1').reduce((total, byte) => total + byte, 0) % 256;
  return sum.toString(16).toUpperCase().padStart(2, '0');
}

function reply(text: string): Uint8Array {
  return Uint8Array.from(Buffer.from(`${text}${sumOf(text)}\r`, 'latin1'));
}

const LOOKS_VALID = /(?=((?:>[0-9a-f]{8}|![0-9a-f]{4}[^\r]{2}|\?01)([0-9a-f]{2})\r))/gi;

/** Eight bits of checksum let one damaged line of 256 pass: those are found here, by their sum alone. */
function findFrames(bytes: Uint8Array): readonly Uint8Array[] {
  const matches = Array.from(
    Buffer.from(bytes).toString('latin1').matchAll(LOOKS_VALID),
    ([, line = '']) => line,
  );
  return matches
    .filter((line) => line.slice(-3, -1).toUpperCase() === sumOf(line.slice(0, -3)))
    .map((line) => Uint8Array.from(Buffer.from(line, 'latin1')));
}

/** One counter: the line of another, which it does not name, is no damage that could be noticed. */
const COUNTED = Array.from({ length: POLLS }, (_, poll) => ({
  exchange: 0,
  afterMs: POLL_MS,
  replies: [reply(`>${(0x00a0_0000 + 7 * poll).toString(16).padStart(8, '0')}`)],
}));

/** Loops 1 to 4 come and go; 5 to 16 are never occupied. */
const SEEN = Array.from({ length: POLLS }, (_, poll) => ({
  exchange: 0,
  afterMs: POLL_MS,
  replies: [reply(`!000${(poll % 16).toString(16).toUpperCase()}00`)],
}));

const expectSound = (report: FuzzReport): void => {
  expect(report.claims).toBeGreaterThan(500);
  expect(report.corrupt).toBeGreaterThan(100);
  expect(report.forgedClaims).toBeLessThan(report.claims / 50);
};

it('noise and damaged lines never become a count', () => {
  const report = fuzzSession({
    createSession: () => createSession([counter]),
    conversation: COUNTED,
    seed: 11,
    randomBytes: 1_000_000,
    findFrames,
  });
  expectSound(report);
}, 60_000);

it('noise and damaged lines never become a vehicle on a loop', () => {
  const report = fuzzSession({
    createSession: () => tellingStates(createSession([inputs])),
    conversation: SEEN,
    seed: 12,
    randomBytes: 1_000_000,
    findFrames,
  });
  expectSound(report);
}, 60_000);
