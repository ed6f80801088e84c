import type { CommandPacket } from '../../src/uplink/commands/judge-command.ts';
import { COMMAND_MAX_BYTES } from '../../src/uplink/commands/packet-shape.ts';
import type { CommandPayload, Order } from '../../src/uplink/payloads/command.ts';
import type { Refusal } from '../../src/uplink/payloads/reply.ts';

/** Commands that nobody should send, and why each is refused: for tests, and to read what is guarded against. */
export interface HostilePacket {
  readonly name: string;
  readonly packet: CommandPacket;
  readonly reason: Refusal;
}

interface Sender {
  command(order: Order, atMs: number, changes?: Partial<CommandPayload>): CommandPayload;
}

const MINUTE_MS = 60_000;
const PING: Order = { kind: 'ping' };

/** @param parties `admin` has a key here, `stranger` has one of the same name that is not known here */
export function hostilePackets(parties: {
  readonly admin: Sender;
  readonly stranger: Sender;
  readonly atMs: number;
  readonly topic: string;
}): readonly HostilePacket[] {
  const { admin, stranger, atMs, topic } = parties;
  const bytesOf = (payload: unknown): Uint8Array =>
    Buffer.from(typeof payload === 'string' ? payload : JSON.stringify(payload));
  const hostile = (
    name: string,
    reason: Refusal,
    payload: unknown,
    changes: Partial<CommandPacket> = {},
  ): HostilePacket => ({
    name,
    reason,
    packet: { topic, bytes: bytesOf(payload), retained: false, ...changes },
  });
  const good = (changes: Partial<CommandPayload> = {}, order: Order = PING): CommandPayload =>
    admin.command(order, atMs, changes);
  const without = (key: keyof CommandPayload): object => {
    const { [key]: _, ...rest } = good();
    return rest;
  };
  /** As signed, then changed by somebody on the way. */
  const altered = (changes: object): object => ({ ...good(), ...changes });
  const signedOrder = (order: unknown): CommandPayload => good({}, order as Order);
  const text = (from: string, to: string): string => JSON.stringify(good()).replace(from, to);

  return [
    // Who sent it.
    hostile('signed with another key of that name', 'bad-signature', stranger.command(PING, atMs)),
    hostile('signed with a key that is not known here', 'unknown-key', good({ key: 'nobody' })),
    hostile('without signature', 'bad-signature', without('signature')),
    hostile('without the name of its key', 'unknown-key', without('key')),
    hostile('neither signed nor named', 'unsigned', { ...without('signature'), key: undefined }),
    hostile(
      'with the signature of another command',
      'bad-signature',
      altered({ signature: good().signature }),
    ),
    hostile('with a signature of zeros', 'bad-signature', altered({ signature: 'A'.repeat(86) })),
    hostile('with a signature that is too short', 'malformed', altered({ signature: 'AAAA' })),
    hostile('with a signature that is no text', 'malformed', altered({ signature: 1 })),
    hostile('with a signature in another alphabet', 'malformed', altered({ signature: '+'.repeat(86) })),
    hostile('with a key whose name is a path', 'unknown-key', altered({ key: '../../etc/passwd' })),
    hostile('with a key named __proto__', 'unknown-key', altered({ key: '__proto__' })),
    // Changed on the way.
    hostile('another order under a good signature', 'bad-signature', altered({ order: { kind: 'restart' } })),
    hostile('another id under a good signature', 'bad-signature', altered({ id: 'x'.repeat(20) })),
    hostile('a longer life under a good signature', 'bad-signature', altered({ expiresAtMs: atMs + 90_000 })),
    hostile('a later issue under a good signature', 'bad-signature', altered({ issuedAtMs: atMs + 1 })),
    // For somebody else.
    hostile('for another site', 'other-site', good({ site: 'jiefang-lu-1' })),
    hostile('for every site', 'other-site', good({ site: '+' })),
    hostile('for a site in other letters', 'other-site', good({ site: 'Renmin-Lu-3' })),
    hostile('on the topic of another site', 'other-site', good(), {
      topic: 'roadside/v1/jiefang-lu-1/command',
    }),
    hostile('on a replay topic', 'other-site', good(), {
      topic: topic.replace('/command', '/replay/command'),
    }),
    hostile('on a topic below its own', 'other-site', good(), { topic: `${topic}/x` }),
    hostile('on the reply topic', 'other-site', good(), { topic: topic.replace('command', 'reply') }),
    hostile('retained', 'retained', good(), { retained: true }),
    // When.
    hostile('expired a moment ago', 'expired', good({ issuedAtMs: atMs - MINUTE_MS, expiresAtMs: atMs })),
    hostile('expired years ago', 'expired', good({ issuedAtMs: 1, expiresAtMs: MINUTE_MS })),
    hostile('issued ten minutes from now', 'from-the-future', {
      ...good({ issuedAtMs: atMs + 10 * MINUTE_MS, expiresAtMs: atMs + 11 * MINUTE_MS }),
    }),
    hostile('good for an hour', 'lifetime', good({ expiresAtMs: atMs + 60 * MINUTE_MS })),
    hostile('good for ever', 'lifetime', good({ expiresAtMs: Number.MAX_SAFE_INTEGER })),
    hostile(
      'good for a moment longer than allowed',
      'lifetime',
      good({ expiresAtMs: atMs + 5 * MINUTE_MS + 1 }),
    ),
    hostile('over before it begins', 'lifetime', good({ expiresAtMs: atMs - 1 })),
    hostile('with a life of nothing', 'lifetime', good({ expiresAtMs: atMs })),
    hostile('issued before 1970', 'malformed', good({ issuedAtMs: -1 })),
    hostile('issued at half a millisecond', 'malformed', good({ issuedAtMs: atMs + 0.5 })),
    hostile('issued beyond what numbers hold', 'malformed', good({ issuedAtMs: 2 ** 60 })),
    hostile('issued at a text', 'malformed', altered({ issuedAtMs: String(atMs) })),
    hostile('issued at infinity', 'malformed', text(`"issuedAtMs":${atMs}`, '"issuedAtMs":1e999')),
    // Shape.
    hostile('nothing', 'malformed', ''),
    hostile('no JSON', 'malformed', 'restart'),
    hostile('half of a command', 'malformed', JSON.stringify(good()).slice(0, 100)),
    hostile('two commands', 'malformed', `${JSON.stringify(good())}${JSON.stringify(good())}`),
    hostile('a list of commands', 'malformed', [good(), good()]),
    hostile('null', 'malformed', 'null'),
    hostile('a number', 'malformed', '1'),
    hostile('no UTF-8', 'malformed', '', { bytes: Uint8Array.of(0x7b, 0x22, 0xff, 0xfe, 0x22, 0x7d) }),
    hostile('a byte order mark and UTF-16', 'malformed', '', {
      bytes: Buffer.from(JSON.stringify(good()), 'utf16le'),
    }),
    hostile('a field that no command has', 'malformed', altered({ sudo: true })),
    hostile('a field too much in its order', 'malformed', signedOrder({ kind: 'ping', after: 'restart' })),
    hostile('without an id', 'malformed', without('id')),
    hostile('without an order', 'malformed', without('order')),
    hostile('without a site', 'malformed', without('site')),
    hostile('without a schema', 'malformed', without('schema')),
    hostile('of a later version', 'malformed', altered({ schema: 'roadside.command/2' })),
    hostile('with an id that is too short', 'malformed', good({ id: 'short' })),
    hostile('with an id that is too long', 'malformed', good({ id: 'x'.repeat(65) })),
    hostile('with an id that is a path', 'malformed', good({ id: '../../../../../etc/passwd' })),
    hostile('with an id that is SQL', 'malformed', good({ id: "'; DROP TABLE audit; --" })),
    hostile('with an id that is a list', 'malformed', altered({ id: ['x'.repeat(20)] })),
    // What.
    hostile('an unknown order', 'malformed', signedOrder({ kind: 'shell', run: 'reboot' })),
    hostile('an order named constructor', 'malformed', signedOrder({ kind: 'constructor' })),
    hostile('an order that is a text', 'malformed', signedOrder('restart')),
    hostile('an order that is null', 'malformed', signedOrder(null)),
    hostile('a span of texts', 'malformed', signedOrder({ kind: 'backfill', fromMs: '0', toMs: '1' })),
    hostile(
      'a span with a condition',
      'malformed',
      signedOrder({ kind: 'backfill', fromMs: { $gt: 0 }, toMs: 1 }),
    ),
    hostile('a log level that does not exist', 'malformed', {
      ...signedOrder({ kind: 'log-level', level: 'silent', forMin: 1 }),
    }),
    hostile(
      'a log level for ever',
      'malformed',
      signedOrder({ kind: 'log-level', level: 'debug', forMin: 1e9 }),
    ),
    hostile('an incident without a name', 'malformed', signedOrder({ kind: 'clip', incident: '' })),
    hostile('a file of a very long name', 'malformed', {
      ...signedOrder({ kind: 'clip', incident: 'i', file: 'a'.repeat(201) }),
    }),
    hostile('a proposal of nothing', 'malformed', signedOrder({ kind: 'config-propose', text: '' })),
    // Size, depth, and names that lead a program astray.
    hostile('larger than anything that is looked at', 'oversize', ' '.repeat(COMMAND_MAX_BYTES + 1)),
    hostile('a large good command', 'oversize', `${JSON.stringify(good())}${' '.repeat(COMMAND_MAX_BYTES)}`),
    hostile('very deep lists', 'malformed', `${'['.repeat(50_000)}${']'.repeat(50_000)}`),
    hostile('very deep objects', 'malformed', `${'{"a":'.repeat(20_000)}1${'}'.repeat(20_000)}`),
    hostile('deep in its order', 'malformed', signedOrder({ kind: 'ping', a: [[[[[[[[1]]]]]]]] })),
    hostile('brackets that never close', 'malformed', '['.repeat(100_000)),
    hostile('a prototype', 'malformed', text('{"schema"', '{"__proto__":{"polluted":true},"schema"')),
    hostile(
      'a prototype in its order',
      'malformed',
      text('{"kind"', '{"__proto__":{"polluted":true},"kind"'),
    ),
    hostile('a prototype by another name', 'malformed', text('{"kind"', '{"\\u005f_proto__":{},"kind"')),
    hostile('a constructor', 'malformed', text('{"schema"', '{"constructor":{"prototype":{}},"schema"')),
    hostile(
      'the same field twice, the last one changed',
      'bad-signature',
      text('}', `},"issuedAtMs":${atMs + 1}`),
    ),
  ];
}
