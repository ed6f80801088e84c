import { once } from 'node:events';
import { createServer, type Server, type Socket } from 'node:net';
import { Aedes } from 'aedes';

/** The demonstration's MQTT broker: aedes, in this process, on the loopback interface. */
export interface DemoBroker {
  readonly url: string;
  /** Cuts every connection and refuses new ones, as a platform that went away does. Sessions are kept. */
  goAway(): Promise<void>;
  comeBack(): Promise<void>;
  close(): Promise<void>;
}

export async function openDemoBroker(): Promise<DemoBroker> {
  const broker = await Aedes.createBroker();
  const sockets = new Set<Socket>();
  let server: Server | null = null;
  let port = 0;

  const comeBack = async (): Promise<void> => {
    if (server !== null) return;
    const listening = createServer((socket) => {
      sockets.add(socket);
      socket.on('close', () => sockets.delete(socket));
      broker.handle(socket);
    });
    listening.listen(port, '127.0.0.1');
    await once(listening, 'listening');
    const address = listening.address();
    if (typeof address === 'object' && address !== null) port = address.port;
    server = listening;
  };
  const goAway = async (): Promise<void> => {
    const listening = server;
    server = null;
    for (const socket of sockets) socket.destroy();
    if (listening === null) return;
    listening.close();
    await once(listening, 'close');
  };

  await comeBack();
  return {
    url: `mqtt://127.0.0.1:${port}`,
    goAway,
    comeBack,
    async close() {
      await goAway();
      await new Promise<void>((resolve) => broker.close(() => resolve()));
    },
  };
}
