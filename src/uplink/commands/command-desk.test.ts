import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import fc from 'fast-check';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { createCommandSender, unsignedCommand } from '../../../test/fakes/command-sender.ts';
import { hostilePackets } from '../../../test/fakes/hostile-packets.table.ts';
import type { Clock, ClockQuality } from '../../base/clock.ts';
import { openStore, type Store } from '../../store/store.ts';
import type { AuditFact, AuditRecord } from '../../traffic/stored-record.ts';
import type { Publication } from '../mqtt-session.ts';
import type { CommandPayload, Order } from '../payloads/command.ts';
import { type ReplyPayload, replyPayload } from '../payloads/reply.ts';
import { type CommandDesk, createCommandDesk, type OrderOutcome } from './command-desk.ts';

import type { CommandPacket } from './judge-command.ts';

const SITE = 'renmin-lu-3';
const TOPIC = `roadside/v1/${SITE}/command`;
const START_MS = Date.UTC(2026, 5, 1);
const admin = createCommandSender('centre', 'admin');
const viewer = createCommandSender('wall', 'viewer');
const stranger = createCommandSender('centre', 'admin');

let folder: string;
let store: Store;
let desk: CommandDesk;
let wallMs: number;
let monoMs: number;
let quality: ClockQuality;
let carriedOut: Order[];
let sent: Publication[];
let outcome: (order: Order) => OrderOutcome | Promise<OrderOutcome>;
const clock: Clock = { now: () => ({ monoMs, wallMs, quality }), monoMs: () => monoMs };

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'roadside-commands-'));
  [wallMs, monoMs, quality] = [START_MS, 0, 'synced'];
  outcome = () => ({ kind: 'done', result: { here: true } });
  open();
});
afterEach(() => {
  desk.close();
  store.close();
  rmSync(folder, { recursive: true });
});

function open(boot = 'boot-1'): void {
  const origin = { site: SITE, boot, configRev: 'rev' };
  store = openStore({ file: join(folder, 'store.db'), upstreams: [], origin, clock });
  carriedOut = [];
  sent = [];
  desk = createCommandDesk({
    boot,
    rules: { site: SITE, keys: [admin.key, viewer.key], unsignedRole: 'viewer' },
    memory: { ...store.commands, audit: (fact) => store.audit.append(fact) },
    clock,
    carryOut: (order) => {
      carriedOut.push(order);
      return outcome(order);
    },
    log: () => undefined,
  });
  desk.connected({
    publish(publication, settle) {
      sent.push(publication);
      settle({ kind: 'accepted' });
    },
  });
}

function reopen(boot: string): void {
  desk.close();
  store.close();
  open(boot);
}

function packetOf(payload: unknown, changes: Partial<CommandPacket> = {}): CommandPacket {
  const text = typeof payload === 'string' ? payload : JSON.stringify(payload);
  return { topic: TOPIC, bytes: Buffer.from(text), retained: false, ...changes };
}

/** Lets what the desk does in the background come to its end. */
async function deliver(...packets: readonly CommandPacket[]): Promise<void> {
  for (const packet of packets) desk.received(packet);
  for (let turn = 0; turn < 10 * (packets.length + 1); turn += 1) await Promise.resolve();
}

const replies = (): ReplyPayload[] => sent.map(({ payload }) => JSON.parse(payload));
const audit = (): AuditRecord[] => store.audit.read(0, 10_000).map(({ body }) => JSON.parse(body));
const ping = (changes: Partial<CommandPayload> = {}): CommandPayload =>
  admin.command({ kind: 'ping' }, wallMs, changes);

