import { access, mkdir, rename, rm } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import { messageOf, RoadsideError } from '../../base/errors.ts';
import { shippedFolders } from '../../catalog/shipped.ts';

/** Where a model is put together: no model has a name with a dot, so nobody takes it for one. */
const BUILDING_PREFIX = '.adding-';

/**
 * Puts a model's folder together beside its place and moves it there when it is whole: whoever looks, and whatever
 * interrupts it, there is the whole model or none. What an interrupted one has left is removed by the next.
 *
 * @param build fills `<dir>/<id>`, which is there and empty
 * @throws RoadsideError `usage-invalid` for a place that is taken, `model-unwritable`, and what `build` throws
 */
export async function buildModelFolder<T>(
  place: { readonly modelsDir: string; readonly id: string },
  build: (dir: string) => Promise<T>,
): Promise<T> {
  const { modelsDir, id } = place;
  const target = join(modelsDir, id);
  await checkPlace(place);
  const dir = join(modelsDir, `${BUILDING_PREFIX}${id}`);
  try {
    await rm(dir, { recursive: true, force: true });
    await mkdir(join(dir, id), { recursive: true });
    const built = await build(dir);
    await rename(join(dir, id), target);
    return built;
  } catch (error) {
    throw isRefusedByDisk(error) ? unwritable(target, error) : error;
  } finally {
    await rm(dir, { recursive: true, force: true }).catch(() => undefined);
  }
}

async function checkPlace({ modelsDir, id }: { readonly modelsDir: string; readonly id: string }) {
  if (resolve(modelsDir) === resolve(shippedFolders.modelsDir)) {
    const hint = 'Name a folder of your own: --models /etc/roadside/models';
    throw new RoadsideError('usage-invalid', 'the folder of the shipped models is replaced by each upgrade', {
      hint,
    });
  }
  for (const dir of [modelsDir, shippedFolders.modelsDir]) {
    const taken = join(dir, id);
    const isTaken = await access(taken).then(
      () => true,
      () => false,
    );
    if (!isTaken) continue;
    const hint = 'A model is never written over: choose another --id.';
    throw new RoadsideError('usage-invalid', `there is a model ${id} already: ${taken}`, { hint });
  }
}

/** Errors of the system carry its name for them; ours and those of the runtime do not. */
function isRefusedByDisk(error: unknown): boolean {
  return error instanceof Error && 'syscall' in error && !(error instanceof RoadsideError);
}

function unwritable(target: string, cause: unknown): RoadsideError {
  return new RoadsideError('model-unwritable', `cannot write ${target}: ${messageOf(cause)}`, {
    hint: 'Make room on the disk (df -h), and check that this user may write there.',
    cause,
  });
}
