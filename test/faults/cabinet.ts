import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { StoredRecord } from '../../src/traffic/stored-record.ts';
import type { UplinkSettings } from '../../src/uplink/uplink.ts';
import type { PlatformSubscriber } from '../fakes/broker-subscriber.ts';
import type { LedgerOracle } from './ledger-oracle.ts';
import { kill, program, type Running, startNode, untilSoon } from './programs.ts';
import type { Stand } from './scenario.ts';

/** How programs/cabinet.ts is started. */
export interface CabinetOptions {
  readonly boot: string;
  readonly url: string;
  readonly file: string;
  readonly foldedFile: string;
  readonly maxPages?: number;
  readonly settings?: Partial<UplinkSettings>;
  /** A car crosses each lane with every so many turns; with each when absent. */
  readonly turnsPerCar?: number;
}

/** What it says of itself ten times a second. */
export interface CabinetStatus {
  readonly turns: number;
  /** Records in memory that the store refuses. */
  readonly waiting: number;
  readonly lost: number;
  readonly problem: string | null;
  readonly longestTurnMs: number;
  readonly uplink: string;
  readonly uplinkError: string | null;
  readonly connects: number;
  readonly published: number;
  readonly pending: number;
  readonly megabytes: number;
}

export interface Cabinet {
  readonly running: Running;
  /** The newest status; null before the first. */
  status(): CabinetStatus | null;
  isOver(): boolean;
  /** Resolves with the first status that is so. @throws Error after `withinMs`, with the last one */
  once(what: string, isSo: (status: CabinetStatus) => boolean, withinMs?: number): Promise<CabinetStatus>;
  /** Ends the traffic and resolves when everything is delivered and the program has left. */
  finish(withinMs?: number): Promise<void>;
}

/** A machine that is busy with other things may take long for what takes a moment. */
const SOON_MS = 180_000;

export function startCabinet(
  stand: Stand,
  options: Omit<CabinetOptions, 'foldedFile'>,
  surroundings: Parameters<typeof startNode>[1] = {},
): Cabinet {
  const all: CabinetOptions = { ...options, foldedFile: foldedFileOf(stand, options.boot) };
  const running = startNode([program('cabinet'), JSON.stringify(all)], surroundings);
  stand.leave(() => kill(running));
  let over = false;
  void running.ended.then(() => {
    over = true;
  });
  const status = (): CabinetStatus | null => {
    const line = running
      .said()
      .trimEnd()
      .split('\n')
      .findLast((each) => each.startsWith('{"turns"'));
    return line === undefined || !line.endsWith('}') ? null : JSON.parse(line);
  };
  const complain = (what: string): Error =>
    new Error(`${options.boot}: ${what}; it last said ${running.said().slice(-600)}`);
  return {
    running,
    status,
    isOver: () => over,
    async once(what, isSo, withinMs = SOON_MS) {
      let found: CabinetStatus | null = null;
      const look = (): boolean => {
        found = status();
        if (over) throw complain(`it ended before: ${what}`);
        return found !== null && isSo(found);
      };
      await untilSoon(what, withinMs, look).catch((error: unknown) => {
        throw complain(String(error));
      });
      if (found === null) throw complain(what);
      return found;
    },
    async finish(withinMs = SOON_MS) {
      running.child.stdin?.write('finish\n');
      await untilSoon('it delivers all and leaves', withinMs, () => over).catch((error: unknown) => {
        throw complain(String(error));
      });
      if ((await running.ended) !== 0) throw complain('it did not leave in good order');
    },
  };
}

function foldedFileOf(stand: Stand, boot: string): string {
  return join(stand.folder, `folded-${boot}`);
}

/**
 * Puts what a cabinet folded before the oracle. Of one that was killed, only what it had stored is owed; of one that
 * finished, everything.
 */
export function offerFolded(
  stand: Stand,
  boot: string,
  end: 'killed' | 'finished',
  oracle: LedgerOracle,
): void {
  const file = foldedFileOf(stand, boot);
  if (!existsSync(file)) return;
  let open: string[] = [];
  const accept = (): void => {
    for (const id of open) oracle.accept(id);
    open = [];
  };
  // A killed process may leave half a line.
  for (const line of readFileSync(file, 'utf8').split('\n').slice(0, -1)) {
    if (line === 'S') {
      accept();
      continue;
    }
    const record: StoredRecord = JSON.parse(line.slice(2));
    oracle.offer(record);
    open.push(record.id);
  }
  if (end === 'finished') accept();
}

/** What a platform has received, without the envelope. */
export function deliverAll(platform: PlatformSubscriber, oracle: LedgerOracle): void {
  const seen = new Set<string>();
  for (const { payload } of platform.records()) {
    const { schema: _, replayed, publishedAtMs, ...record } = payload;
    // A broker repeats what a subscriber has not acknowledged: the same copy, which nobody sent twice.
    const copy = `${String(record['id'])} ${String(publishedAtMs)}`;
    if (seen.has(copy)) continue;
    seen.add(copy);
    oracle.deliver({ id: String(record['id']), body: JSON.stringify(record), replayed: replayed === true });
  }
}
