import { once } from 'node:events';
import { createServer, type Server, type Socket } from 'node:net';
import { Aedes } from 'aedes';
import { freeTcpPort } from '../../src/simulator/free-tcp-port.ts';
import type { TestBroker } from './broker.ts';

/** Aedes, which speaks MQTT 3.1.1 only. Stopping it cuts its connections; its sessions stay in memory. */
export async function startAedes(): Promise<TestBroker> {
  const broker = await Aedes.createBroker();
  const port = await freeTcpPort();
  const sockets = new Set<Socket>();
  let server: Server | null = null;
  const start = async (): Promise<void> => {
    server = createServer((socket) => {
      sockets.add(socket);
      socket.once('close', () => sockets.delete(socket));
      broker.handle(socket);
    });
    server.listen(port, '127.0.0.1');
    await once(server, 'listening');
  };
  const stop = async (): Promise<void> => {
    if (server === null) return;
    const closing = server;
    server = null;
    closing.close();
    for (const socket of sockets) socket.destroy();
    await once(closing, 'close');
  };
  await start();
  return {
    port,
    url: `mqtt://127.0.0.1:${port}`,
    protocol: 4,
    start,
    stop,
    async dispose() {
      await stop();
      await new Promise<void>((resolve) => broker.close(resolve));
    },
  };
}
