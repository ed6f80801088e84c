import { type ChildProcess, spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { freeTcpPort } from '../../src/simulator/free-tcp-port.ts';
import { type TestBroker, untilListening } from './broker.ts';

const MOSQUITTO = ['/usr/sbin/mosquitto', '/usr/local/sbin/mosquitto', '/opt/homebrew/sbin/mosquitto'].find(
  (path) => existsSync(path),
);

export interface MosquittoOptions {
  /** `user` to password; anybody may connect when absent. */
  readonly accounts?: Readonly<Record<string, string>>;
  /** Lines of an access list, as in mosquitto.conf(5). */
  readonly accessList?: readonly string[];
  readonly tls?: { readonly caFile: string; readonly certFile: string; readonly keyFile: string };
  /** Further lines of mosquitto.conf. */
  readonly extra?: readonly string[];
}

/** The real Mosquitto, on a free port, with its own folder. */
export async function startMosquitto(options: MosquittoOptions = {}): Promise<TestBroker> {
  const { accounts, accessList, tls, extra = [] } = options;
  if (MOSQUITTO === undefined) throw new Error('these tests need Mosquitto: apt-get install mosquitto');
  const program = MOSQUITTO;
  const folder = mkdtempSync(join(tmpdir(), 'roadside-mosquitto-'));
  const port = await freeTcpPort();
  const lines = [
    `listener ${port} 127.0.0.1`,
    `allow_anonymous ${accounts === undefined}`,
    'user root',
    'persistence true',
    `persistence_location ${folder}/`,
    'max_queued_messages 0',
    `log_dest file ${join(folder, 'log')}`,
    ...extra,
  ];
  if (accounts !== undefined) {
    const file = join(folder, 'passwords');
    writeFileSync(
      file,
      Object.entries(accounts)
        .map(([user, password]) => `${user}:${password}\n`)
        .join(''),
    );
    spawnSync('mosquitto_passwd', ['-U', file]);
    lines.push(`password_file ${file}`);
  }
  if (accessList !== undefined) {
    writeFileSync(join(folder, 'access'), `${accessList.join('\n')}\n`);
    lines.push(`acl_file ${join(folder, 'access')}`);
  }
  if (tls !== undefined) {
    lines.push(`cafile ${tls.caFile}`, `certfile ${tls.certFile}`, `keyfile ${tls.keyFile}`);
  }
  const configuration = join(folder, 'mosquitto.conf');
  writeFileSync(configuration, `${lines.join('\n')}\n`);

  let child: ChildProcess | null = null;
  const start = async (): Promise<void> => {
    child = spawn(program, ['-c', configuration], { stdio: 'ignore' });
    await untilListening(port);
  };
  // SIGTERM: what it has acknowledged but not delivered survives in its file, which SIGKILL would lose.
  const stop = async (): Promise<void> => {
    if (child === null || child.exitCode !== null) return;
    child.kill('SIGTERM');
    await once(child, 'exit');
  };
  await start();
  return {
    port,
    url: `${tls === undefined ? 'mqtt' : 'mqtts'}://127.0.0.1:${port}`,
    protocol: 5,
    start,
    stop,
    async dispose() {
      await stop();
      rmSync(folder, { recursive: true });
    },
  };
}
