import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { stringify } from 'yaml';
import type { Overview } from '../../src/app/overview.ts';
import { askOverview } from '../../src/cli/control-client.ts';
import { openLoopCards } from '../../src/simulator/cards/loop-cards.ts';
import { freeTcpPort } from '../../src/simulator/free-tcp-port.ts';
import { driveOneCar } from '../fakes/one-car.ts';
import { kill, type Running, startNode } from './programs.ts';
import type { Stand } from './scenario.ts';

const CLI = 'src/processes/cli.ts';

/** The whole agent on one lane of simulated loop cards. */
export interface RealGateway {
  readonly storeFile: string;
  start(env?: Readonly<Record<string, string>>): Running;
  /** The first overview that is so. @throws Error after some minutes */
  overviewOnce(what: string, isSo: (overview: Overview) => boolean): Promise<Overview>;
  driveOneCar(): Promise<void>;
}

const SOON_MS = 180_000;

export async function makeRealGateway(stand: Stand, brokerUrl: string): Promise<RealGateway> {
  const folder = join(stand.folder, 'site');
  mkdirSync(folder);
  const port = await freeTcpPort();
  const cards = await openLoopCards({ tcp: [{ port, unit: 1, channels: ['a', 'b'] }], rtu: [] });
  stand.leave(() => cards.close());
  const siteFile = join(folder, 'site.yaml');
  const lanes = [{ number: 1, station: { loops: ['a', 'b'], spacingM: 4.5 } }];
  const devices = [{ id: 'card', driver: 'generic-di16', pollMs: 10, loops: ['a', 'b'] }];
  writeFileSync(
    siteFile,
    stringify({
      version: 1,
      site: { id: 'test-cross', name: 'Test' },
      flow: { intervalsS: [10] },
      approaches: [{ id: 'west', name: 'West', lanes }],
      buses: [{ id: 'lan', protocol: 'modbus-tcp', host: '127.0.0.1', port, devices }],
      uplink: { url: brokerUrl, publishPassages: true, reconnectMaxS: 1 },
      store: { file: 'roadside.db', maxMegabytes: 64 },
      control: { socket: 'control.sock' },
    }),
  );
  return {
    storeFile: join(folder, 'roadside.db'),
    start(env = {}) {
      const running = startNode([CLI, 'run', siteFile, '--log-level', 'error'], { env });
      stand.leave(() => kill(running));
      return running;
    },
    async overviewOnce(what, isSo) {
      const untilMs = performance.now() + SOON_MS;
      while (performance.now() < untilMs) {
        const overview = await askOverview(join(folder, 'control.sock')).catch(() => null);
        if (overview !== null && isSo(overview)) return overview;
        await new Promise((resolve) => setTimeout(resolve, 50));
      }
      throw new Error(`${what}: not within ${SOON_MS} ms`);
    },
    driveOneCar: () => driveOneCar(cards),
  };
}
