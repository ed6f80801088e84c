import { type LedgerFileQuery, readLedgerFile } from '../app/ledger-file.ts';
import type { Overview } from '../app/overview.ts';
import { RoadsideError } from '../base/errors.ts';
import type { TrafficRecord } from '../traffic/record.ts';
import { askLedger, askOverview, DEFAULT_SOCKET } from './control-client.ts';

const DEFAULT_STORE = '/var/lib/roadside/roadside.db';

/** Where stored records come from: the gateway that has the store open, or the store itself when none runs. */
export interface RecordSource {
  /** Of the gateway that was asked; null when none runs. */
  readonly overview: Overview | null;
  records(query: LedgerFileQuery): AsyncIterable<TrafficRecord> | Iterable<TrafficRecord>;
}

/** @throws RoadsideError control-unreachable when a socket is named and no gateway answers there */
export async function openRecordSource(named: {
  readonly store: string | undefined;
  readonly socket: string | undefined;
}): Promise<RecordSource> {
  if (named.store !== undefined && named.socket !== undefined) {
    throw new RoadsideError('usage-invalid', '--store and --socket exclude each other', {
      hint: 'Use --socket while the gateway runs, --store when it does not.',
    });
  }
  if (named.store !== undefined) return storeSource(named.store);
  const socket = named.socket ?? DEFAULT_SOCKET;
  try {
    const overview = await askOverview(socket);
    return { overview, records: (query) => askLedger(socket, query) };
  } catch (error) {
    if (named.socket !== undefined || !isUnreachable(error)) throw error;
    return storeSource(DEFAULT_STORE);
  }
}

function storeSource(file: string): RecordSource {
  return {
    overview: null,
    *records(query) {
      try {
        yield* readLedgerFile(file, query);
      } catch (error) {
        if (!(error instanceof RoadsideError) || error.code !== 'store-locked') throw error;
        throw new RoadsideError('store-locked', error.message, {
          hint: 'A gateway is running on this store: ask it with --socket FILE (control.socket of its site file).',
          cause: error,
        });
      }
    },
  };
}

function isUnreachable(error: unknown): boolean {
  return error instanceof RoadsideError && error.code === 'control-unreachable';
}
