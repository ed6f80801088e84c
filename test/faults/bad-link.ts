import { fileURLToPath } from 'node:url';
import { command, kill, type Running, startProgram, untilSoon } from './programs.ts';
import type { Stand } from './scenario.ts';

export interface BadLink {
  /** Address of this side, where the broker listens. */
  readonly nearAddress: string;
  /** What a program is started under to stand at the other end. */
  readonly far: readonly string[];
  /** Swallows everything from now on, without a word to either side; or no longer. */
  become(state: 'dead' | 'alive'): void;
}

/** Delays in seconds, each way, for each packet its own; `loss` is a share. */
export async function openBadLink(
  stand: Stand,
  options: { readonly leastS: number; readonly mostS: number; readonly loss: number },
): Promise<BadLink> {
  const namespace = `roadside-${process.pid}`;
  // A network of two addresses in 198.18.0.0/15, which is set aside for tests of devices (RFC 2544).
  const [nearAddress, farAddress] = ['198.18.77.1', '198.18.77.2'];
  await command('ip', 'netns', 'add', namespace);
  stand.leave(() => command('ip', 'netns', 'delete', namespace));
  const file = fileURLToPath(new URL('./programs/bad-link.py', import.meta.url));
  const { leastS, mostS, loss } = options;
  const figures = [leastS, mostS, loss, stand.seed].map(String);
  const link: Running = startProgram('python3', [
    file,
    namespace,
    `${nearAddress}/30`,
    `${farAddress}/30`,
    ...figures,
  ]);
  stand.leave(() => kill(link));
  await untilSoon('the link is up', 20_000, () => link.said().includes('up')).catch((error: unknown) => {
    throw new Error(`${String(error)}: ${link.said()}`);
  });
  return {
    nearAddress,
    far: ['ip', 'netns', 'exec', namespace],
    become: (state) => void link.child.stdin?.write(`${state}\n`),
  };
}
