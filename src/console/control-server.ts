import { chmodSync, existsSync, mkdirSync, unlinkSync } from 'node:fs';
import { createServer, type Server, type Socket } from 'node:net';
import { dirname } from 'node:path';
import { z } from 'zod';
import type { Overview, WatchView } from '../app/overview.ts';
import { assertNever } from '../base/assert-never.ts';
import { type AuditSource, streamAudit } from './audit-stream.ts';
import { type EvidenceSource, streamEvidenceFile, streamEvidenceList } from './evidence-stream.ts';
import { type LedgerSource, streamLedger } from './ledger-stream.ts';
import { createWatchers, type Watchers } from './watchers.ts';

/** A request is one short line; anything longer is not for us. */
const MAX_REQUEST_BYTES = 1024;
const MAX_CLIENTS = 8;
/** Connections that stay: the rest is left for `status`. */
const MAX_LONG_CLIENTS = 5;
const CLIENT_TIMEOUT_MS = 5000;

const requestSchema = z.discriminatedUnion('ask', [
  z.strictObject({ ask: z.literal('overview') }),
  z.strictObject({ ask: z.literal('watch') }),
  z.strictObject({
    ask: z.literal('ledger'),
    stream: z.enum(['passage', 'flow', 'movement', 'incident', 'fault', 'hires']),
    /** Records stored in [fromMs, toMs], UTC ms. */
    fromMs: z.number().finite(),
    toMs: z.number().finite(),
  }),
  z.strictObject({ ask: z.literal('audit') }),
  z.strictObject({ ask: z.literal('evidence-list') }),
  z.strictObject({ ask: z.literal('evidence-file'), name: z.string().max(200) }),
]);
type ControlRequest = z.infer<typeof requestSchema>;
/** What a client may ask for. */
export type LedgerRequest = Omit<Extract<ControlRequest, { ask: 'ledger' }>, 'ask'>;

export interface ControlAnswers extends LedgerSource, EvidenceSource, AuditSource {
  overview(): Overview;
  watch(): WatchView;
}

export interface ControlServer {
  close(): Promise<void>;
}

/**
 * The local control socket: a client sends one line of JSON and gets lines of JSON back.
 *
 * - `{"ask":"overview"}`: one line, then the end.
 * - `{"ask":"watch"}`: what the loops do, at once and at each change, until the client leaves (watchers.ts).
 * - `{"ask":"ledger",…}`: one line per stored record, then `{"end":{"records":n}}` (ledger-stream.ts).
 *
 * - `{"ask":"audit"}`: what was done to the agent (audit-stream.ts).
 * - `{"ask":"evidence-list"}` and `{"ask":"evidence-file","name":…}`: pictures and clips (evidence-stream.ts).
 *
 * Only the user and group of the agent may connect (mode 0660).
 */
export async function openControlServer(socketPath: string, answers: ControlAnswers): Promise<ControlServer> {
  mkdirSync(dirname(socketPath), { recursive: true, mode: 0o750 });
  // The store's lock has already made sure that no other gateway runs: what lies here is a dead one's.
  if (existsSync(socketPath)) unlinkSync(socketPath);
  const watchers = createWatchers(answers.watch);
  const sockets = new Set<Socket>();
  let longClients = 0;
  const stay = (socket: Socket): boolean => {
    if (longClients >= MAX_LONG_CLIENTS) return false;
    longClients += 1;
    socket.once('close', () => {
      longClients -= 1;
    });
    return true;
  };
  const server = createServer((socket) => {
    sockets.add(socket);
    socket.once('close', () => sockets.delete(socket));
    serve(socket, (request) => answer(request, { socket, answers, watchers, stay }));
  });
  server.maxConnections = MAX_CLIENTS;
  await listen(server, socketPath);
  chmodSync(socketPath, 0o660);
  return {
    close() {
      watchers.close();
      for (const socket of sockets) socket.destroy();
      return new Promise((resolve) => server.close(() => resolve()));
    },
  };
}

function listen(server: Server, path: string): Promise<void> {
  return new Promise((resolve, reject) => {
    server.once('error', reject);
    server.listen(path, () => {
      server.off('error', reject);
      resolve();
    });
  });
}

/** Hands over the client's one request; whatever it sends behind it is ignored. */
function serve(socket: Socket, onRequest: (request: ControlRequest | null) => void): void {
  let text = '';
  let isAsked = false;
  socket.setEncoding('utf8');
  socket.setTimeout(CLIENT_TIMEOUT_MS, () => socket.destroy());
  socket.on('error', () => socket.destroy());
  socket.on('data', (chunk) => {
    if (isAsked) return;
    text += chunk.toString();
    if (text.length > MAX_REQUEST_BYTES) {
      socket.destroy();
      return;
    }
    const end = text.indexOf('\n');
    if (end < 0) return;
    isAsked = true;
    onRequest(parseRequest(text.slice(0, end)));
  });
}

interface Client {
  readonly socket: Socket;
  readonly answers: ControlAnswers;
  readonly watchers: Watchers;
  /** False when too many clients stay already. */
  readonly stay: (socket: Socket) => boolean;
}

function answer(request: ControlRequest | null, { socket, answers, watchers, stay }: Client): void {
  const reply = (value: unknown): void => void socket.end(`${JSON.stringify(value)}\n`);
  if (request === null) {
    reply({ error: 'unknown request' });
    return;
  }
  if (request.ask === 'overview') {
    reply({ overview: answers.overview() });
    return;
  }
  if (!stay(socket)) {
    reply({ error: 'too many clients' });
    return;
  }
  switch (request.ask) {
    case 'watch':
      socket.setTimeout(0);
      watchers.add(socket);
      return;
    case 'ledger':
      streamLedger(socket, answers, request);
      return;
    case 'audit':
      streamAudit(socket, answers);
      return;
    case 'evidence-list':
      streamEvidenceList(socket, answers);
      return;
    case 'evidence-file':
      streamEvidenceFile(socket, answers, request.name);
      return;
    default:
      assertNever(request);
  }
}

function parseRequest(line: string): ControlRequest | null {
  try {
    const parsed = requestSchema.safeParse(JSON.parse(line));
    return parsed.success ? parsed.data : null;
  } catch {
    return null;
  }
}
