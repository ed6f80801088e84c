import type { Clock } from '../../base/clock.ts';
import { messageOf } from '../../base/errors.ts';
import type { AuditFact } from '../../traffic/stored-record.ts';
import type { MqttSession, Publication } from '../mqtt-session.ts';
import type { CommandPayload, Order } from '../payloads/command.ts';
import { schemaName } from '../payloads/head.ts';
import type { Failure, Refusal, ReplyPayload } from '../payloads/reply.ts';
import { commandTopic } from '../topics.ts';
import { type CommandFigures, createCommandCounter } from './command-figures.ts';
import {
  type Authentic,
  type CommandPacket,
  type CommandRules,
  type EarlierCommands,
  type Judgement,
  judgeCommand,
} from './judge-command.ts';
import { createOutbound, type SendOutcome } from './outbound.ts';
import { createRateLimit } from './rate-limit.ts';
import { encodeReply, type ReplyWay, replyWayOf } from './reply-way.ts';

/** Commands that were seen, and the audit: both on the disk when a call returns. */
export interface CommandMemory extends EarlierCommands {
  note(
    command: { id: string; digest: string; expiresAtMs: number; reply: string | null },
    fact: AuditFact,
  ): void;
  settle(settled: { id: string; reply: string }, facts: readonly AuditFact[]): void;
  /** Without a command of one's own. */
  audit(fact: AuditFact): void;
}

/** What became of an order. */
export type OrderOutcome =
  | {
      readonly kind: 'done';
      readonly result: Readonly<Record<string, unknown>> | null;
      /** What the audit keeps of it besides. */
      readonly audited?: Partial<Pick<AuditFact, 'action' | 'subject' | 'detail'>>;
      /** Happens once the reply is on its way. */
      readonly afterwards?: () => void;
    }
  | { readonly kind: 'failed'; readonly reason: Failure; readonly detail: string };

/** What an order is given to work with. */
export interface OrderContext {
  readonly id: string;
  readonly actor: string;
  /** Publishes beside the reply; lost when the connection is. */
  send(publication: Publication): Promise<SendOutcome>;
}

export interface CommandDeskOptions {
  readonly boot: string;
  readonly rules: CommandRules;
  readonly memory: CommandMemory;
  readonly clock: Clock;
  carryOut(order: Order, context: OrderContext): OrderOutcome | Promise<OrderOutcome>;
  log(level: 'info' | 'warn', text: string, fields: Readonly<Record<string, unknown>>): void;
}

/** Takes commands from one upstream's connection, has them carried out once, and answers. */
export interface CommandDesk {
  /** The one topic it listens to. */
  readonly topic: string;
  received(packet: CommandPacket): void;
  connected(link: Pick<MqttSession, 'publish'>): void;
  disconnected(): void;
  figures(): CommandFigures;
  /** Takes no more, and writes down what has only been counted so far. */
  close(): void;
}

/** Judging costs a signature: more than this is a flood, and not looked at. */
const LOOKED_AT = { burst: 200, perS: 50 };
const ACCEPTED = { burst: 20, perS: 1 };
/** Refusals that are answered and audited one by one. The rest is summed up, so that a flood fills nothing. */
const TOLD = { burst: 20, perS: 0.2 };
const SUM_UP_EVERY_MS = 60_000;
/** Commands that wait for the one before. */
const IN_LINE_MAX = 20;

