/** One drain from its beginning: a backlog that waits, a platform that comes, and whoever carries it over. */
import { mkdtempSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import type { Program } from '../common/programs.ts';
import type { BenchContext } from './bench-context.ts';
import { AT_ONCE, createBridge, createMosquitto, type Mosquitto } from './mosquitto.ts';
import { copyOf, type GatewayTask, startDelayLink, startOurGateway } from './our-programs.ts';
import { openPlatform, type Platform, subscribeDurably } from './platform.ts';

export interface Stand {
  readonly folder: string;
  /** Where the sender connects to: the platform's broker, or the long line before it. */
  readonly port: number;
  /** The platform's broker comes, and its receiver with it. */
  platformComes(): Promise<Platform>;
}

/** Something that holds the backlog and sends it when the platform comes. */
export interface Sender {
  readonly pid: number;
  kill(): Promise<void>;
  restart(): Promise<void>;
  stop(): Promise<void>;
}

export const BRIDGE_AUTOSAVE_S = 1800;

export interface Line {
  /** Delay in each direction between sender and platform; 0 for none. */
  readonly oneWayMs: number;
  /** The platform's broker keeps acknowledgements back, as Mosquitto does by default. */
  readonly nagle?: boolean;
}

export async function onStand<T>(
  context: BenchContext,
  { oneWayMs, nagle = false }: Line,
  work: (stand: Stand) => Promise<T>,
): Promise<T> {
  const folder = mkdtempSync(join(context.folder, 'stand-'));
  const broker = await createMosquitto(join(folder, 'platform'), nagle ? [] : [AT_ONCE]);
  await broker.start();
  subscribeDurably(broker.port);
  await broker.stop();
  const link = oneWayMs === 0 ? null : await startDelayLink(broker.port, oneWayMs);
  try {
    return await work({
      folder,
      port: link?.port ?? broker.port,
      async platformComes() {
        await broker.start();
        return openPlatform(folder, broker.port);
      },
    });
  } finally {
    await broker.kill();
    await link?.program.kill();
    rmSync(folder, { recursive: true });
  }
}

/** Our store with a backlog, or with nothing in it, and our uplink. */
export async function loadOurs(
  stand: Stand,
  task: Partial<GatewayTask> & { readonly file: string },
): Promise<Sender> {
  const start = (): Promise<Program> => startOurGateway({ ...task, url: `mqtt://127.0.0.1:${stand.port}` });
  let program = await start();
  return {
    get pid() {
      return program.pid;
    },
    kill: () => program.kill(),
    async restart() {
      program = await start();
    },
    async stop() {
      await program.stop();
    },
  };
}

/** A broker in the cabinet that has taken over the same backlog, from our uplink, byte for byte. */
export async function loadBridge(
  context: BenchContext,
  stand: Stand,
  autosaveS = BRIDGE_AUTOSAVE_S,
): Promise<Sender> {
  const bridge = await createBridge(join(stand.folder, 'bridge'), { toPort: stand.port, autosaveS });
  await bridge.start();
  await feed(context, stand, bridge);
  return {
    get pid() {
      return bridge.pid;
    },
    kill: bridge.kill,
    restart: bridge.start,
    stop: bridge.kill,
  };
}

async function feed(context: BenchContext, stand: Stand, bridge: Mosquitto): Promise<void> {
  const file = copyOf(context, stand, 'feed');
  const feeder = await startOurGateway({ file, url: bridge.url, window: 1000 });
  await feeder.line((line) => line === 'drained');
  await feeder.stop();
}
