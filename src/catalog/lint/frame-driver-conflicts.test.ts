import { describe, expect, it } from 'vitest';
import { frameDriverSchema } from '../schema/frame-driver.ts';
import { lintDriver } from './driver-conflicts.ts';

const sound = {
  driver: 'acme-radar',
  label: 'Acme side-fire radar',
  kind: 'radar-detector',
  protocol: 'frames',
  channels: 4,
  bus: { serial: { baud: [9600], parity: ['none'], stopBits: [1] }, responseTimeoutMs: 1000 },
  address: { from: 1, to: 99 },
  codec: { name: 'rtms-g4' },
  tells: { kind: 'intervals', periodS: 30 },
  pollMs: { default: 30_000, min: 1000, max: 60_000 },
  frameBytes: { request: 12, reply: 300 },
  evidence: ['Acme protocol manual, page 12'],
  examples: [
    {
      note: 'one interval of lane 1',
      received: ['ff aa'],
      expect: [{ kind: 'device-interval', channel: 1, count: 3 }],
    },
  ],
};

/** `$AAM`, but for its answer. */
const naming = {
  request: [
    { part: 'text', text: '$' },
    { part: 'unit', base: 'hex' },
    { part: 'text', text: 'M' },
  ],
  evidence: 'Acme command set, page 7',
};

const complaints = (changes: object) =>
  lintDriver(frameDriverSchema.parse({ ...sound, ...changes }), 'acme-radar').map(
    ({ path, message }) => `${path.join('.')}: ${message}`,
  );
const shapeOf = (changes: object) => frameDriverSchema.safeParse({ ...sound, ...changes });
const exampleWith = (changes: object) => ({ examples: [{ ...sound.examples[0], ...changes }] });

describe('a frame driver that cannot be right is refused', () => {
  it('accepts the driver that the others are changed from', () => {
    expect(complaints({})).toEqual([]);
  });

  it.each([
    ['no way to reach it', { bus: { responseTimeoutMs: 1000 } }, 'bus: expected serial or tcp'],
    [
      'an answer that is always too late',
      { bus: { ...sound.bus, replyDelayMs: 1000 } },
      'bus.replyDelayMs: expected less than responseTimeoutMs (1000)',
    ],
    ['addresses that run backwards', { address: { from: 9, to: 1 } }, 'address.to: expected a last number'],
    [
      'a default below the shortest period',
      { pollMs: { default: 500, min: 1000, max: 60_000 } },
      'pollMs.default: expected a default from 1000 to 60000, found 500',
    ],
    [
      'a period longer than the interval that it makes',
      { tells: { kind: 'intervals', periodS: 10 } },
      'pollMs.default: expected a default of at most 10000',
    ],
    [
      'another thing told than the codec reads',
      { codec: { name: 'rtms-g4', reads: 'vehicles' } },
      'tells.kind: expected vehicles, which the codec reads, found "intervals"',
    ],
    [
      'a claim about a channel that it has not',
      exampleWith({ expect: [{ kind: 'device-interval', channel: 5, count: 3 }] }),
      'examples.0.expect.0.channel: expected a channel up to 4, found 5',
    ],
    ['a sender with a number that it cannot have', exampleWith({ unit: 100 }), 'examples.0.unit: expected'],
    [
      'a sender with a name that it has not',
      exampleWith({ identity: 'x' }),
      'examples.0.identity: expected no',
    ],
    [
      'a sender without its name',
      { identity: { pattern: '^[0-9a-f]{14}$', meaning: 'its serial number' } },
      'examples.0.identity: expected the identity of the sender, like ^[0-9a-f]{14}$, found nothing',
    ],
    ['an example without bytes', exampleWith({ received: ['', ' '] }), 'examples.0.received: expected bytes'],
    [
      'nothing shown of what it tells',
      { tells: { kind: 'vehicles' }, codec: { name: 'rtms-g4', reads: 'vehicles' } },
      'examples: expected an example with a vehicle-detection, because the device tells vehicles',
    ],
    [
      'a question for the model of a device whose frames tell whose they are',
      { identify: { ...naming, reply: [{ part: 'text', text: '!4053' }] } },
      'identify: expected no identify, because the frames of rtms-g4 tell whose they are',
    ],
  ])('%s', (_name, changes, expected) => {
    expect(complaints(changes).join('\n')).toContain(expected);
  });

  it.each([
    ['an example that expects nothing', exampleWith({ expect: [] })],
    ['bytes that are not hexadecimal', exampleWith({ received: ['3c 3'] })],
    ['a claim with a moment', exampleWith({ expect: [{ kind: 'loop-transition', channel: 1, atMs: 5 }] })],
    ['no evidence', { evidence: [] }],
    ['a codec that does not exist', { codec: { name: 'rtms-g5' } }],
    ['a codec without its parameters', { codec: { name: 'gbt43229' } }],
    ['a parameter that the codec has not', { codec: { name: 'canoga', baud: 9600 } }],
    ['an identity that any text contains', { identity: { pattern: '[0-9]', meaning: 'its serial number' } }],
  ])('%s', (_name, changes) => {
    expect(shapeOf({}).success).toBe(true);
    expect(shapeOf(changes).success).toBe(false);
  });
});

