/** A device that says what a recording says. */
import { once } from 'node:events';
import { connect, createServer, type Socket } from 'node:net';
import { setTimeout as delay } from 'node:timers/promises';
import type { SimulatedPeer } from './simulated-peer.ts';

/** A device that calls and has not been asked by then speaks by itself; a loaded machine asks late. */
const UNASKED_AFTER_MS = 5000;
const BETWEEN_UNASKED_MS = 50;
const CALL_AGAIN_MS = 50;

/** A device that is called: it answers one request after the other, in turn. */
export async function openFrameDevice(received: readonly Uint8Array[]): Promise<SimulatedPeer> {
  const sockets = new Set<Socket>();
  const server = createServer((socket) => {
    sockets.add(socket);
    socket.once('close', () => sockets.delete(socket));
    answer(socket, [...received]);
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const address = server.address();
  return {
    port: typeof address === 'object' && address !== null ? address.port : 0,
    close() {
      for (const socket of sockets) socket.destroy();
      return new Promise((resolve) => server.close(() => resolve()));
    },
  };
}

/** A device that calls: it tries until somebody listens, then answers, or speaks unasked where it is not. */
export function openCallingDevice(port: number, received: readonly Uint8Array[]): SimulatedPeer {
  let socket: Socket | null = null;
  let isClosed = false;
  const call = async (): Promise<void> => {
    while (!isClosed) {
      const calling = connect(port, '127.0.0.1');
      const isConnected = await new Promise<boolean>((resolve) => {
        calling.once('connect', () => resolve(true));
        calling.once('error', () => resolve(false));
      });
      if (isConnected && !isClosed) {
        socket = calling;
        speak(calling, received);
        return;
      }
      calling.destroy();
      await delay(CALL_AGAIN_MS);
    }
  };
  const called = call();
  return {
    port,
    async close() {
      isClosed = true;
      await called;
      socket?.destroy();
    },
  };
}

/** Answers one request after the other until nothing is left. */
function answer(socket: Socket, left: Uint8Array[]): void {
  socket.setNoDelay(true);
  socket.on('error', () => socket.destroy());
  socket.on('data', () => sayNext(socket, left));
}

function sayNext(socket: Socket, left: Uint8Array[]): void {
  const bytes = left.shift();
  if (bytes !== undefined && !socket.destroyed) socket.write(bytes);
}

function speak(socket: Socket, received: readonly Uint8Array[]): void {
  const left = [...received];
  const waiting = setTimeout(() => {
    // From here on what comes back is an acknowledgement and no question.
    socket.removeAllListeners('data').resume();
    const speaking = setInterval(() => sayNext(socket, left), BETWEEN_UNASKED_MS);
    socket.once('close', () => clearInterval(speaking));
  }, UNASKED_AFTER_MS);
  answer(socket, left);
  socket.once('data', () => clearTimeout(waiting));
  socket.once('close', () => clearTimeout(waiting));
}