describe('a good command', () => {
  it('is carried out, answered once, and in the audit before and after', async () => {
    const command = ping();
    await deliver(packetOf(command));
    expect(carriedOut).toEqual([{ kind: 'ping' }]);
    expect(replies()).toMatchObject([{ id: command.id, status: 'done', result: { here: true } }]);
    expect(sent[0]?.topic).toBe(`roadside/v1/${SITE}/reply`);
    expect(audit()).toMatchObject([
      { action: 'command-accepted', actor: 'centre', command: 'ping', commandId: command.id },
      { action: 'command-done', actor: 'centre', command: 'ping', commandId: command.id },
    ]);
  });

  it('is on the disk before anything is done', async () => {
    let known: unknown = null;
    const command = ping();
    outcome = () => {
      known = [store.commands.find(command.id)?.reply, audit().map(({ action }) => action)];
      return { kind: 'done', result: null };
    };
    await deliver(packetOf(command));
    expect(known).toEqual([null, ['command-accepted']]);
  });

  it('delivered again gets the same bytes again and is not done again', async () => {
    const packet = packetOf(ping());
    await deliver(packet);
    wallMs += 1000;
    await deliver(packet, packet);
    expect(carriedOut).toHaveLength(1);
    expect(sent).toHaveLength(3);
    expect(new Set(sent.map(({ payload }) => payload)).size).toBe(1);
    expect(desk.figures()).toMatchObject({ received: 3, accepted: 1, repeated: 2, refused: 0 });
  });

  it('delivered again while it is being done is answered once', async () => {
    let finish: (end: OrderOutcome) => void = () => undefined;
    outcome = () => new Promise((resolve) => (finish = resolve));
    const packet = packetOf(ping());
    await deliver(packet, packet);
    expect(sent).toHaveLength(0);
    finish({ kind: 'done', result: null });
    await deliver();
    expect([carriedOut.length, sent.length]).toEqual([1, 1]);
  });

  it('answers on a topic of its own below the reply topic, with what the sender correlates by', async () => {
    const correlationData = Buffer.from('c-1');
    await deliver(packetOf(ping(), { responseTopic: `roadside/v1/${SITE}/reply/desk-7`, correlationData }));
    expect(sent[0]).toMatchObject({ topic: `roadside/v1/${SITE}/reply/desk-7`, correlationData });
  });

  it.each([
    'roadside/v1/other/reply/x',
    `roadside/v1/${SITE}/reply/a/b`,
    `roadside/v1/${SITE}/reply/+`,
    `roadside/v1/${SITE}/command`,
    '$SYS/broker',
    `roadside/v1/${SITE}/reply/${'x'.repeat(65)}`,
  ])('never answers on %s', async (responseTopic) => {
    await deliver(packetOf(ping(), { responseTopic, correlationData: Buffer.alloc(129) }));
    expect(sent[0]?.topic).toBe(`roadside/v1/${SITE}/reply`);
    expect(sent[0]?.correlationData).toBeUndefined();
  });

  it('that fails says so, and an error of the program is an answer, too', async () => {
    outcome = () => ({ kind: 'failed', reason: 'busy', detail: 'later' });
    await deliver(packetOf(ping()));
    outcome = () => {
      throw new Error('broken');
    };
    await deliver(packetOf(ping()));
    expect(replies()).toMatchObject([
      { status: 'failed', reason: 'busy' },
      { status: 'failed', reason: 'internal', detail: 'broken' },
    ]);
  });

  it('that the store cannot note is not carried out', async () => {
    store.close();
    await deliver(packetOf(ping()));
    expect(carriedOut).toEqual([]);
    open('boot-2');
  });

  it('waits with its answer for the next connection', async () => {
    desk.disconnected();
    await deliver(packetOf(ping()));
    const later: Publication[] = [];
    desk.connected({ publish: (publication) => later.push(publication) });
    expect(later).toHaveLength(1);
  });
});

describe('a command of a role', () => {
  it('that may look may not restart; that answer is final', async () => {
    const packet = packetOf(viewer.command({ kind: 'restart' }, wallMs));
    await deliver(packet, packet);
    expect(carriedOut).toEqual([]);
    expect(replies()).toMatchObject([
      { status: 'refused', reason: 'forbidden' },
      { status: 'refused', reason: 'forbidden' },
    ]);
    expect(sent[0]?.payload).toBe(sent[1]?.payload);
    expect(replies().every((reply) => replyPayload.safeParse(reply).success)).toBe(true);
    expect(audit()).toHaveLength(1);
    await deliver(packetOf(viewer.command({ kind: 'ping' }, wallMs)));
    expect(carriedOut).toHaveLength(1);
  });
});

describe('a recorded command', () => {
  /** A hundred good commands, a second apart, as somebody may have recorded them. */
  async function record(): Promise<readonly CommandPacket[]> {
    const packets: CommandPacket[] = [];
    for (let count = 0; count < 100; count += 1) {
      const packet = packetOf(ping());
      await deliver(packet);
      packets.push(packet);
      wallMs += 1000;
      monoMs += 1000;
    }
    expect(carriedOut).toHaveLength(100);
    return packets;
  }

  it('is not done again after a restart', async () => {
    const packets = await record();
    reopen('boot-2');
    await deliver(...packets);
    expect(carriedOut).toHaveLength(0);
    expect(sent).toHaveLength(100);
    expect(replies().every(({ status, boot }) => status === 'done' && boot === 'boot-1')).toBe(true);
  }, 60_000);

  it('is not done again after the clock was set back, restart or not, whatever was forgotten', async () => {
    const packets = await record();
    // Enough later commands for the first ones to be forgotten.
    const [fact] = audit();
    for (let count = 0; count < 500; count += 1) {
      wallMs += 2000;
      const noted = { id: `later-${count}`, digest: '', expiresAtMs: wallMs + 60_000, reply: '{}' };
      store.commands.note(noted, fact as AuditFact);
    }
    const firstId = (JSON.parse(String(packets[0]?.bytes)) as CommandPayload).id;
    expect(store.commands.find(firstId)).toBeNull();
    reopen('boot-2');
    wallMs = START_MS + 80_000;
    await deliver(...packets);
    expect(carriedOut).toHaveLength(0);
    expect(new Set(replies().map(({ reason }) => reason))).toEqual(new Set(['expired']));
    wallMs = START_MS + 5_000_000;
    await deliver(packetOf(ping()));
    expect(carriedOut).toHaveLength(1);
  }, 60_000);

  it('that was interrupted by a kill is not begun again, and says so', async () => {
    outcome = () => new Promise(() => undefined);
    const packet = packetOf(ping());
    await deliver(packet);
    reopen('boot-2');
    await deliver(packet, packet);
    expect(carriedOut).toHaveLength(0);
    expect(replies().map(({ reason }) => reason)).toEqual(['interrupted', 'interrupted']);
    expect(sent[0]?.payload).toBe(sent[1]?.payload);
  });

  it('is refused while the clock was never set, with that reason', async () => {
    quality = 'unsynced';
    await deliver(packetOf(ping()));
    expect(carriedOut).toEqual([]);
    expect(replies()).toMatchObject([{ status: 'refused', reason: 'clock-unsynced' }]);
  });
});

