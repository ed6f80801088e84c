import { chmodSync, existsSync, mkdirSync, unlinkSync } from 'node:fs';
import { createServer, type Server, type Socket } from 'node:net';
import { dirname } from 'node:path';
import type { Overview } from '../app/overview.ts';

/** A request is one short line; anything longer is not for us. */
const MAX_REQUEST_BYTES = 1024;
const MAX_CLIENTS = 8;
const CLIENT_TIMEOUT_MS = 5000;

export interface ControlServer {
  close(): Promise<void>;
}

/**
 * The local control socket: a client sends `{"ask":"overview"}` and a line end, gets one line of JSON back and
 * is disconnected. Only the user and group of the agent may connect (mode 0660).
 */
export async function openControlServer(
  socketPath: string,
  answers: { readonly overview: () => Overview },
): Promise<ControlServer> {
  mkdirSync(dirname(socketPath), { recursive: true, mode: 0o750 });
  // The store's lock has already made sure that no other gateway runs: what lies here is a dead one's.
  if (existsSync(socketPath)) unlinkSync(socketPath);
  const server = createServer((socket) => serve(socket, answers));
  server.maxConnections = MAX_CLIENTS;
  await listen(server, socketPath);
  chmodSync(socketPath, 0o660);
  return { close: () => new Promise((resolve) => server.close(() => resolve())) };
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

function serve(socket: Socket, answers: { readonly overview: () => Overview }): void {
  let text = '';
  socket.setEncoding('utf8');
  socket.setTimeout(CLIENT_TIMEOUT_MS, () => socket.destroy());
  socket.on('error', () => socket.destroy());
  socket.on('data', (chunk) => {
    text += chunk.toString();
    if (text.length > MAX_REQUEST_BYTES) {
      socket.destroy();
      return;
    }
    const end = text.indexOf('\n');
    if (end >= 0) socket.end(`${JSON.stringify(answer(text.slice(0, end), answers))}\n`);
  });
}

function answer(line: string, answers: { readonly overview: () => Overview }): unknown {
  return askedFor(line) === 'overview' ? { overview: answers.overview() } : { error: 'unknown request' };
}

function askedFor(line: string): unknown {
  try {
    const request: unknown = JSON.parse(line);
    return typeof request === 'object' && request !== null && 'ask' in request ? request.ask : null;
  } catch {
    return null;
  }
}
