import { join } from 'node:path';
import type { CatalogFolders } from './load/load-site.ts';

const packageRoot = join(import.meta.dirname, '..', '..');

/** Where drivers lie in a checkout and in an installed package alike. */
export const shippedDriversDir = join(packageRoot, 'drivers');

/** What is used when nothing else is said. */
export const shippedFolders: CatalogFolders = {
  driversDirs: [shippedDriversDir],
  modelsDir: join(packageRoot, 'models'),
};

/** The shipped drivers, and folders of one's own whose drivers stand in place of shipped ones of the same name. */
export function driversDirsWith(own: readonly string[]): readonly string[] {
  return [shippedDriversDir, ...own];
}
