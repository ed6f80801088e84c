import type { FaultRecord } from '../traffic/record.ts';
import { textChecksum } from './checksums.ts';
import type { Database } from './database.ts';

/** More than a cabinet has sensors and codes; what lies beyond is not read back. */
const MAX_OPEN_FAULTS = 2000;

/** Which faults are open, as the records say that have been stored. */
export interface OpenFaults {
  /** Follows one fault record, in the transaction that stores it. */
  note(record: FaultRecord): void;
  /** The opening records of the faults that are open, oldest first; without those that the disk has altered. */
  read(): readonly FaultRecord[];
}

export function createOpenFaults(database: Database): OpenFaults {
  const open = database.prepare<[string, string, number]>(
    'INSERT OR REPLACE INTO open_faults (key, body, crc) VALUES (?, ?, ?)',
  );
  const close = database.prepare<[string]>('DELETE FROM open_faults WHERE key = ?');
  const all = database.prepare<[number], { readonly body: string; readonly crc: number }>(
    'SELECT body, crc FROM open_faults ORDER BY rowid LIMIT ?',
  );
  return {
    note(record) {
      const key = `${record.layer}/${record.sensor}/${record.code}`;
      const body = JSON.stringify(record);
      if (record.phase === 'open') open.run(key, body, textChecksum(body));
      else close.run(key);
    },
    read: () =>
      all
        .all(MAX_OPEN_FAULTS)
        .filter(({ body, crc }) => textChecksum(body) === crc)
        .map(({ body }) => JSON.parse(body) as FaultRecord),
  };
}
