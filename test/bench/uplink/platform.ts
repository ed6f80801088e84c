/** The receiver at the platform: mosquitto_sub, which stamps what comes in, into a file. */
import { execFileSync } from 'node:child_process';
import { closeSync, openSync, readSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { startProgram } from '../common/programs.ts';

/** One copy of a record as it came in. */
export interface Arrival {
  readonly id: string;
  /** UTC ms with fraction. */
  readonly atMs: number;
  /** What the record says of its own moment; UTC ms. */
  readonly observedAtMs: number;
}

export interface Platform {
  /** Copies of records so far. */
  count(): number;
  /** Resolves when so many copies have come, or when nothing has come for a while. */
  untilCount(copies: number): Promise<void>;
  /** All of them, in order of arrival; ends the subscription. */
  stop(): Promise<readonly Arrival[]>;
}

export interface Tally {
  readonly distinct: number;
  readonly duplicates: number;
  /** From the first arrival to the last. */
  readonly perS: number;
}

/** Until the first record; a sender tries to connect once a second at least, on a machine that may be busy. */
const FIRST_MS = 30_000;
/** After it, silence of this length is the end; a sender that was killed is back before. */
const QUIET_MS = 6000;
const LOOK_EVERY_MS = 20;
const CHUNK_BYTES = 1 << 20;
const NEWLINE = 10;

/** Leaves a durable session with the broker, so that nothing is missed before the receiver is there. */
export function subscribeDurably(port: number): void {
  execFileSync('mosquitto_sub', [...sessionAt(port), '-E']);
}

function sessionAt(port: number): readonly string[] {
  const session = ['-i', 'platform', '-c', '-q', '1', '-t', 'roadside/v1/#'];
  return ['-h', '127.0.0.1', '-p', String(port), ...session];
}

export function openPlatform(folder: string, port: number): Platform {
  const file = join(folder, 'received.txt');
  writeFileSync(file, '');
  const receiver = ['mosquitto_sub', ...sessionAt(port), '-F', '%U %p'];
  const command = ['sh', '-c', `exec "$@" > '${file}'`, 'sh', ...receiver];
  const program = startProgram({ name: 'mosquitto_sub', command });
  const lines = openLines(file);
  const arrivals: Arrival[] = [];
  const count = (): number => {
    for (const line of lines.next()) {
      const arrival = arrivalOf(line);
      if (arrival !== null) arrivals.push(arrival);
    }
    return arrivals.length;
  };
  return {
    count,
    async untilCount(copies) {
      let before = count();
      let sinceMs = performance.now();
      while (before < copies && performance.now() - sinceMs < (before === 0 ? FIRST_MS : QUIET_MS)) {
        await delay(LOOK_EVERY_MS);
        const now = count();
        if (now > before) sinceMs = performance.now();
        before = now;
      }
    },
    async stop() {
      await program.stop();
      count();
      lines.close();
      rmSync(file);
      return arrivals;
    },
  };
}

export function tallyOf(arrivals: readonly Arrival[]): Tally {
  const distinct = new Set(arrivals.map(({ id }) => id)).size;
  const spanMs = (arrivals.at(-1)?.atMs ?? 0) - (arrivals[0]?.atMs ?? 0);
  return {
    distinct,
    duplicates: arrivals.length - distinct,
    perS: spanMs === 0 ? 0 : ((arrivals.length - 1) * 1000) / spanMs,
  };
}

/** Null for what is no record, such as the birth. */
function arrivalOf(line: string): Arrival | null {
  const [, id] = /"id":"([^"]*)"/.exec(line) ?? [];
  const [, observed] = /"observedAtMs":([\d.]+)/.exec(line) ?? [];
  if (id === undefined) return null;
  return { id, atMs: Number(line.slice(0, line.indexOf(' '))) * 1000, observedAtMs: Number(observed) };
}

/** The whole lines that were added to a growing file since the last look. */
function openLines(path: string): { next(): readonly string[]; close(): void } {
  const descriptor = openSync(path, 'r');
  const chunk = Buffer.alloc(CHUNK_BYTES);
  let rest = Buffer.alloc(0);
  return {
    next() {
      const lines: string[] = [];
      for (;;) {
        const length = readSync(descriptor, chunk);
        if (length === 0) return lines;
        const text = Buffer.concat([rest, chunk.subarray(0, length)]);
        const end = text.lastIndexOf(NEWLINE) + 1;
        rest = Buffer.from(text.subarray(end));
        if (end > 0) lines.push(...text.toString('utf8', 0, end - 1).split('\n'));
      }
    },
    close: () => closeSync(descriptor),
  };
}