export function createCommandDesk(options: CommandDeskOptions): CommandDesk {
  const { boot, rules, memory, clock, log } = options;
  const outbound = createOutbound();
  const lookedAt = createRateLimit(LOOKED_AT);
  const acceptance = createRateLimit(ACCEPTED);
  const told = createRateLimit(TOLD);
  let closed = false;
  const running = new Set<string>();
  /** One command after the other. */
  let line = Promise.resolve();
  const untold = new Map<Refusal, number>();
  const counter = createCommandCounter();

  const replyTo = (
    { id, order }: Pick<CommandPayload, 'id' | 'order'>,
    end: Pick<ReplyPayload, 'status' | 'reason' | 'detail' | 'result'>,
  ): string => {
    const repliedAtMs = Math.max(0, Math.round(clock.now().wallMs));
    const head = { schema: schemaName('reply'), id, site: rules.site, boot, repliedAtMs, kind: order.kind };
    return JSON.stringify({ ...head, ...end } satisfies ReplyPayload);
  };
  const sendReply = async (text: string, way: ReplyWay): Promise<void> => {
    const outcome = await outbound.send(encodeReply(text, way), { kept: true });
    if (outcome.kind !== 'accepted') log('warn', 'a reply did not reach the platform', { outcome });
  };
  const sumUp = (): void => {
    const count = [...untold.values()].reduce((sum, each) => sum + each, 0);
    if (count === 0) return;
    const detail = [...untold].map(([reason, times]) => `${reason} ${times}`).join(', ');
    try {
      memory.audit({ ...NOBODYS, action: 'commands-dropped', detail, count });
      untold.clear();
    } catch (error) {
      log('warn', 'refused commands could not be audited', { problem: messageOf(error) });
    }
  };
  const countOnly = (reason: Refusal): void => {
    untold.set(reason, (untold.get(reason) ?? 0) + 1);
    counter.count('summedUp');
  };
  const countRefusal = (reason: Refusal, actor: string | null): void =>
    counter.refused({ atMs: Math.round(clock.now().wallMs), reason, actor });

  const refuse = (refused: Extract<Judgement, { kind: 'refused' }>, way: ReplyWay): void => {
    const { reason, detail, command, actor } = refused;
    countRefusal(reason, actor);
    if (!told.take(clock.monoMs())) {
      countOnly(reason);
      return;
    }
    log('warn', 'a command was refused', { reason, detail, actor });
    const fact = { action: 'command-refused', actor: actor ?? 'unknown', reason, detail, count: 1 } as const;
    const which = { command: command?.order.kind ?? null, commandId: command?.id ?? null, subject: null };
    try {
      memory.audit({ ...fact, ...which });
    } catch (error) {
      log('warn', 'a refused command could not be audited', { problem: messageOf(error) });
    }
    if (command !== null) void sendReply(replyTo(command, { ...REFUSED, reason, detail }), way);
  };
  /** Fresh and authentic, but not to be done: the answer is kept like any other. */
  const deny = (
    { command, actor, digest }: Authentic,
    { reason, detail }: { readonly reason: Refusal; readonly detail: string },
    way: ReplyWay,
  ): void => {
    if (!told.take(clock.monoMs())) {
      countRefusal(reason, actor);
      countOnly(reason);
      return;
    }
    const reply = replyTo(command, { ...REFUSED, reason, detail });
    const { id, expiresAtMs } = command;
    memory.note(
      { id, digest, expiresAtMs, reply },
      factOf('command-refused', command, actor, { reason, detail }),
    );
    countRefusal(reason, actor);
    void sendReply(reply, way);
  };
  const repeat = ({ command, actor }: Authentic, reply: string | null, way: ReplyWay): void => {
    counter.count('repeated');
    // Its answer is still to come.
    if (running.has(command.id)) return;
    if (reply !== null) {
      void sendReply(reply, way);
      return;
    }
    // The run that took it ended in between; what it did by then is not known, so it is not done again.
    const why = { reason: 'interrupted', detail: 'the agent was stopped while it was being done' } as const;
    const text = replyTo(command, { status: 'failed', result: null, ...why });
    memory.settle({ id: command.id, reply: text }, [factOf('command-failed', command, actor, why)]);
    void sendReply(text, way);
  };
  const begin = (authentic: Authentic, way: ReplyWay): void => {
    const { command, actor, digest } = authentic;
    if (running.size >= IN_LINE_MAX || !acceptance.take(clock.monoMs())) {
      deny(authentic, { reason: 'too-many', detail: 'too many commands at a time' }, way);
      return;
    }
    const { id, expiresAtMs } = command;
    memory.note({ id, digest, expiresAtMs, reply: null }, factOf('command-accepted', command, actor));
    counter.count('accepted');
    running.add(id);
    line = line.then(() => finish(authentic, way));
  };
  const carryOut = async (order: Order, context: OrderContext): Promise<OrderOutcome> => {
    try {
      return await options.carryOut(order, context);
    } catch (error) {
      log('warn', 'a command failed', { id: context.id, kind: order.kind, error });
      return { kind: 'failed', reason: 'internal', detail: messageOf(error).slice(0, 500) };
    }
  };
  const finish = async ({ command, actor }: Authentic, way: ReplyWay): Promise<void> => {
    const { id, order } = command;
    log('info', 'carrying out a command', { id, kind: order.kind, actor });
    const context = { id, actor, send: (each: Publication) => outbound.send(each, { kept: false }) };
    const outcome = await carryOut(order, context);
    const reply = replyTo(command, endOf(outcome));
    try {
      memory.settle({ id, reply }, factsOf(outcome, command, actor));
    } catch (error) {
      log('warn', 'what became of a command could not be kept', { id, problem: messageOf(error) });
    }
    running.delete(id);
    const isSent = sendReply(reply, way);
    if (outcome.kind === 'done' && outcome.afterwards !== undefined) void isSent.then(outcome.afterwards);
  };
  const take = (packet: CommandPacket): void => {
    const way = replyWayOf(packet, rules.site);
    let judgement: Judgement | null = null;
    try {
      judgement = judgeCommand(packet, rules, { now: clock.now(), earlier: memory });
      if (judgement.kind === 'refused') refuse(judgement, way);
      else if (judgement.kind === 'denied') deny(judgement, judgement, way);
      else if (judgement.kind === 'repeated') repeat(judgement, judgement.reply, way);
      else begin(judgement, way);
    } catch (error) {
      // Nothing is done that cannot be noted first.
      const detail = messageOf(error).slice(0, 300);
      log('warn', 'a command could not be noted, so it is not carried out', { problem: detail });
      if (judgement?.kind === 'repeated') return;
      countRefusal('not-audited', judgement?.actor ?? null);
      if (judgement?.kind !== 'accepted' && judgement?.kind !== 'denied') return;
      void sendReply(replyTo(judgement.command, { ...REFUSED, reason: 'not-audited', detail }), way);
    }
  };

  const summing = setInterval(sumUp, SUM_UP_EVERY_MS);
  summing.unref();

  return {
    topic: commandTopic(rules.site),
    received(packet) {
      // Nobody would be there to finish it; the platform asks again.
      if (closed) return;
      counter.count('received');
      if (lookedAt.take(clock.monoMs())) {
        take(packet);
        return;
      }
      countRefusal('too-many', null);
      countOnly('too-many');
    },
    connected: (link) => outbound.connected(link),
    disconnected: () => outbound.disconnected(),
    figures: () => counter.figures(),
    close() {
      closed = true;
      clearInterval(summing);
      sumUp();
    },
  };
}

const NOBODYS = { actor: 'unknown', command: null, commandId: null, subject: null, reason: null } as const;
const REFUSED = { status: 'refused', result: null } as const;

function endOf(outcome: OrderOutcome): Pick<ReplyPayload, 'status' | 'reason' | 'detail' | 'result'> {
  if (outcome.kind === 'done') return { status: 'done', reason: null, detail: '', result: outcome.result };
  return { status: 'failed', reason: outcome.reason, detail: outcome.detail.slice(0, 500), result: null };
}

function factOf(
  action: AuditFact['action'],
  { id, order }: CommandPayload,
  actor: string,
  more: Partial<Pick<AuditFact, 'reason' | 'detail' | 'subject'>> = {},
): AuditFact {
  const { reason = null, detail = '', subject = null } = more;
  return {
    ...{ action, actor, command: order.kind, commandId: id, subject, reason },
    detail: detail.slice(0, 500),
    count: 1,
  };
}

function factsOf(outcome: OrderOutcome, command: CommandPayload, actor: string): readonly AuditFact[] {
  if (outcome.kind === 'failed') return [factOf('command-failed', command, actor, outcome)];
  const { action = 'command-done', ...more } = outcome.audited ?? {};
  return [factOf(action, command, actor, more)];
}
