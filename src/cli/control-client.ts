import { connect } from 'node:net';
import type { AuditRow, StoredAudit } from '../app/audit-file.ts';
import type { Overview } from '../app/overview.ts';
import { messageOf, RoadsideError } from '../base/errors.ts';
import type { LedgerRequest } from '../console/control-server.ts';
import type { WatchDelta } from '../console/watchers.ts';
import type { TrafficRecord } from '../traffic/record.ts';

export const DEFAULT_SOCKET = '/run/roadside/control.sock';
const ANSWER_TIMEOUT_MS = 3000;
/** The agent speaks at least every two seconds to who watches it, and a ledger may take long to look through. */
const SILENCE_LIMIT_MS = 30_000;
const MAX_LINE_CHARS = 8 * 1024 * 1024;

/**
 * Asks a running gateway for its overview.
 *
 * @throws RoadsideError control-unreachable when no gateway answers at this socket
 */
export async function askOverview(socketPath: string): Promise<Overview> {
  const ask = { ask: 'overview' };
  for await (const answer of answersTo(socketPath, ask, ANSWER_TIMEOUT_MS)) {
    return (answer as unknown as { overview: Overview }).overview;
  }
  throw unreachable(socketPath, 'it said nothing');
}

/**
 * Follows what the loops of a running gateway do, until it stops or the caller leaves the loop.
 *
 * @throws RoadsideError control-unreachable
 */
export async function* watchLoops(socketPath: string): AsyncGenerator<WatchDelta> {
  for await (const answer of answersTo(socketPath, { ask: 'watch' }, SILENCE_LIMIT_MS)) {
    if ('watch' in answer) yield answer['watch'] as WatchDelta;
  }
}

/**
 * Stored records of one stream, oldest first, from a running gateway.
 *
 * @throws RoadsideError control-unreachable, also when the gateway broke off
 */
export async function* askLedger(socketPath: string, query: LedgerRequest): AsyncGenerator<TrafficRecord> {
  for await (const answer of answersTo(socketPath, { ask: 'ledger', ...query }, SILENCE_LIMIT_MS)) {
    if ('end' in answer) return;
    if ('record' in answer) yield answer['record'] as TrafficRecord;
  }
  throw unreachable(socketPath, 'it broke off before the last record');
}

/**
 * The audit of a running gateway.
 *
 * @throws RoadsideError control-unreachable, also when the gateway broke off
 */
export async function askAudit(socketPath: string): Promise<StoredAudit> {
  const rows: AuditRow[] = [];
  for await (const answer of answersTo(socketPath, { ask: 'audit' }, SILENCE_LIMIT_MS)) {
    if ('end' in answer) return { rows, ends: answer['end'] as StoredAudit['ends'] };
    if ('entry' in answer) rows.push(answer['entry'] as AuditRow);
  }
  throw unreachable(socketPath, 'it broke off before the last entry');
}

/**
 * The pictures and clips that a running gateway has.
 *
 * @throws RoadsideError control-unreachable
 */
export async function listEvidence(socketPath: string): Promise<readonly { readonly name: string }[]> {
  const files: { readonly name: string }[] = [];
  for await (const answer of answersTo(socketPath, { ask: 'evidence-list' }, SILENCE_LIMIT_MS)) {
    if ('file' in answer) files.push(answer['file'] as { readonly name: string });
  }
  return files;
}

/**
 * The bytes of one picture or clip.
 *
 * @throws RoadsideError control-unreachable, also when the gateway broke off or has no such file
 */
export async function* fetchEvidence(socketPath: string, name: string): AsyncGenerator<Buffer> {
  for await (const answer of answersTo(socketPath, { ask: 'evidence-file', name }, SILENCE_LIMIT_MS)) {
    if ('end' in answer) return;
    if ('chunk' in answer) yield Buffer.from(String(answer['chunk']), 'base64');
  }
  throw unreachable(socketPath, 'it broke off before the last byte');
}

/** One request; every line of the answer as a value. A refusal is an error. */
async function* answersTo(
  socketPath: string,
  request: object,
  silenceLimitMs: number,
): AsyncGenerator<Readonly<Record<string, unknown>>> {
  const socket = connect(socketPath);
  socket.setEncoding('utf8');
  socket.setTimeout(silenceLimitMs, () => socket.destroy(new Error('no answer in time')));
  socket.write(`${JSON.stringify(request)}\n`);
  let text = '';
  try {
    for await (const chunk of socket) {
      text += String(chunk);
      if (text.length > MAX_LINE_CHARS) throw new Error('the answer is too long');
      const lines = text.split('\n');
      text = lines.pop() ?? '';
      for (const line of lines) {
        const answer = JSON.parse(line) as Readonly<Record<string, unknown>>;
        if ('error' in answer) throw new Error(`it refused: ${String(answer['error'])}`);
        yield answer;
      }
    }
  } catch (error) {
    throw error instanceof RoadsideError ? error : unreachable(socketPath, messageOf(error));
  } finally {
    socket.destroy();
  }
}

function unreachable(socketPath: string, reason: string): RoadsideError {
  return new RoadsideError('control-unreachable', `no gateway answers at ${socketPath}: ${reason}`, {
    hint: 'Start it (`systemctl start roadside`, or `roadside run SITE.yaml`), and run this as its user or group.',
  });
}
