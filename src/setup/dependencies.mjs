import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { INSTALLED_LIST, npmCi } from './npm.mjs';
import { say } from './refusal.mjs';

/** Installs what package-lock.json names unless that is what node_modules holds. */
export async function ensureDependencies({ root, node, env }) {
  if (isInstalled(root)) return;
  say('installing the packages of package-lock.json (npm ci, 450 MB on disk)');
  await npmCi({ folder: root, node, env });
}

/**
 * Compares the lock file with npm's own list of what it installed, which npm writes last. So a run that was
 * cut short counts as missing, and one made by hand with `npm ci` is not repeated.
 * @param {string} root
 */
export function isInstalled(root) {
  const wanted = readPackages(join(root, 'package-lock.json'));
  const present = readPackages(join(root, 'node_modules', INSTALLED_LIST));
  if (wanted === undefined || present === undefined) return false;
  const keys = new Set([...Object.keys(wanted), ...Object.keys(present)]);
  keys.delete('');
  return [...keys].every((key) => {
    // Optional packages of other platforms are in the lock file only.
    if (present[key] === undefined) return wanted[key].optional === true;
    return wanted[key]?.integrity === present[key].integrity && wanted[key].version === present[key].version;
  });
}

function readPackages(file) {
  try {
    return JSON.parse(readFileSync(file, 'utf8')).packages;
  } catch {
    return undefined;
  }
}
