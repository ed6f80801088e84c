import { parseArgs } from 'node:util';
import { adviceOn } from '../../app/overview.ts';
import { createSystemClock } from '../../base/clock.ts';
import type { FaultRecord } from '../../traffic/record.ts';
import type { CommandIo } from '../command-io.ts';
import { parseMoment, parseUsage } from '../command-options.ts';
import { adviceLines } from '../fault-lines.ts';
import { openRecordSource } from '../ledger-source.ts';
import { SCREEN_COLUMNS, wrapText } from '../text-table.ts';

export const FAULTS_USAGE = `roadside faults [--since 24h] [--store FILE | --socket FILE] [--json]
    --since is a time back from now (90m, 24h, 7d) or a moment`;
const DEFAULT_SINCE = '7d';

/** One fault from its opening to its end. */
export interface JournalEntry
  extends Pick<FaultRecord, 'layer' | 'sensor' | 'code' | 'detail' | 'lanes' | 'openedAtMs' | 'closedAtMs'> {
  readonly state: 'open' | 'closed';
}

/** The fault journal from the stored records, oldest first. */
export async function runFaults(args: readonly string[], io: CommandIo): Promise<number> {
  const options = parseFaultsArgs(args, createSystemClock().now().wallMs);
  const source = await openRecordSource(options);
  const records: FaultRecord[] = [];
  const whole = { stream: 'fault', fromMs: 0, toMs: Number.MAX_SAFE_INTEGER } as const;
  for await (const record of source.records(whole)) {
    if (record.stream === 'fault') records.push(record);
  }
  const entries = journalOf(records).filter(
    ({ openedAtMs, closedAtMs, state }) => state === 'open' || (closedAtMs ?? openedAtMs) >= options.sinceMs,
  );
  if (options.json) io.out(JSON.stringify(entries, null, 2));
  else if (entries.length === 0) io.out('no faults 无故障');
  else io.out(entries.flatMap(entryLines).join('\n'));
  return 0;
}

/** Pairs openings and closings: a fault keeps its id from one to the other, through restarts of the agent too. */
export function journalOf(records: readonly FaultRecord[]): readonly JournalEntry[] {
  const entries = new Map<string, JournalEntry>();
  for (const record of records) {
    const { fault, layer, sensor, code, detail, lanes, openedAtMs, closedAtMs } = record;
    const state = closedAtMs === null ? 'open' : 'closed';
    const known = entries.get(fault);
    const opening = { layer, sensor, code, detail: known?.detail ?? detail, lanes, openedAtMs };
    entries.set(fault, { ...opening, closedAtMs, state });
  }
  return [...entries.values()].toSorted((a, b) => a.openedAtMs - b.openedAtMs);
}

function entryLines(entry: JournalEntry): readonly string[] {
  const { layer, sensor, code, detail, lanes, openedAtMs, closedAtMs, state } = entry;
  const where = lanes.length === 0 ? '' : `  lanes 车道 ${lanes.join(', ')}`;
  const lasted = closedAtMs === null ? 'OPEN 未恢复' : durationText(closedAtMs - openedAtMs);
  const lines = [`${localTime(openedAtMs)}  ${lasted}  ${code}  ${layer} ${sensor}${where}`, `    ${detail}`]
    .filter((line) => line.trim() !== '')
    .flatMap((line) => wrapText(line, SCREEN_COLUMNS, '      '));
  // What is over needs no remedy.
  return state === 'open' ? [...lines, ...adviceLines(adviceOn({ layer, code }))] : lines;
}

export function durationText(ms: number): string {
  const s = Math.round(ms / 1000);
  if (s < 120) return `${s} s`;
  return s < 7200 ? `${Math.round(s / 60)} min` : `${(s / 3600).toFixed(1)} h`;
}

function localTime(wallMs: number): string {
  const at = new Date(wallMs);
  const two = (value: number): string => String(value).padStart(2, '0');
  const day = `${at.getFullYear()}-${two(at.getMonth() + 1)}-${two(at.getDate())}`;
  return `${day} ${at.toTimeString().slice(0, 8)}`;
}

function parseFaultsArgs(args: readonly string[], nowMs: number) {
  return parseUsage(FAULTS_USAGE, () => {
    const { values } = parseArgs({
      args: [...args],
      options: {
        since: { type: 'string', default: DEFAULT_SINCE },
        store: { type: 'string' },
        socket: { type: 'string' },
        json: { type: 'boolean', default: false },
      },
    });
    const { since, store, socket, json } = values;
    return { sinceMs: sinceMoment(since, nowMs), store, socket, json };
  });
}

const UNIT_MS = { m: 60_000, h: 3_600_000, d: 86_400_000 } as const;

function sinceMoment(text: string, nowMs: number): number {
  const [, amount, unit] = /^(\d{1,6})([mhd])$/.exec(text) ?? [];
  if (amount === undefined || unit === undefined) return parseMoment('--since', text);
  return nowMs - Number(amount) * UNIT_MS[unit as keyof typeof UNIT_MS];
}
