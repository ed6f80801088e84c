import { createServer, type Server } from 'node:net';
import { messageOf, RoadsideError } from '../../base/errors.ts';
import type { Line, LineListener } from './line.ts';

const KEEP_ALIVE_AFTER_MS = 10_000;
const BACKLOG = 16;

export interface ListeningPort {
  /** Also closes nothing but the port: connections are their owner's. */
  close(): Promise<void>;
}

/** Takes a new connection. */
export type AcceptLine = (line: Line) => LineListener;

/** Rejects with RoadsideError `bus-unreachable` when the port is taken. */
export function createListenOpener(
  place: { readonly bind: string; readonly port: number },
  accept: AcceptLine,
): (listener: Pick<LineListener, 'onClosed'>) => Promise<ListeningPort> {
  return (listener) =>
    new Promise((resolve, reject) => {
      const server = createServer({
        noDelay: true,
        keepAlive: true,
        keepAliveInitialDelay: KEEP_ALIVE_AFTER_MS,
      });
      server.on('connection', (socket) => {
        let isOver = false;
        const taken = accept({
          write: (bytes) => void socket.write(bytes),
          close() {
            isOver = true;
            socket.destroy();
            return Promise.resolve();
          },
        });
        const end = (why: string): void => {
          if (isOver) return;
          isOver = true;
          socket.destroy();
          taken.onClosed(why);
        };
        socket.on('data', (bytes) => {
          if (!isOver) taken.onBytes(bytes);
        });
        socket.on('error', (error) => end(messageOf(error)));
        socket.on('end', () => end('closed by the other side'));
        socket.on('close', () => end('closed by the other side'));
      });
      server.once('error', (error) => reject(unreachable(place, messageOf(error))));
      server.listen({ host: place.bind, port: place.port, backlog: BACKLOG }, () => {
        server.on('error', (error) => listener.onClosed(messageOf(error)));
        resolve({ close: () => closed(server) });
      });
    });
}

function closed(server: Server): Promise<void> {
  return new Promise((resolve) => {
    // It resolves when the last connection has ended; nobody waits for that.
    server.close();
    resolve();
  });
}

function unreachable(place: { readonly bind: string; readonly port: number }, why: string): RoadsideError {
  return new RoadsideError('bus-unreachable', `cannot listen on ${place.bind}:${place.port}: ${why}`, {
    hint: 'Check that no other program listens on this port, and that the address is one of this machine.',
  });
}
