import { closeSync, openSync, writeSync } from 'node:fs';
import { parseArgs } from 'node:util';
import { messageOf, RoadsideError } from '../../base/errors.ts';
import { deriveSiteDefinition } from '../../catalog/derive/site-definition.ts';
import { loadSite } from '../../catalog/load/load-site.ts';
import { driversDirsWith, shippedFolders } from '../../catalog/shipped.ts';
import type { HiResRecord } from '../../traffic/record.ts';
import type { CommandIo } from '../command-io.ts';
import { parseMoment, parseUsage } from '../command-options.ts';
import { openRecordSource, type RecordSource } from '../ledger-source.ts';

export const EXPORT_USAGE = `roadside export hires --from ISO --to ISO [--store FILE | --socket FILE]
    [--site SITE.yaml] [--drivers DIR] [--out FILE]`;
/** A device that is asked seldom tells late: a log may be stored so long after what it says happened. */
const LATE_MS = 3_600_000;
const HEADER = 'Timestamp,DeviceId,EventCode,EventParam,Loop';

/**
 * Writes the high-resolution log as CSV, one line per entry, in order of storing: timestamp (UTC), site, code and
 * parameter as in the Indiana enumerations, and the loop where the parameter is the number of a detector.
 */
export async function runExport(args: readonly string[], io: CommandIo): Promise<number> {
  const options = parseExportArgs(args);
  const source = await openRecordSource(options);
  const named = await loopNames(options, source);
  const writer = openWriter(options.out, io);
  let entries = 0;
  let unnamed = false;
  writer.line(HEADER);
  try {
    const { fromMs, toMs } = options;
    for await (const record of source.records({ stream: 'hires', fromMs, toMs: toMs + LATE_MS })) {
      if (record.stream !== 'hires') continue;
      const names = named.configRev === record.configRev ? named.names : null;
      unnamed ||= names === null;
      for (const line of hiResLines(record, { fromMs, toMs, names })) {
        writer.line(line);
        entries += 1;
      }
    }
  } finally {
    writer.close();
  }
  if (unnamed) io.error(UNNAMED_NOTE);
  if (options.out !== undefined) io.error(`${entries} entries 条记录 → ${options.out}`);
  return 0;
}

const UNNAMED_NOTE = [
  'Some entries have no loop name: they were made with another configuration, or none was given.',
  '  → --site SITE.yaml names the loops of the configuration that made them. 部分记录没有线圈名称。',
].join('\n');

/** The entries of one record that lie in [fromMs, toMs). */
export function hiResLines(
  record: Pick<HiResRecord, 'fromMs' | 'entries' | 'site'>,
  range: {
    readonly fromMs: number;
    readonly toMs: number;
    readonly names: ReadonlyMap<number, string> | null;
  },
): readonly string[] {
  return record.entries.flatMap(([offsetMs, code, parameter]) => {
    const atMs = record.fromMs + offsetMs;
    if (atMs < range.fromMs || atMs >= range.toMs) return [];
    const loop = isDetectorCode(code) ? (range.names?.get(parameter) ?? '') : '';
    return [`${new Date(atMs).toISOString()},${record.site},${code},${parameter},${loop}`];
  });
}

/** Codes whose parameter is the number of a detector (Indiana enumerations, TPF-5(377): 81 to 88). */
function isDetectorCode(code: number): boolean {
  return code >= 81 && code <= 88;
}

interface LoopNames {
  /** The configuration in which the detectors have these numbers. */
  readonly configRev: string | null;
  readonly names: ReadonlyMap<number, string>;
}

async function loopNames(options: ExportOptions, { overview }: RecordSource): Promise<LoopNames> {
  if (options.site !== undefined) {
    const { driversDirs } = options;
    const definition = deriveSiteDefinition(
      await loadSite(options.site, { driversDirs, modelsDir: shippedFolders.modelsDir }),
    );
    const loops = definition.lanes.flatMap(({ station }) =>
      station === null ? [] : [station.entry, station.exit],
    );
    const named = loops.flatMap((loop) => (loop === null ? [] : [[loop.detector, loop.loop] as const]));
    return { configRev: definition.configRev, names: new Map(named) };
  }
  if (overview === null) return { configRev: null, names: new Map() };
  const named = overview.loops.map(({ detector, loop }) => [detector, loop] as const);
  return { configRev: overview.configRev, names: new Map(named) };
}

interface LineWriter {
  line(text: string): void;
  close(): void;
}

function openWriter(file: string | undefined, io: CommandIo): LineWriter {
  if (file === undefined) return { line: io.out, close: () => undefined };
  try {
    const descriptor = openSync(file, 'wx');
    return {
      line: (text) => void writeSync(descriptor, `${text}\n`),
      close: () => closeSync(descriptor),
    };
  } catch (error) {
    throw new RoadsideError('usage-invalid', `cannot write ${file}: ${messageOf(error)}`, {
      hint: 'Name a new file in a folder that you may write to; an export is never written over another file.',
      cause: error,
    });
  }
}

interface ExportOptions {
  readonly fromMs: number;
  readonly toMs: number;
  readonly store: string | undefined;
  readonly socket: string | undefined;
  readonly site: string | undefined;
  readonly out: string | undefined;
  readonly driversDirs: readonly string[];
}

function parseExportArgs(args: readonly string[]): ExportOptions {
  return parseUsage(EXPORT_USAGE, () => {
    const { values, positionals } = parseArgs({
      args: [...args],
      allowPositionals: true,
      options: {
        from: { type: 'string' },
        to: { type: 'string' },
        store: { type: 'string' },
        socket: { type: 'string' },
        site: { type: 'string' },
        drivers: { type: 'string', multiple: true, default: [] },
        out: { type: 'string' },
      },
    });
    const { from, to, store, socket, site, out } = values;
    if (positionals.join(' ') !== 'hires') throw new RangeError('expected: export hires');
    if (from === undefined || to === undefined) throw new RangeError('--from and --to are needed');
    const fromMs = parseMoment('--from', from);
    const toMs = parseMoment('--to', to);
    if (fromMs >= toMs) throw new RangeError('--from lies before --to');
    return { fromMs, toMs, store, socket, site, out, driversDirs: driversDirsWith(values.drivers) };
  });
}
