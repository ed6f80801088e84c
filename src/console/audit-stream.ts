import type { Socket } from 'node:net';
import { setImmediate as turn } from 'node:timers/promises';
import { messageOf } from '../base/errors.ts';
import { drained } from './ledger-stream.ts';

const PAGE_ENTRIES = 200;

export interface AuditSource {
  readonly audit: {
    read(after: number, limit: number): readonly { readonly number: number; readonly body: string }[];
    ends(): { readonly lastNumber: number };
  };
}

/**
 * Sends `{"entry":{"number":…,"body":"…"}}` for each entry of the audit, oldest first, then `{"end":{…}}` with the
 * ends of the chain as they were at the beginning. The body is a text, so that whoever reads it can check it byte by byte.
 */
export function streamAudit(socket: Socket, { audit }: AuditSource): void {
  socket.setTimeout(0);
  const send = async (): Promise<void> => {
    const ends = audit.ends();
    let after = 0;
    while (!socket.destroyed) {
      const rows = audit.read(after, PAGE_ENTRIES).filter(({ number }) => number <= ends.lastNumber);
      const lines = rows.map((entry) => `${JSON.stringify({ entry })}\n`).join('');
      if (lines !== '' && !socket.write(lines)) await drained(socket);
      const last = rows.at(-1);
      if (last === undefined || rows.length < PAGE_ENTRIES) break;
      after = last.number;
      await turn();
    }
    if (!socket.destroyed) socket.end(`${JSON.stringify({ end: ends })}\n`);
  };
  send().catch((error: unknown) => {
    if (socket.destroyed) return;
    socket.end(`${JSON.stringify({ error: 'store-unavailable', detail: messageOf(error) })}\n`);
  });
}
