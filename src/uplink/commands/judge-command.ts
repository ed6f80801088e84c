import type { Now } from '../../base/clock.ts';
import { COMMAND_LIFETIME_MS, type CommandPayload, commandPayload, type Order } from '../payloads/command.ts';
import type { Refusal } from '../payloads/reply.ts';
import { commandTopic } from '../topics.ts';
import { parsePacket } from './packet-shape.ts';
import { type CommandKey, digestOf, isSignedBy, ROLES, type Role } from './signatures.ts';

/** What came from the broker. */
export interface CommandPacket {
  readonly topic: string;
  readonly bytes: Uint8Array;
  readonly retained: boolean;
  /** MQTT 5 only. */
  readonly responseTopic?: string | undefined;
  readonly correlationData?: Uint8Array | undefined;
}

export interface CommandRules {
  readonly site: string;
  /** Who may send commands. Once there is one, nothing unsigned is taken. */
  readonly keys: readonly CommandKey[];
  /** What everybody may do whom the broker lets publish commands, while there is no key. */
  readonly unsignedRole: Role;
}

/** What is known of commands that came before. */
export interface EarlierCommands {
  floorMs(): number;
  find(id: string): { readonly digest: string; readonly reply: string | null } | null;
}

/** A command whose sender is known. */
export interface Authentic {
  readonly command: CommandPayload;
  readonly actor: string;
  readonly digest: string;
}

export type Judgement =
  | ({ readonly kind: 'accepted' } & Authentic)
  /** It came before. `reply` is null when it was not answered. */
  | ({ readonly kind: 'repeated'; readonly reply: string | null } & Authentic)
  /** Fresh and authentic, and still not to be done: that answer is final. */
  | ({ readonly kind: 'denied'; readonly reason: Refusal; readonly detail: string } & Authentic)
  | {
      readonly kind: 'refused';
      readonly reason: Refusal;
      readonly detail: string;
      /** Null when it cannot be told what was wanted. */
      readonly command: CommandPayload | null;
      /** Null when it cannot be told who sent it. */
      readonly actor: string | null;
    };

/** The actor of commands that nobody signed. */
export const UNSIGNED = 'unsigned';
/** Two clocks that are both in order agree better than this. */
const AHEAD_MAX_MS = 30_000;

const NEEDS: Readonly<Record<Order['kind'], Role>> = {
  ping: 'viewer',
  snapshot: 'viewer',
  backfill: 'operator',
  clip: 'operator',
  'acknowledge-incident': 'operator',
  'log-level': 'operator',
  'config-get': 'operator',
  'config-propose': 'admin',
  restart: 'admin',
};

/** Decides about one packet. Nothing is done here, and nothing noted. */
export function judgeCommand(
  packet: CommandPacket,
  rules: CommandRules,
  known: { readonly now: Now; readonly earlier: EarlierCommands },
): Judgement {
  const refuse = (reason: Refusal, detail: string): Judgement => ({
    ...{ kind: 'refused', reason, detail, command: null, actor: null },
  });
  if (packet.topic !== commandTopic(rules.site)) return refuse('other-site', 'came on another topic');
  if (packet.retained) return refuse('retained', 'a retained message is no command');
  const parsed = parsePacket(packet.bytes);
  if (parsed.kind === 'refused') return refuse(parsed.reason, parsed.detail);
  const checked = commandPayload.safeParse(parsed.value);
  if (!checked.success) return refuse('malformed', placesOf(checked.error.issues));
  const command = checked.data;
  const sender = senderOf(command, rules);
  if (sender.kind === 'refused') return { ...sender, command, actor: null };
  const { actor, role } = sender;
  if (command.site !== rules.site) {
    return { kind: 'refused', reason: 'other-site', detail: `is for ${command.site}`, command, actor };
  }
  const digest = digestOf(command);
  const before = known.earlier.find(command.id);
  if (before !== null && before.digest === digest) {
    return { kind: 'repeated', reply: before.reply, command, actor, digest };
  }
  const stale = before === null ? staleness(command, known) : USED;
  if (stale !== null) return { kind: 'refused', ...stale, command, actor };
  if (ROLES.indexOf(role) >= ROLES.indexOf(NEEDS[command.order.kind])) {
    return { kind: 'accepted', command, actor, digest };
  }
  const detail = `${command.order.kind} needs the role ${NEEDS[command.order.kind]}, this one is ${role}`;
  return { kind: 'denied', reason: 'forbidden', detail, command, actor, digest };
}

interface Stale {
  readonly reason: Refusal;
  readonly detail: string;
}
const USED: Stale = { reason: 'id-reused', detail: 'another command had this id' };

type Sender =
  | { readonly kind: 'known'; readonly actor: string; readonly role: Role }
  | { readonly kind: 'refused'; readonly reason: Refusal; readonly detail: string };

function senderOf(command: CommandPayload, { keys, unsignedRole }: CommandRules): Sender {
  const { key: id, signature } = command;
  if (id === undefined && signature === undefined) {
    return keys.length === 0
      ? { kind: 'known', actor: UNSIGNED, role: unsignedRole }
      : { kind: 'refused', reason: 'unsigned', detail: 'this site takes signed commands only' };
  }
  const key = keys.find((each) => each.id === id);
  if (key === undefined) return { kind: 'refused', reason: 'unknown-key', detail: 'no such key here' };
  if (isSignedBy(key.publicKey, command)) return { kind: 'known', actor: key.id, role: key.role };
  return { kind: 'refused', reason: 'bad-signature', detail: 'the signature does not match' };
}

/** Why it can no longer, or not yet, be told from a replay; null when it is fresh. */
function staleness(
  { issuedAtMs, expiresAtMs }: CommandPayload,
  { now, earlier }: { readonly now: Now; readonly earlier: EarlierCommands },
): Stale | null {
  if (now.quality === 'unsynced') {
    return {
      reason: 'clock-unsynced',
      detail: 'the clock was never set, so nothing can be told to be fresh',
    };
  }
  const lifetimeMs = expiresAtMs - issuedAtMs;
  if (lifetimeMs <= 0 || lifetimeMs > COMMAND_LIFETIME_MS) {
    return { reason: 'lifetime', detail: `lasts ${lifetimeMs} ms, at most ${COMMAND_LIFETIME_MS}` };
  }
  if (issuedAtMs > now.wallMs + AHEAD_MAX_MS) {
    return { reason: 'from-the-future', detail: 'issued later than it is here' };
  }
  if (expiresAtMs <= now.wallMs) return { reason: 'expired', detail: 'it came too late' };
  if (expiresAtMs <= earlier.floorMs()) {
    return { reason: 'expired', detail: 'commands of that time may have been seen and forgotten' };
  }
  return null;
}

/** The places that are wrong, without their contents: those are a stranger's. */
function placesOf(
  issues: readonly { readonly path: readonly PropertyKey[]; readonly code: string }[],
): string {
  const places = issues
    .slice(0, 5)
    .map(({ path, code }) => `${path.map(String).join('.') || 'command'}: ${code}`);
  return places.join('; ').slice(0, 300);
}
