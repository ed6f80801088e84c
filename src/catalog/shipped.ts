import { join } from 'node:path';
import type { CatalogFolders } from './load/load-site.ts';

const packageRoot = join(import.meta.dirname, '..', '..');

/** Where drivers and models lie in a checkout and in an installed package alike. */
export const shippedFolders: CatalogFolders = {
  driversDir: join(packageRoot, 'drivers'),
  modelsDir: join(packageRoot, 'models'),
};
