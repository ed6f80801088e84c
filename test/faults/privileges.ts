import { existsSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { command } from './programs.ts';
import { tampered } from './tampered.ts';

/** What a scenario needs of the machine beyond Node. */
export type Need = 'loop-mounts' | 'memory-mounts' | 'ext4-errors' | 'strace' | 'namespaces' | 'false-clock';

/** libfaketime as Debian installs it. */
export const FAKETIME_LIBRARY = [
  '/usr/lib/x86_64-linux-gnu/faketime/libfaketime.so.1',
  '/usr/lib/aarch64-linux-gnu/faketime/libfaketime.so.1',
].find((file) => existsSync(file));

/** What dd says when its sync fails. */
const EIO_TEXT = 'Input/output error';

/** Each tries what the scenarios will do, and throws where this machine does not let it. */
const TRIALS: Readonly<Record<Need, () => Promise<void> | void>> = {
  'loop-mounts': () => inFolder(async (folder) => mountImage(folder, 'xfs')),
  'memory-mounts': () =>
    inFolder(async (folder) => {
      await command('mount', '-t', 'tmpfs', '-o', 'size=1m', 'tmpfs', folder);
      await command('umount', folder);
    }),
  'ext4-errors': async () => {
    await inFolder(async (folder) => mountImage(folder, 'ext4'));
    if (!existsSync('/sys/fs/ext4/features')) throw new Error('no ext4 in /sys');
  },
  strace: () =>
    inFolder(async (folder) => {
      const sync = [
        'dd',
        'if=/dev/zero',
        `of=${join(folder, 'file')}`,
        'count=1',
        'conv=fsync',
        'status=none',
      ];
      const [file = '', ...args] = [...tampered('fsync', 'error=EIO'), ...sync];
      const said = await command(file, ...args).then(
        () => 'it cannot answer a sync in the disk’s place',
        (error: unknown) => String(error),
      );
      if (!said.includes(EIO_TEXT)) throw new Error(said);
    }),
  namespaces: async () => {
    if (!existsSync('/dev/net/tun')) throw new Error('no /dev/net/tun');
    const name = `roadside-try-${process.pid}`;
    await command('ip', 'netns', 'add', name);
    await command('ip', 'netns', 'delete', name);
  },
  'false-clock': () => {
    if (FAKETIME_LIBRARY === undefined) throw new Error('libfaketime is not installed');
  },
};

/** Null when the machine has it, else why not. */
export async function whatIsMissing(need: Need): Promise<string | null> {
  try {
    await TRIALS[need]();
    return null;
  } catch (error) {
    const text = error instanceof Error ? error.message : String(error);
    // Node says which command failed, the program then why, and some of them more.
    const [first, why = first] = text.trim().split('\n');
    return `${need}: ${why}`;
  }
}

async function inFolder(work: (folder: string) => Promise<void>): Promise<void> {
  const folder = mkdtempSync(join(tmpdir(), 'roadside-try-'));
  try {
    await work(folder);
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

async function mountImage(folder: string, kind: 'ext4' | 'xfs'): Promise<void> {
  const image = join(folder, 'image');
  const place = join(folder, 'place');
  writeFileSync(image, '');
  await command('truncate', '-s', '320M', image);
  await command(`mkfs.${kind}`, '-q', image);
  await command('mkdir', place);
  await command('mount', '-o', 'loop', image, place);
  await command('umount', place);
}
