import { once } from 'node:events';
import { connect, createServer, type Socket } from 'node:net';

/** The mobile link between a gateway and its broker: it can be cut, and it can go silent without a word. */
export interface TestLink {
  readonly url: string;
  /** Resets every connection; new ones are possible at once. */
  cut(): void;
  /** Connections stay, nothing passes in either direction. */
  freeze(): void;
  dispose(): void;
}

export async function openLink(brokerPort: number): Promise<TestLink> {
  const sockets = new Set<Socket>();
  const server = createServer((near) => {
    const far = connect(brokerPort, '127.0.0.1');
    for (const [from, to] of [
      [near, far],
      [far, near],
    ] as const) {
      sockets.add(from);
      from.pipe(to);
      from.once('error', () => to.destroy());
      from.once('close', () => {
        sockets.delete(from);
        to.destroy();
      });
    }
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const address = server.address();
  if (address === null || typeof address === 'string') throw new Error('no port');
  const cut = (): void => {
    for (const socket of sockets) socket.resetAndDestroy();
  };
  return {
    url: `mqtt://127.0.0.1:${address.port}`,
    cut,
    freeze() {
      for (const socket of sockets) socket.unpipe().pause();
    },
    dispose() {
      cut();
      server.close();
    },
  };
}
