import { existsSync } from 'node:fs';
import { RoadsideError } from '../base/errors.ts';
import { openStore } from '../store/store.ts';
import type { TrafficRecord, TrafficStream } from '../traffic/record.ts';

const PAGE_ROWS = 500;

export interface LedgerFileQuery {
  readonly stream: TrafficStream;
  /** Records stored in [fromMs, toMs], UTC ms. */
  readonly fromMs: number;
  readonly toMs: number;
}

/**
 * Stored records of one stream, in order of storing, from a store that no gateway is using. It holds the
 * store until the last record has been taken.
 *
 * @throws RoadsideError store-unavailable when there is no such file, store-locked while a gateway runs
 */
export function* readLedgerFile(file: string, query: LedgerFileQuery): Generator<TrafficRecord> {
  // Opening a store makes it; who asks for records must not be given an empty one.
  if (!existsSync(file)) {
    throw new RoadsideError('store-unavailable', `there is no store ${file}`, {
      hint: 'Name the file that store.file of the site file names, or ask the running gateway with --socket.',
    });
  }
  const { stream, fromMs, toMs } = query;
  const store = openStore({ file });
  try {
    let after = 0;
    for (;;) {
      const rows = store.readLedger({ stream, after, limit: PAGE_ROWS });
      for (const { madeAtMs, body } of rows) {
        if (madeAtMs >= fromMs && madeAtMs <= toMs) yield JSON.parse(body) as TrafficRecord;
      }
      const last = rows.at(-1);
      if (last === undefined || rows.length < PAGE_ROWS) return;
      after = last.position;
    }
  } finally {
    store.close();
  }
}
