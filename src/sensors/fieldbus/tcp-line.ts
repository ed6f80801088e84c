import { createConnection } from 'node:net';
import { messageOf, RoadsideError } from '../../base/errors.ts';
import type { OpenLine } from './line.ts';

export const TCP_CONNECT_LIMIT_MS = 3000;
const KEEP_ALIVE_AFTER_MS = 10_000;

export function createTcpOpener(peer: { readonly host: string; readonly port: number }): OpenLine {
  return (listener) =>
    new Promise((resolve, reject) => {
      const socket = createConnection({
        host: peer.host,
        port: peer.port,
        noDelay: true,
        keepAlive: true,
        keepAliveInitialDelay: KEEP_ALIVE_AFTER_MS,
      });
      let phase: 'connecting' | 'open' | 'ended' = 'connecting';
      let lastError = 'closed by the other side';
      const end = (why: string): void => {
        if (phase === 'ended') return;
        const wasOpen = phase === 'open';
        phase = 'ended';
        clearTimeout(deadline);
        socket.destroy();
        if (wasOpen) listener.onClosed(why);
        else reject(unreachable(peer, why));
      };
      const deadline = setTimeout(() => end('no answer to the connection request'), TCP_CONNECT_LIMIT_MS);
      socket.on('error', (error) => {
        lastError = messageOf(error);
      });
      socket.on('close', () => end(lastError));
      socket.on('end', () => end('closed by the other side'));
      socket.on('data', (bytes) => listener.onBytes(bytes));
      socket.on('connect', () => {
        if (phase !== 'connecting') return;
        phase = 'open';
        clearTimeout(deadline);
        resolve({
          write: (bytes) => void socket.write(bytes),
          close() {
            phase = 'ended';
            socket.destroy();
            return Promise.resolve();
          },
        });
      });
    });
}

function unreachable(peer: { readonly host: string; readonly port: number }, why: string): RoadsideError {
  return new RoadsideError('bus-unreachable', `cannot connect to ${peer.host}:${peer.port}: ${why}`, {
    hint: 'Check the address, the network cable, and that the device has power.',
  });
}
