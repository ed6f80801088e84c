import { describe, expect, it } from 'vitest';
import type { FrameDevicePlan } from '../../contract.ts';
import type { DeviceSession, SessionSays } from '../device-session.ts';
import { createAsciiFieldsSession } from './ascii-fields.ts';
import { type AsciiFieldsPlan, asciiFieldsPlanSchema } from './ascii-fields-plan.ts';

const at = (monoMs: number) => ({ monoMs, wallMs: 1_777_000_000_000 + monoMs });
const bytes = (text: string): Uint8Array => Uint8Array.from(text, (character) => character.charCodeAt(0));
const textOf = (sent: Uint8Array): string => String.fromCharCode(...sent);

const INPUTS: AsciiFieldsPlan = {
  name: 'ascii-fields',
  end: '\r',
  checksum: 'none',
  exchanges: [
    {
      name: 'inputs',
      request: [
        { part: 'text', text: '$' },
        { part: 'unit', base: 'hex' },
        { part: 'text', text: '6' },
      ],
      reply: [
        { part: 'text', text: '!' },
        { part: 'bits', digits: 4, means: 'loop-occupied', channel: 1, channels: 16, invert: true },
        { part: 'skip', characters: 2 },
      ],
    },
  ],
  refusal: [
    { part: 'text', text: '?' },
    { part: 'unit', base: 'hex' },
  ],
};

const counter = (name: string, digit: string, channel: number): AsciiFieldsPlan['exchanges'][number] => ({
  name,
  request: [
    { part: 'text', text: '#' },
    { part: 'unit', base: 'hex' },
    { part: 'text', text: digit },
  ],
  reply: [
    { part: 'text', text: '>' },
    { part: 'vehicle-count', base: 'hex', digits: 8, channel, bits: 32, nonVolatile: false },
  ],
});
const COUNTERS: AsciiFieldsPlan = {
  ...INPUTS,
  exchanges: [counter('first', '0', 1), counter('second', '1', 2)],
};

/** Decimal numbers, a decimal unit, states of the loops and a time in one answer. */
const DECIMAL: AsciiFieldsPlan = {
  ...INPUTS,
  end: '\r\n',
  exchanges: [
    {
      name: 'all',
      request: [
        { part: 'text', text: 'R' },
        { part: 'unit', base: 'dec' },
      ],
      reply: [
        { part: 'text', text: 'A' },
        { part: 'unit', base: 'dec' },
        { part: 'bits', digits: 1, means: 'loop-open', channel: 1, channels: 2, invert: false },
        { part: 'vehicle-count', base: 'dec', digits: 5, channel: 1, bits: 16, nonVolatile: true },
        {
          part: 'occupied-time',
          base: 'dec',
          digits: 5,
          channel: 2,
          bits: 16,
          nonVolatile: false,
          unitMs: 10,
        },
      ],
    },
  ],
};

function planOf(codec: AsciiFieldsPlan, address: number, channels: readonly number[]): FrameDevicePlan {
  return {
    id: 'card-1',
    address,
    identity: null,
    responseTimeoutMs: 200,
    turnaroundMs: 0,
    everyMs: 100,
    codec,
    channels: channels.map((channel) => ({ channel, loop: `n${channel}` })),
  };
}

const ALL_INPUTS = Array.from({ length: 16 }, (_, index) => index + 1);

function observationsOf(says: readonly SessionSays[]) {
  return says.flatMap((it) => (it.kind === 'observations' ? it.observations : []));
}

/** Asks and hears the answer 4 ms later. */
function exchange(session: DeviceSession, answer: string, { index = 0, atMs = 1000 } = {}) {
  session.ask(index, at(atMs));
  return session.receive(bytes(answer), at(atMs + 4));
}

it('the plan of every example is one', () => {
  for (const plan of [INPUTS, COUNTERS, DECIMAL]) expect(asciiFieldsPlanSchema.parse(plan)).toEqual(plan);
});