describe('hostile commands', () => {
  const table = hostilePackets({ admin, stranger, atMs: START_MS, topic: TOPIC });

  it('are many', () => expect(table.length).toBeGreaterThanOrEqual(60));

  it.each(table)('$name: nothing is done, and it is in the audit', async ({ packet, reason }) => {
    await deliver(packet);
    expect(carriedOut).toEqual([]);
    expect(audit()).toMatchObject([{ action: 'command-refused', reason }]);
    expect(desk.figures()).toMatchObject({ received: 1, accepted: 0, refused: 1, refusals: { [reason]: 1 } });
    expect(desk.figures().lastRefused).toMatchObject({ atMs: START_MS, reason });
    expect(({} as Record<string, unknown>)['polluted']).toBeUndefined();
    await deliver(packetOf(ping()));
    expect(carriedOut).toHaveLength(1);
  });

  it('in a flood are summed up: the audit stays small and counts every one', async () => {
    const packets = Array.from({ length: 3000 }, () => packetOf(stranger.command({ kind: 'ping' }, wallMs)));
    await deliver(...packets);
    desk.close();
    expect(carriedOut).toEqual([]);
    const entries = audit();
    expect(entries.length).toBeLessThan(30);
    expect(entries.reduce((sum, { count }) => sum + count, 0)).toBe(3000);
    expect(sent.length).toBeLessThan(30);
    const { received, refused, refusals } = desk.figures();
    expect([received, refused]).toEqual([3000, 3000]);
    expect(Object.keys(refusals).toSorted()).toEqual(['bad-signature', 'too-many']);
    expect(Object.values(refusals).reduce((sum, count) => sum + count, 0)).toBe(3000);
  });

  it('of somebody with a key in a flood: twenty are done, the rest is refused', async () => {
    await deliver(...Array.from({ length: 100 }, () => packetOf(ping())));
    expect(carriedOut.length).toBeLessThanOrEqual(20);
    expect(carriedOut.length).toBeGreaterThan(0);
    expect(desk.figures()).toMatchObject({ received: 100, refused: 100 - carriedOut.length });
  });

  it('whatever is changed in a signed command, it is refused', async () => {
    const text = JSON.stringify(admin.command({ kind: 'log-level', level: 'debug', forMin: 10 }, START_MS));
    await fc.assert(
      fc.asyncProperty(fc.nat(text.length - 1), fc.integer({ min: 32, max: 126 }), async (at, code) => {
        const changed = text.slice(0, at) + String.fromCharCode(code) + text.slice(at + 1);
        fc.pre(changed !== text);
        const before = carriedOut.length;
        monoMs += 60_000;
        await deliver(packetOf(changed));
        expect(carriedOut).toHaveLength(before);
      }),
      { numRuns: 300 },
    );
  }, 60_000);

  it('of any bytes at all do nothing', async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.oneof(fc.uint8Array({ maxLength: 300 }), fc.json().map(Buffer.from)),
        async (bytes) => {
          monoMs += 60_000;
          await deliver(packetOf('', { bytes: Uint8Array.from(bytes) }));
          expect(carriedOut).toEqual([]);
        },
      ),
      { numRuns: 700 },
    );
  }, 60_000);
});

describe('a site without keys', () => {
  it('lets everybody look and nobody do more', async () => {
    desk.close();
    desk = createCommandDesk({
      boot: 'boot-1',
      rules: { site: SITE, keys: [], unsignedRole: 'viewer' },
      memory: { ...store.commands, audit: (fact) => store.audit.append(fact) },
      clock,
      carryOut: (order) => {
        carriedOut.push(order);
        return { kind: 'done', result: null };
      },
      log: () => undefined,
    });
    await deliver(
      packetOf(unsignedCommand({ kind: 'ping' }, wallMs)),
      packetOf(unsignedCommand({ kind: 'restart' }, wallMs)),
      packetOf(ping()),
    );
    expect(carriedOut).toEqual([{ kind: 'ping' }]);
    expect(audit().flatMap(({ reason }) => reason ?? [])).toEqual(['forbidden', 'unknown-key']);
  });
});
