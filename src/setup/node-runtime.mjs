import { copyFileSync, existsSync, mkdirSync } from 'node:fs';
import { delimiter, dirname, join } from 'node:path';
import { INSTALLED_LIST, npmCi } from './npm.mjs';
import { Refusal, say } from './refusal.mjs';

/** Native add-ons and type stripping need this; odd majors are never long-term releases. */
const OLDEST = { major: 22, minor: 18 };

/** @param {string} version as in process.versions.node */
export function isSupportedNode(version) {
  const [major = 0, minor = 0] = version.split('.').map(Number);
  if (major % 2 !== 0) return false;
  return major > OLDEST.major || (major === OLDEST.major && minor >= OLDEST.minor);
}

/**
 * The Node binary that everything is run with: this one, or Node 24 from npm's platform packages in
 * `.runtime/`.
 * @param {{ root: string, env: NodeJS.ProcessEnv }} options
 * @returns {Promise<string>} absolute path
 */
export async function ensureNode({ root, env }) {
  if (isSupportedNode(process.versions.node)) return process.execPath;
  const folder = join(root, '.runtime');
  const pinned = join(root, 'src/setup/runtime');
  const installed = findBinary(folder);
  if (installed !== undefined) return installed;

  if (process.platform !== 'linux' || !['x64', 'arm64'].includes(process.arch)) {
    throw new Refusal(
      `this is Node ${process.versions.node} on ${process.platform} ${process.arch}`,
      'Install Node 24 from nodejs.org and run the command again.',
    );
  }
  say(`this is Node ${process.versions.node}: bringing Node 24 from npm into .runtime/ (once, 60 MB)`);
  mkdirSync(folder, { recursive: true });
  for (const file of ['package.json', 'package-lock.json'])
    copyFileSync(join(pinned, file), join(folder, file));
  await npmCi({ folder, node: process.execPath, env });
  const binary = findBinary(folder);
  if (binary === undefined) {
    throw new Refusal(
      'npm brought no Node binary for this machine',
      'Install Node 24 from nodejs.org and run the command again.',
    );
  }
  return binary;
}

function findBinary(folder) {
  const modules = join(folder, 'node_modules');
  if (!existsSync(join(modules, INSTALLED_LIST))) return undefined;
  const binary = join(modules, `node-linux-${process.arch}`, 'bin/node');
  return existsSync(binary) ? binary : undefined;
}

/** The environment of everything that is started: the chosen Node first in PATH, and no telemetry. */
export function environmentFor(node, env) {
  return {
    ...env,
    PATH: [dirname(node), env.PATH ?? ''].join(delimiter),
    // onnxruntime reports model names and a device id to its maker unless told not to before it is loaded.
    ORT_DISABLE_TELEMETRY: '1',
    ONNXRUNTIME_NODE_INSTALL: 'skip',
  };
}