describe('answers printed in the ADAM-4000 manual', () => {
  it('$036 → !BEDE00: inputs 0, 5, 8 and 14 are low (page 7-7)', () => {
    const session = createAsciiFieldsSession(planOf(INPUTS, 3, ALL_INPUTS));
    expect(textOf(session.ask(0, at(0)))).toBe('$036\r');
    const found = observationsOf(session.receive(bytes('!BEDE00\r'), at(4)));
    expect(found).toHaveLength(16);
    expect(found.flatMap((it) => (it.kind === 'loop-transition' && it.occupied ? [it.loop] : []))).toEqual([
      'n1',
      'n6',
      'n9',
      'n15',
    ]);
  });

  it('#120 → >000002FE: counter 0 stands at 766 (page 7-36)', () => {
    const session = createAsciiFieldsSession(planOf(COUNTERS, 0x12, [1, 2]));
    expect(textOf(session.ask(0, at(10)))).toBe('#120\r');
    expect(session.receive(bytes('>000002FE\r'), at(20))).toEqual([
      {
        kind: 'observations',
        observations: [
          { kind: 'loop-counters', loop: 'n1', count: 766, bits: 32, nonVolatile: false, atMs: 15 },
        ],
      },
      { kind: 'answered', exchange: 0 },
    ]);
  });

  it('#0588: the checksum of #05 is 88 (appendix F-2)', () => {
    const request = [{ part: 'text', text: '#' } as const, { part: 'unit', base: 'hex' } as const];
    const codec: AsciiFieldsPlan = {
      ...INPUTS,
      checksum: 'sum8-hex',
      exchanges: [{ ...counter('analog', '', 1), request }],
    };
    expect(textOf(createAsciiFieldsSession(planOf(codec, 5, [1])).ask(0, at(0)))).toBe('#0588\r');
  });
});

describe('an answer', () => {
  it('has every field where it belongs, in either number base', () => {
    const session = createAsciiFieldsSession(planOf(DECIMAL, 7, [1, 2]));
    expect(textOf(session.ask(0, at(0)))).toBe('R07\r\n');
    const says = session.receive(bytes('A0720123465535\r\n'), at(2));
    expect(observationsOf(says)).toEqual([
      expect.objectContaining({ kind: 'sensor-fault', sensor: 'n1', code: 'loop-open', active: false }),
      expect.objectContaining({ kind: 'sensor-fault', sensor: 'n2', code: 'loop-open', active: true }),
      { kind: 'loop-counters', loop: 'n1', count: 1234, bits: 16, nonVolatile: true, atMs: 1 },
      {
        kind: 'loop-occupancy',
        loop: 'n2',
        occupiedMs: 655_350,
        wrapsAtMs: 655_360,
        nonVolatile: false,
        atMs: 1,
      },
    ]);
  });

  it.each([
    ['a character too many', 'A07201234655350\r\n'],
    ['a character too few', 'A072012346553\r\n'],
    ['another unit', 'A0820123465535\r\n'],
    ['a letter for a digit', 'A072012E465535\r\n'],
    ['a sign for a digit', 'A0720-23465535\r\n'],
    ['a number that the counter cannot hold', 'A0720123465536\r\n'],
    ['nothing', '\r\n'],
  ])('with %s is none', (_, line) => {
    const session = createAsciiFieldsSession(planOf(DECIMAL, 7, [1, 2]));
    expect(exchange(session, line).map((it) => it.kind)).toEqual(['corrupt']);
    expect(session.discardedBytes).toBe(line.length);
  });

  it('comes in portions, behind bytes that the turned line added', () => {
    const session = createAsciiFieldsSession(planOf(COUNTERS, 1, [1, 2]));
    session.ask(0, at(0));
    const says = [0xff, 0x00, ...bytes('>00000007\r')].flatMap((byte) =>
      session.receive(Uint8Array.of(byte), at(4)),
    );
    expect(observationsOf(says)).toMatchObject([{ count: 7 }]);
  });

  it('that nobody asked for says nothing', () => {
    const session = createAsciiFieldsSession(planOf(COUNTERS, 1, [1, 2]));
    expect(session.receive(bytes('>00000007\r'), at(0))).toEqual([]);
    exchange(session, '>00000007\r');
    expect(session.receive(bytes('>00000008\r'), at(1005))).toEqual([]);
  });

  it('of a module that will not is a refusal in its own words', () => {
    const session = createAsciiFieldsSession(planOf(COUNTERS, 0x1a, [1, 2]));
    expect(exchange(session, '?1A\r', { index: 1 })).toEqual([
      { kind: 'refused', exchange: 1, why: 'the module answered ?1A' },
    ]);
  });

  it('needs its checksum where the driver says so', () => {
    const codec: AsciiFieldsPlan = { ...COUNTERS, checksum: 'sum8-hex' };
    const session = createAsciiFieldsSession(planOf(codec, 0x12, [1, 2]));
    expect(exchange(session, '>000002FE\r').map((it) => it.kind)).toEqual(['corrupt']);
    expect(exchange(session, '>000002FEEB\r').map((it) => it.kind)).toEqual(['observations', 'answered']);
    expect(exchange(session, '>000002FFEB\r').map((it) => it.kind)).toEqual(['corrupt']);
  });
});