describe('a driver of a device that speaks lines of text', () => {
  const number = { base: 'dec', digits: 4, bits: 16, nonVolatile: false };
  const bits = { part: 'bits', digits: 1, means: 'loop-occupied', channel: 1, channels: 4 };
  const count = { part: 'vehicle-count', ...number, channel: 4 };
  const time = { part: 'occupied-time', ...number, channel: 1, unitMs: 10 };
  const exchange = { name: 'state', request: [{ part: 'text', text: 'S' }] };
  it.each([
    ['!4053', []],
    ['!', ['identify.reply: expected at least 3 characters that name the model, found 1']],
  ])('that is asked for its model has to answer with it: %s', (text, expected) => {
    const identify = {
      ...naming,
      reply: [
        { part: 'text', text },
        { part: 'skip', characters: 4 },
      ],
    };
    const driver = { ...driverOf([bits], { kind: 'polled-edges' }), identify };
    expect(complaints(driver).filter((it) => it.startsWith('identify'))).toEqual(expected);
  });

  const driverOf = (reply: readonly object[], tells: object) => ({
    codec: {
      name: 'ascii-fields',
      end: '\r',
      checksum: 'none',
      exchanges: [{ ...exchange, reply }],
      refusal: [{ part: 'text', text: '?' }],
    },
    tells,
    examples: [
      {
        note: 'all there is',
        received: ['30'],
        expect: [
          { kind: 'loop-transition', channel: 1, occupied: true },
          { kind: 'loop-counters', channel: 1, count: 1 },
        ],
      },
    ],
  });

  it.each([
    ['presence', [bits], { kind: 'polled-edges' }],
    ['a counter', [count], { kind: 'counts' }],
    ['presence and its time', [bits, time], { kind: 'polled-edges', accumulatesOccupancy: true }],
  ])('tells what its replies have: %s', (_name, reply, tells) => {
    expect(complaints(driverOf(reply, tells))).toEqual([]);
  });

  it.each([
    ['more', [count], { kind: 'polled-edges' }, 'tells.kind: expected counts'],
    ['less', [bits, count], { kind: 'counts' }, 'tells.kind: expected polled-edges'],
    ['other stamps', [bits], { kind: 'stamped-edges', resolutionMs: 1 }, 'tells.kind: expected polled-edges'],
    ['no time', [bits, time], { kind: 'polled-edges' }, 'tells: expected accumulatesOccupancy: true'],
    [
      'another channel',
      [{ ...bits, channel: 2 }],
      { kind: 'polled-edges' },
      'codec.exchanges.0.reply.0: expected channels up to 4, found 5',
    ],
  ])('is refused when it says %s', (_name, reply, tells, expected) => {
    expect(complaints(driverOf(reply, tells)).join('\n')).toContain(expected);
  });
});
