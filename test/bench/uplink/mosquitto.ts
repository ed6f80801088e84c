/** The broker of the platform, and the same program as the peer: a broker in the cabinet with a bridge. */
import { existsSync, mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { freeTcpPort } from '../../../src/simulator/free-tcp-port.ts';
import { untilListening } from '../../fakes/broker.ts';
import { type Program, startProgram } from '../common/programs.ts';

/** A broker that is there only between `start` and `stop` or `kill`; what it saved outlives that. */
export interface Mosquitto {
  readonly port: number;
  readonly url: string;
  /** 0 when it is not there. */
  readonly pid: number;
  start(): Promise<void>;
  /** It saves what it holds and leaves. */
  stop(): Promise<void>;
  kill(): Promise<void>;
}

/** Debian keeps it where a user's PATH does not look. */
export const MOSQUITTO = ['/usr/sbin/mosquitto', '/usr/local/sbin/mosquitto'].find(existsSync) ?? 'mosquitto';
/** Unlimited, so that neither side is held up by the platform nor loses by its limits. */
const UNLIMITED = ['max_queued_messages 0', 'max_inflight_messages 0', 'allow_anonymous true', 'user root'];
/**
 * Without it Nagle's algorithm (RFC 896) keeps an acknowledgement back until that before it has been answered: a second
 * round trip that no sender can avoid.
 */
export const AT_ONCE = 'set_tcp_nodelay true';

export async function createMosquitto(folder: string, more: readonly string[] = []): Promise<Mosquitto> {
  const port = await freeTcpPort();
  mkdirSync(folder);
  const file = join(folder, 'mosquitto.conf');
  const lines = [
    `listener ${port} 127.0.0.1`,
    ...UNLIMITED,
    'log_dest none',
    'persistence true',
    `persistence_location ${folder}/`,
    ...more,
  ];
  writeFileSync(file, `${lines.join('\n')}\n`);
  let program: Program | null = null;
  const left = async (leave: (program: Program) => Promise<unknown>): Promise<void> => {
    if (program !== null) await leave(program);
    program = null;
  };
  return {
    port,
    url: `mqtt://127.0.0.1:${port}`,
    get pid() {
      return program?.pid ?? 0;
    },
    async start() {
      program = startProgram({ name: 'mosquitto', command: [MOSQUITTO, '-c', file] });
      await untilListening(port);
    },
    stop: () => left((running) => running.stop()),
    kill: () => left((running) => running.kill()),
  };
}

/**
 * A broker whose bridge carries everything to `toPort`, with the bridge's own defaults otherwise (MQTT 3.1.1,
 * QoS 1). Its queue is in memory; `autosaveS` is how often that goes to the disk, 1800 s by default.
 */
export async function createBridge(
  folder: string,
  to: { readonly toPort: number; readonly autosaveS: number },
): Promise<Mosquitto> {
  return await createMosquitto(folder, [
    `autosave_interval ${to.autosaveS}`,
    'connection platform',
    `address 127.0.0.1:${to.toPort}`,
    'topic # out 1',
    'cleansession false',
    'notifications false',
    'restart_timeout 1',
    'try_private false',
  ]);
}
