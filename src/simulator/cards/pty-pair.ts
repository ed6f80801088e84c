/** Two pseudo-terminals that are each other's far end: a serial cable without the serial ports. */
import { spawn } from 'node:child_process';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { messageOf, RoadsideError } from '../../base/errors.ts';

export interface PtyPair {
  readonly gatewayPath: string;
  readonly cardsPath: string;
  /** Pulls the cable: both ends disappear. */
  close(): Promise<void>;
}

const READY = 'starting data transfer loop';
const READY_LIMIT_MS = 5000;

/**
 * `paths` puts a cable back where another one was. Rejects with RoadsideError `bus-unreachable` without socat.
 */
export async function openPtyPair(paths?: Pick<PtyPair, 'gatewayPath' | 'cardsPath'>): Promise<PtyPair> {
  const directory = paths === undefined ? await mkdtemp(join(tmpdir(), 'roadside-pty-')) : null;
  const gatewayPath = paths?.gatewayPath ?? join(directory ?? '', 'gateway');
  const cardsPath = paths?.cardsPath ?? join(directory ?? '', 'cards');
  const end = (link: string): string => `pty,raw,echo=0,link=${link}`;
  const socat = spawn('socat', ['-d', '-d', end(gatewayPath), end(cardsPath)], {
    stdio: ['ignore', 'ignore', 'pipe'],
  });
  const ended = new Promise<void>((resolve) => {
    socat.once('close', () => resolve());
    socat.once('error', () => resolve());
  });
  const killWithUs = (): void => void socat.kill();
  process.once('exit', killWithUs);
  const close = async (): Promise<void> => {
    process.off('exit', killWithUs);
    socat.kill();
    await ended;
    if (directory !== null) await rm(directory, { recursive: true, force: true });
  };
  try {
    await new Promise<void>((resolve, reject) => {
      const limit = setTimeout(() => reject(new Error('socat made no pseudo-terminals')), READY_LIMIT_MS);
      let said = '';
      socat.once('error', reject);
      socat.once('close', () => reject(new Error(`socat ended: ${said}`)));
      socat.stderr.setEncoding('utf8').on('data', (text: string) => {
        said = (said + text).slice(-2000);
        if (!said.includes(READY)) return;
        clearTimeout(limit);
        resolve();
      });
    });
  } catch (error) {
    await close();
    throw new RoadsideError('bus-unreachable', `no pseudo-terminals: ${messageOf(error)}`, {
      hint: 'Install socat: apt install socat',
      cause: error,
    });
  }
  return { gatewayPath, cardsPath, close };
}
