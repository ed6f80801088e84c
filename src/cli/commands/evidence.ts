import { createHash } from 'node:crypto';
import { mkdir, open, rename, rm } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import { parseArgs } from 'node:util';
import { EVIDENCE_NAMES, INCIDENT_NAMES } from '../../app/incident-names.table.ts';
import { RoadsideError } from '../../base/errors.ts';
import type { EvidenceFile, IncidentRecord } from '../../traffic/record.ts';
import type { CommandIo } from '../command-io.ts';
import { parseUsage } from '../command-options.ts';
import { askLedger, DEFAULT_SOCKET, fetchEvidence, listEvidence } from '../control-client.ts';
import { SCREEN_COLUMNS, wrapText } from '../text-table.ts';

export const EVIDENCE_USAGE = `roadside evidence list [--socket FILE] [--json]
roadside evidence get INCIDENT [--out DIR] [--socket FILE] [--json]`;

/** One incident and the files that show it. */
interface ShownIncident extends Pick<IncidentRecord, 'incident' | 'incidentKind' | 'lane' | 'openedAtMs'> {
  readonly files: readonly (EvidenceFile & { readonly present: boolean })[];
}

/** Lists and fetches the pictures and clips of incidents from a running gateway; what is fetched is checked. */
export async function runEvidence(args: readonly string[], io: CommandIo): Promise<number> {
  const options = parseEvidenceArgs(args);
  const shown = await shownIncidents(options.socket);
  if (options.command === 'list') {
    if (options.json) io.out(JSON.stringify(shown, null, 2));
    else io.out(shown.length === 0 ? 'no evidence 无证据' : evidenceLines(shown).join('\n'));
    return 0;
  }
  const wanted = shown.find(({ incident }) => incident === options.incident);
  const files = wanted?.files.filter(({ present }) => present) ?? [];
  if (files.length === 0) {
    throw new RoadsideError('evidence-missing', `there is no evidence of incident ${options.incident}`, {
      hint: 'It may have given way to newer evidence: `roadside evidence list` shows what is there.',
    });
  }
  await mkdir(options.out, { recursive: true });
  for (const file of files) {
    const fetched = { file: await fetchChecked(options, file), sha256: file.sha256, bytes: file.bytes };
    io.out(options.json ? JSON.stringify(fetched) : `${fetched.file}  sha256 ${fetched.sha256} ok 校验通过`);
  }
  return 0;
}

async function shownIncidents(socket: string): Promise<readonly ShownIncident[]> {
  const present = new Set((await listEvidence(socket)).map(({ name }) => name));
  const shown = new Map<string, ShownIncident>();
  const whole = { stream: 'incident', fromMs: 0, toMs: Number.MAX_SAFE_INTEGER } as const;
  for await (const record of askLedger(socket, whole)) {
    if (record.stream !== 'incident' || record.evidence.length === 0) continue;
    const { incident, incidentKind, lane, openedAtMs } = record;
    const files = record.evidence.map((file) => ({ ...file, present: present.has(file.name) }));
    shown.set(incident, { incident, incidentKind, lane, openedAtMs, files });
  }
  return [...shown.values()].toSorted((a, b) => a.openedAtMs - b.openedAtMs);
}

/** An incident's id and moment, and below it what it was and what shows it, in 80 columns. */
export function evidenceLines(shown: readonly ShownIncident[]): readonly string[] {
  return shown.flatMap(({ incident, incidentKind, lane, openedAtMs, files }) => {
    const texts = files.map(({ kind, bytes, present }) => {
      const size = present ? `${Math.ceil(bytes / 1024)} kB` : 'removed 已删除';
      return `${kind} ${EVIDENCE_NAMES[kind]} ${size}`;
    });
    const what = `${incidentKind} ${INCIDENT_NAMES[incidentKind]}  ${lane}`;
    return [`${incident}  ${new Date(openedAtMs).toISOString()}`, `    ${what}  ${texts.join(', ')}`].flatMap(
      (line) => wrapText(line, SCREEN_COLUMNS, '      '),
    );
  });
}

/** Whole under its own name only when it is what the record says. @returns the path */
async function fetchChecked(
  { socket, out }: { readonly socket: string; readonly out: string },
  { name, sha256 }: EvidenceFile,
): Promise<string> {
  const file = join(out, name);
  const part = `${file}.part`;
  const hash = createHash('sha256');
  const handle = await open(part, 'w', 0o600);
  try {
    for await (const chunk of fetchEvidence(socket, name)) {
      hash.update(chunk);
      await handle.writeFile(chunk);
    }
    await handle.sync();
  } catch (error) {
    await rm(part, { force: true });
    throw error;
  } finally {
    await handle.close();
  }
  const found = hash.digest('hex');
  if (found !== sha256) {
    await rm(part, { force: true });
    throw new RoadsideError('evidence-corrupt', `${name} has sha256 ${found}, its record says ${sha256}`, {
      hint: 'Fetch it again; if that does not help, the disk in the cabinet is failing.',
    });
  }
  await rename(part, file);
  return file;
}

function parseEvidenceArgs(args: readonly string[]) {
  return parseUsage(EVIDENCE_USAGE, () => {
    const { values, positionals } = parseArgs({
      args: [...args],
      allowPositionals: true,
      options: {
        socket: { type: 'string', default: DEFAULT_SOCKET },
        out: { type: 'string', default: '.' },
        json: { type: 'boolean', default: false },
      },
    });
    const [command, incident, ...more] = positionals;
    if (more.length > 0) throw new Error(`too much: ${more.join(' ')}`);
    const { socket, json } = values;
    if (command === 'list' && incident === undefined) return { command, socket, json } as const;
    if (command === 'get' && incident !== undefined) {
      return { command, incident, socket, json, out: resolve(values.out) } as const;
    }
    throw new Error('say what to list or to get');
  });
}
