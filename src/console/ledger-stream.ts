import type { Socket } from 'node:net';
import { setImmediate as turn } from 'node:timers/promises';
import { messageOf, RoadsideError } from '../base/errors.ts';
import type { StreamName } from '../traffic/stored-record.ts';

/** Rows read at once; reading holds up the tick, so it is a few milliseconds' worth. */
const PAGE_ROWS = 200;
/** A client that reads nothing for so long is dropped. */
const READ_WITHIN_MS = 10_000;

export interface LedgerPageQuery {
  readonly stream: StreamName;
  readonly after: number;
  readonly limit: number;
}

export interface LedgerSource {
  /** One page of stored records, in order of storing. */
  readLedger(query: LedgerPageQuery): readonly {
    readonly position: number;
    readonly madeAtMs: number;
    readonly body: string;
  }[];
}

/**
 * Sends the records of one stream that were stored in [fromMs, toMs]: `{"record":…}` each, then
 * `{"end":{"records":n}}`. What arrives without that last line was cut off. The pace is the client's, as long as it
 * reads at all.
 */
export function streamLedger(
  socket: Socket,
  source: LedgerSource,
  query: { readonly stream: StreamName; readonly fromMs: number; readonly toMs: number },
): void {
  // Rows that are looked at and not sent are silence, too.
  socket.setTimeout(0);
  const send = async (): Promise<void> => {
    const { stream, fromMs, toMs } = query;
    let after = 0;
    let records = 0;
    while (!socket.destroyed) {
      const rows = source.readLedger({ stream, after, limit: PAGE_ROWS });
      const wanted = rows.filter(({ madeAtMs }) => madeAtMs >= fromMs && madeAtMs <= toMs);
      records += wanted.length;
      const lines = wanted.map(({ body }) => `{"record":${body}}\n`).join('');
      if (lines !== '' && !socket.write(lines)) await drained(socket);
      const last = rows.at(-1);
      if (last === undefined || rows.length < PAGE_ROWS) break;
      after = last.position;
      await turn();
    }
    if (!socket.destroyed) socket.end(`${JSON.stringify({ end: { records } })}\n`);
  };
  send().catch((error: unknown) => {
    const refusal = error instanceof RoadsideError ? error.code : 'store-unavailable';
    if (!socket.destroyed) {
      socket.end(`${JSON.stringify({ error: refusal, detail: messageOf(error) })}\n`);
    }
  });
}

/** Resolves when a client has read what was written, or is gone. */
export function drained(socket: Socket): Promise<void> {
  return new Promise((resolve) => {
    const end = (): void => {
      clearTimeout(limit);
      socket.off('drain', end);
      socket.off('close', end);
      resolve();
    };
    const limit = setTimeout(() => socket.destroy(), READ_WITHIN_MS);
    socket.once('drain', end);
    socket.once('close', end);
  });
}
