import type { AuditFact } from '../traffic/stored-record.ts';
import type { Database } from './database.ts';

export interface NotedCommand {
  readonly id: string;
  /** SHA-256 of the whole command: another one with this id is a forgery. */
  readonly digest: string;
  /** UTC ms. */
  readonly expiresAtMs: number;
  /** JSON text; null while it is being carried out. */
  readonly reply: string | null;
}

/** Which commands were seen, so that none is carried out twice, whatever restarts or clocks do. */
export interface CommandJournal {
  /** Commands that expire at or before this may have been forgotten; UTC ms. */
  floorMs(): number;
  find(id: string): NotedCommand | null;
  /** Notes a command and why, in one transaction that is on the disk when this returns. */
  note(command: NotedCommand, fact: AuditFact): void;
  /** The same for what became of it. */
  settle(settled: { readonly id: string; readonly reply: string }, facts: readonly AuditFact[]): void;
}

/** For the store alone; every call is part of the caller's transaction. */
export interface WritableCommands {
  floorMs(): number;
  /** When the last command that is known expires; 0 without one. */
  lastExpiryMs(): number;
  find(id: string): NotedCommand | null;
  insert(command: NotedCommand): void;
  reply(id: string, reply: string): void;
  raiseFloor(toMs: number): void;
}

/** Beyond what one platform may send until the oldest have expired. */
const COMMANDS_KEPT = 500;

export function createCommands(database: Database): WritableCommands {
  const insert = database.prepare<NotedCommand>(
    'INSERT INTO commands (id, digest, expires_at_ms, reply) VALUES (@id, @digest, @expiresAtMs, @reply)',
  );
  const find = database.prepare<[string], NotedCommand>(
    'SELECT id, digest, expires_at_ms AS expiresAtMs, reply FROM commands WHERE id = ?',
  );
  const reply = database.prepare<[string, string]>('UPDATE commands SET reply = ? WHERE id = ?');
  const count = database.prepare<[], number>('SELECT count(*) FROM commands').pluck();
  const first = database.prepare<[], { readonly id: string; readonly expiresAtMs: number }>(
    'SELECT id, expires_at_ms AS expiresAtMs FROM commands ORDER BY expires_at_ms LIMIT 1',
  );
  const last = database.prepare<[], number | null>('SELECT max(expires_at_ms) FROM commands').pluck();
  const remove = database.prepare<[string]>('DELETE FROM commands WHERE id = ?');
  const floor = database.prepare<[], number>('SELECT floor_ms FROM command_floor').pluck();
  const raise = database.prepare<[number]>('UPDATE command_floor SET floor_ms = max(floor_ms, ?)');

  return {
    floorMs: () => floor.get() ?? 0,
    lastExpiryMs: () => last.get() ?? 0,
    find: (id) => find.get(id) ?? null,
    insert(command) {
      for (let over = (count.get() ?? 0) - COMMANDS_KEPT; over >= 0; over -= 1) {
        const oldest = first.get();
        if (oldest === undefined) break;
        remove.run(oldest.id);
        raise.run(oldest.expiresAtMs);
      }
      insert.run(command);
    },
    reply: (id, text) => void reply.run(text, id),
    raiseFloor: (toMs) => void raise.run(Math.round(toMs)),
  };
}
