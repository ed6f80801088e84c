import { open, rename, rm } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { type CatalogFolders, inspectSite, type LoadedSite } from '../../catalog/load/load-site.ts';
import type { Problem } from '../../catalog/load/problem.ts';

export type Proposal =
  | { readonly kind: 'kept'; readonly file: string; readonly configRev: string; readonly warnings: number }
  | { readonly kind: 'refused'; readonly problems: readonly Problem[] };

/** One proposal at a time lies beside the store; a newer one takes its place. */
export function proposalFile({ site }: Pick<LoadedSite, 'site'>): string {
  return join(dirname(site.store.file), 'site.proposed.yaml');
}

/**
 * Checks a site file as `roadside check` does, and keeps it where a technician finds it. Nothing reads it by itself.
 *
 * @throws Error when it cannot be written
 */
export async function proposeSite(
  text: string,
  loaded: LoadedSite,
  folders: CatalogFolders,
): Promise<Proposal> {
  const file = proposalFile(loaded);
  // What is not checked yet never has the proposal's name.
  const unchecked = `${file}.unchecked`;
  try {
    await writeDurably(unchecked, text);
    const inspected = await inspectSite(unchecked, folders);
    if (inspected.kind === 'refused') return inspected;
    const { id } = inspected.value.site.site;
    if (id !== loaded.site.site.id) return { kind: 'refused', problems: [otherSite(unchecked, id)] };
    await rename(unchecked, file);
    const { configRev, warnings } = inspected.value;
    return { kind: 'kept', file, configRev, warnings: warnings.length };
  } finally {
    await rm(unchecked, { force: true });
  }
}

function otherSite(file: string, id: string): Problem {
  return {
    code: 'config-conflict',
    file,
    line: 0,
    column: 0,
    path: 'site.id',
    message: `this is a file for ${id}`,
    hint: 'Send it to that site.',
  };
}

async function writeDurably(file: string, text: string): Promise<void> {
  const handle = await open(file, 'w', 0o640);
  try {
    await handle.writeFile(text);
    await handle.sync();
  } finally {
    await handle.close();
  }
}
