import { rmSync } from 'node:fs';
import { basename, delimiter, dirname, join } from 'node:path';
import { Refusal } from './refusal.mjs';
import { runChild } from './run-child.mjs';

/**
 * npm's own list of what it installed, in node_modules; written last, so without it an installation was cut
 * short.
 */
export const INSTALLED_LIST = '.package-lock.json';

const FAILURES = [
  {
    pattern: /ENOSPC|no space left/i,
    problem: 'the disk is full',
    remedy:
      'Free about 1 GB here and in npm’s cache (`npm cache clean --force`), then run the command again.',
  },
  {
    pattern: /ENOTFOUND|EAI_AGAIN|ECONNREFUSED|ECONNRESET|ENETUNREACH|EHOSTUNREACH|ETIMEDOUT|network/i,
    problem: 'npm cannot reach the package registry',
    remedy: 'Check the network and `npm config get registry` (and proxy), then run the command again.',
  },
  {
    pattern: /EUSAGE/,
    problem: 'package-lock.json does not fit package.json',
    remedy: 'Take both from the same commit.',
  },
  {
    pattern: /EACCES|EPERM|EROFS/,
    problem: 'npm may not write here',
    remedy: 'Use a folder that belongs to you, then run the command again.',
  },
  {
    pattern: /EINTEGRITY/,
    problem: 'a package differs from the one that the lock file names',
    remedy:
      'Run `npm cache verify` and try again; if it stays, the registry or mirror serves something else.',
  },
];

/**
 * `npm ci`: exactly what the lock file says, and no package's own code is run.
 * @param {{ folder: string, node: string, env: NodeJS.ProcessEnv }} options
 */
export async function npmCi({ folder, node, env }) {
  const npm = npmProgram(node, env);
  const args = [...npm.args, 'ci', '--ignore-scripts', '--no-audit', '--no-fund', '--no-progress'];
  const result = await runChild({
    file: npm.file,
    args,
    cwd: folder,
    env: npmEnvironment(node, env),
    keepStderr: true,
  }).catch((error) => {
    if (error.code !== 'ENOENT') throw error;
    throw new Refusal('npm is not installed', 'Debian: `apt-get install npm`; elsewhere it comes with Node.');
  });
  // npm reports a file that it could not write as a warning, and success.
  const incomplete = result.stderr.includes('TAR_ENTRY_ERROR');
  if (result.code === 0 && !incomplete) return;
  rmSync(join(folder, 'node_modules', INSTALLED_LIST), { force: true });
  if (result.code > 128) throw new Refusal('interrupted', 'The next run installs again.', result.code);
  process.stderr.write(result.stderr);
  const known = FAILURES.find((failure) => failure.pattern.test(result.stderr));
  throw new Refusal(
    known?.problem ?? `npm ci ended with ${result.code}`,
    known?.remedy ?? 'npm’s own words are above; run the command again once that is mended.',
  );
}

/** The npm that runs us, else the one in PATH. Other package managers set the same variable. */
function npmProgram(node, env) {
  const running = env.npm_execpath;
  if (running !== undefined && /^npm(-cli)?\.c?js$/.test(basename(running)))
    return { file: node, args: [running] };
  return { file: 'npm', args: [] };
}

/** The outer npm's view of the project (its folder, its script) must not reach the inner one. */
function npmEnvironment(node, env) {
  const own = Object.entries(env).filter(
    ([name]) => !/^npm_(package|lifecycle|command|config_local_prefix|config_ignore_scripts)/.test(name),
  );
  return { ...Object.fromEntries(own), PATH: [dirname(node), env.PATH ?? ''].join(delimiter) };
}
