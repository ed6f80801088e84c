import { constants, copyFileSync, mkdirSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { command } from './programs.ts';
import type { Stand } from './scenario.ts';

export type FileSystem = 'ext4' | 'xfs';

const UNMOUNT_TRIES = 10;

/** A file system in a file, mounted. */
export interface LoopImage {
  readonly image: string;
  /** Where it is mounted. */
  readonly place: string;
  unmount(): Promise<void>;
}

/** Makes and mounts one; it is unmounted with the stand at the latest. XFS needs 300 MB at least. */
export async function makeLoopImage(
  stand: Stand,
  options: {
    readonly kind: FileSystem;
    readonly folder: string;
    readonly name: string;
    readonly megabytes: number;
    readonly mount?: string;
  },
): Promise<LoopImage> {
  const { kind, folder, name, megabytes, mount } = options;
  const image = join(folder, `${name}.image`);
  await command('truncate', '-s', `${megabytes}M`, image);
  await command(`mkfs.${kind}`, '-q', image);
  return mountImage(stand, { image, place: join(folder, name), options: mount ?? '' });
}

async function mountImage(
  stand: Stand,
  { image, place, options }: { readonly image: string; readonly place: string; readonly options: string },
): Promise<LoopImage> {
  mkdirSync(place, { recursive: true });
  await command('mount', '-o', options === '' ? 'loop' : `loop,${options}`, image, place);
  let mounted = true;
  const unmount = async (): Promise<void> => {
    if (!mounted) return;
    mounted = false;
    // A loop device that was just let go may keep its file system busy for a moment.
    for (let again = 0; again < UNMOUNT_TRIES; again += 1) {
      try {
        await command('umount', place);
        return;
      } catch {
        await new Promise((resolve) => setTimeout(resolve, 200));
      }
    }
    await command('umount', '-l', place);
  };
  stand.leave(unmount);
  return { image, place, unmount };
}

/** Mounts an image again that was unmounted. */
export function mountAgain(stand: Stand, { image, place }: LoopImage, options: string): Promise<LoopImage> {
  return mountImage(stand, { image, place, options });
}

/**
 * What a power cut at this instant would leave of `source`, mounted: its image lies on an XFS that copies by
 * reference, at one instant and without asking the file system above, which goes on writing. What
 * only the page cache holds is missing in the copy, as it would be on the disk. A loop device keeps its writes in
 * order, so this shows missing syncs, not a disk that lies about them.
 */
export function cutPower(
  stand: Stand,
  source: LoopImage,
  options: { readonly kind: FileSystem; readonly folder: string },
): { mount(): Promise<LoopImage>; drop(): void } {
  const image = join(options.folder, 'after-cut.image');
  copyFileSync(source.image, image, constants.COPYFILE_FICLONE_FORCE);
  return {
    mount: () =>
      mountImage(stand, {
        image,
        place: join(options.folder, 'after-cut'),
        options: options.kind === 'xfs' ? 'nouuid' : '',
      }),
    drop: () => rmSync(image, { force: true }),
  };
}