describe('presence', () => {
  const session = () => createAsciiFieldsSession(planOf(INPUTS, 1, [1, 2]));
  const FREE = '!FFFF00\r';
  const FIRST = '!FFFE00\r';

  it('changes between the questions that enclose the edge', () => {
    const module = session();
    expect(observationsOf(exchange(module, FREE, { atMs: 100 }))).toHaveLength(2);
    expect(observationsOf(exchange(module, FREE, { atMs: 200 }))).toEqual([]);
    expect(observationsOf(exchange(module, FIRST, { atMs: 300 }))).toEqual([
      { kind: 'loop-transition', loop: 'n1', occupied: true, atMs: 252, uncertaintyMs: 52, found: false },
    ]);
  });

  it.each(['timeout', 'line-lost'] as const)('is found anew after %s', (why) => {
    const module = session();
    exchange(module, FIRST, { atMs: 100 });
    module.ask(0, at(200));
    module.interrupt(why);
    expect(observationsOf(exchange(module, FIRST, { atMs: 5000 }))).toMatchObject([
      { loop: 'n1', occupied: true, found: true },
      { loop: 'n2', occupied: false, found: true },
    ]);
  });
});

describe('an answer that is late', () => {
  const counters = () => createAsciiFieldsSession(planOf(COUNTERS, 1, [1, 2]));

  it('is not taken for the answer to the next question', () => {
    const module = counters();
    module.ask(0, at(0));
    module.interrupt('timeout');
    module.ask(1, at(200));
    expect(module.receive(bytes('>00000007\r'), at(202))).toMatchObject([{ kind: 'corrupt' }]);
    expect(observationsOf(module.receive(bytes('>00000009\r'), at(210)))).toMatchObject([
      { loop: 'n2', count: 9 },
    ]);
  });

  it('that never comes costs one reading and no more', () => {
    const module = counters();
    module.ask(0, at(0));
    module.interrupt('timeout');
    expect(observationsOf(exchange(module, '>00000009\r', { index: 1, atMs: 200 }))).toEqual([]);
    module.interrupt('timeout');
    expect(observationsOf(exchange(module, '>00000007\r', { index: 0, atMs: 400 }))).toMatchObject([
      { count: 7 },
    ]);
  });

  it('is not waited for when it came between two questions, or long enough after', () => {
    const module = counters();
    module.ask(0, at(0));
    module.interrupt('timeout');
    module.receive(bytes('>00000007\r'), at(150));
    expect(observationsOf(exchange(module, '>00000009\r', { index: 1, atMs: 200 }))).toMatchObject([
      { count: 9 },
    ]);
    module.ask(0, at(300));
    module.interrupt('timeout');
    expect(observationsOf(exchange(module, '>0000000A\r', { index: 1, atMs: 1000 }))).toMatchObject([
      { count: 10 },
    ]);
  });

  it('is not expected of a line that was lost', () => {
    const module = counters();
    module.ask(0, at(0));
    module.interrupt('line-lost');
    expect(observationsOf(exchange(module, '>00000007\r', { atMs: 100 }))).toMatchObject([{ count: 7 }]);
  });
});

it('a line that never ends is thrown away as it grows', () => {
  const session = createAsciiFieldsSession(planOf(COUNTERS, 1, [1, 2]));
  session.ask(0, at(0));
  for (let round = 0; round < 100; round += 1) session.receive(new Uint8Array(1000).fill(0x31), at(1));
  expect(session.discardedBytes).toBeGreaterThan(99_000);
  session.receive(bytes('\r'), at(2));
  expect(observationsOf(session.receive(bytes('>00000007\r'), at(3)))).toHaveLength(1);
});

it('a plan that cannot be is refused when it is made', () => {
  const wide = structuredClone(INPUTS);
  const [, bits] = wide.exchanges[0]?.reply ?? [];
  if (bits?.part === 'bits') Object.assign(bits, { digits: 2 });
  expect(() => createAsciiFieldsSession(planOf(wide, 1, [1]))).toThrow('fewer bits than channels');
  expect(() => createAsciiFieldsSession(planOf(INPUTS, 256, [1]))).toThrow('two digits');
  expect(() => createAsciiFieldsSession(planOf(DECIMAL, 100, [1]))).toThrow('two digits');
  expect(() => createAsciiFieldsSession({ ...planOf(INPUTS, 1, [1]), codec: { name: 'canoga' } })).toThrow(
    'ASCII',
  );
});
