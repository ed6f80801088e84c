import { parseArgs } from 'node:util';
import { type AuditRow, checkChain, readAuditFile, type StoredAudit } from '../../app/audit-file.ts';
import { RoadsideError } from '../../base/errors.ts';
import type { AuditAction, AuditRecord } from '../../traffic/stored-record.ts';
import type { CommandIo } from '../command-io.ts';
import { parseUsage, parseWhole } from '../command-options.ts';
import { askAudit, DEFAULT_SOCKET } from '../control-client.ts';

export const AUDIT_USAGE = `roadside audit verify [--expect NUMBER:HASH] [--store FILE | --socket FILE]
    [--json]
roadside audit list [--last N] [--store FILE | --socket FILE] [--json]`;
const DEFAULT_LAST = '50';

/** Lists what was done to the agent and by whom, and proves that nothing of it was altered. */
export async function runAudit(args: readonly string[], io: CommandIo): Promise<number> {
  const options = parseAuditArgs(args);
  const audit = options.store === undefined ? await askAudit(options.socket) : readAuditFile(options.store);
  if (options.command === 'verify') io.out(verify(audit, options.expect));
  else io.out(listed(audit.rows.slice(-options.last), options.json));
  return 0;
}

/** @throws RoadsideError audit-broken, naming the first entry that is not what was stored */
function verify({ rows, ends }: StoredAudit, expect: Expected | null): string {
  const verdict = checkChain(rows, ends);
  if (verdict.kind === 'broken') throw broken(verdict.number, verdict.problem);
  if (expect !== null) {
    const found = expect.number === ends.lastNumber ? ends.lastHash : hashOf(rows, expect.number);
    if (found !== expect.hash) throw broken(expect.number, 'the platform was told of another entry');
  }
  if (ends.lastNumber === 0) return 'no entries yet 尚无审计记录';
  const first = ends.beforeNumber + 1;
  return [
    `whole: entries ${first} to ${ends.lastNumber}, each follows the one before`,
    `审计链完整：第 ${first} 至 ${ends.lastNumber} 条`,
    `newest 最新  ${ends.lastNumber}:${ends.lastHash}`,
  ].join('\n');
}

function broken(number: number, problem: string): RoadsideError {
  return new RoadsideError('audit-broken', `the audit is not whole from entry ${number} on: ${problem}`, {
    hint: 'Compare with the entries that the platform has got (stream audit); find out who had access to the store.',
  });
}

function hashOf(rows: readonly AuditRow[], number: number): string | null {
  const row = rows.find((each) => each.number === number);
  return row === undefined ? null : (JSON.parse(row.body) as AuditRecord).hash;
}

const CHINESE: Readonly<Record<AuditAction, string>> = {
  started: '启动',
  stopped: '停止',
  'config-changed': '配置变更',
  'command-accepted': '接受命令',
  'command-done': '命令完成',
  'command-failed': '命令失败',
  'command-refused': '拒绝命令',
  'commands-dropped': '大量命令被拒绝',
  'incident-acknowledged': '事件已确认',
};

function listed(rows: readonly AuditRow[], json: boolean): string {
  if (json) return rows.map(({ body }) => body).join('\n');
  return rows.length === 0 ? 'no entries yet 尚无审计记录' : rows.map(entryLine).join('\n');
}

function entryLine({ number, body }: AuditRow): string {
  let entry: AuditRecord;
  try {
    entry = JSON.parse(body);
  } catch {
    return `${number}  cannot be read 无法读取`;
  }
  const { action, actor, command, commandId, subject, reason, detail, count } = entry;
  const times = count > 1 ? `×${count}` : null;
  const what = [command, commandId, subject, reason, times, detail].filter(
    (text) => text !== null && text !== '',
  );
  const at = new Date(entry.observedAtMs).toISOString();
  return `${number}  ${at}  ${action} ${CHINESE[action] ?? ''}  ${actor}  ${what.join('  ')}`.trimEnd();
}

interface Expected {
  readonly number: number;
  readonly hash: string;
}

function parseAuditArgs(args: readonly string[]) {
  return parseUsage(AUDIT_USAGE, () => {
    const { values, positionals } = parseArgs({
      args: [...args],
      allowPositionals: true,
      options: {
        expect: { type: 'string' },
        last: { type: 'string', default: DEFAULT_LAST },
        json: { type: 'boolean', default: false },
        store: { type: 'string' },
        socket: { type: 'string', default: DEFAULT_SOCKET },
      },
    });
    const [command, ...more] = positionals;
    if (more.length > 0 || (command !== 'verify' && command !== 'list'))
      throw new Error('say verify or list');
    const last = parseWhole('--last', values.last, { from: 1, to: 1_000_000 });
    const expect = values.expect === undefined ? null : parseExpected(values.expect);
    return { command, last, expect, json: values.json, store: values.store, socket: values.socket };
  });
}

function parseExpected(text: string): Expected {
  const [, number, hash] = /^([1-9]\d{0,14}):([0-9a-f]{64})$/.exec(text) ?? [];
  if (number === undefined || hash === undefined) {
    throw new RangeError('--expect is number:hash of an entry that the platform has got');
  }
  return { number: Number(number), hash };
}
