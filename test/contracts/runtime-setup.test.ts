import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { chmodSync, cpSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';

const SETUP = new URL('../../src/setup/', import.meta.url);
/** The launcher is plain JavaScript without types, because it runs before the compiler is installed. */
const load = (file: string) => import(new URL(file, SETUP).href);

/** Stands in for the command line: says what it was given, and how often it was asked to stop. */
const PROGRAM = `
const interrupts = { SIGINT: 0, SIGTERM: 0 };
for (const signal of Object.keys(interrupts)) {
  process.on(signal, () => {
    interrupts[signal] += 1;
    setTimeout(() => {
      process.stdout.write(JSON.stringify(interrupts) + '\\n', () => process.exit(7));
    }, 300);
  });
}
const { ORT_DISABLE_TELEMETRY: telemetryOff } = process.env;
process.stdout.write(JSON.stringify({ pid: process.pid, args: process.argv.slice(2), telemetryOff }) + '\\n');
if (process.argv.includes('exit-5')) process.exit(5);
if (process.argv.includes('die')) process.kill(process.pid, 'SIGKILL');
setInterval(() => undefined, 1000);
`;

const lock = (packages: object): string => JSON.stringify({ lockfileVersion: 3, packages });
const PACKAGES = { 'node_modules/a': { version: '1.0.0', integrity: 'sha512-a' } };

let root: string;
beforeEach(() => {
  root = mkdtempSync(join(tmpdir(), 'roadside-setup-'));
  cpSync(fileURLToPath(SETUP), join(root, 'src/setup'), { recursive: true });
  for (const folder of ['src/processes', 'node_modules', 'bin'])
    mkdirSync(join(root, folder), { recursive: true });
  writeFileSync(join(root, 'package.json'), '{"type":"module"}');
  writeFileSync(join(root, 'src/processes/cli.ts'), PROGRAM);
  writeFileSync(join(root, 'package-lock.json'), lock(PACKAGES));
  writeFileSync(join(root, 'node_modules/.package-lock.json'), lock(PACKAGES));
});
afterEach(() => rmSync(root, { recursive: true, force: true }));

function launch(...args: string[]): { process: ChildProcess; output: () => string; errors: () => string } {
  const child = spawn(process.execPath, [join(root, 'src/setup/launch.mjs'), ...args], {
    env: { PATH: `${join(root, 'bin')}:${process.env['PATH']}` },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  let output = '';
  let errors = '';
  child.stdout?.on('data', (chunk: Buffer) => {
    output += chunk.toString();
  });
  child.stderr?.on('data', (chunk: Buffer) => {
    errors += chunk.toString();
  });
  return { process: child, output: () => output, errors: () => errors };
}

const exitOf = async ({ process: child }: { process: ChildProcess }) => (await once(child, 'close'))[0];
const eventually = (check: () => void) => vi.waitFor(check, { timeout: 20_000, interval: 20 });

/** An npm that cannot do its work, in npm's own words. */
function breakNpm(says: string, exitCode: number): void {
  rmSync(join(root, 'node_modules/.package-lock.json'));
  const script = `#!/bin/sh\necho '${says}' >&2\necho '${lock(PACKAGES)}' > node_modules/.package-lock.json\nexit ${exitCode}\n`;
  writeFileSync(join(root, 'bin/npm'), script);
  chmodSync(join(root, 'bin/npm'), 0o755);
}

describe('the launcher', () => {
  it('hands arguments and exit code on, says nothing of its own, and switches telemetry off', async () => {
    const run = launch('cli', 'check', 'exit-5');
    expect(await exitOf(run)).toBe(5);
    expect(JSON.parse(run.output())).toMatchObject({ args: ['check', 'exit-5'], telemetryOff: '1' });
    expect(run.errors()).toBe('');
  });

  it('reports a program that was killed as a shell does', async () => {
    expect(await exitOf(launch('cli', 'die'))).toBe(128 + 9);
  });

  it('passes one Ctrl-C on once, although it arrives twice under npm, and waits for the end', async () => {
    const run = launch('cli');
    await eventually(() => expect(run.output()).toContain('pid'));
    run.process.kill('SIGINT');
    run.process.kill('SIGINT');
    expect(await exitOf(run)).toBe(7);
    expect(run.output()).toContain('{"SIGINT":1,"SIGTERM":0}');
  });

  it('that is killed outright leaves a program that stops politely', async () => {
    const run = launch('cli');
    await eventually(() => expect(run.output()).toContain('pid'));
    run.process.kill('SIGKILL');
    await eventually(() => expect(run.output()).toContain('{"SIGINT":0,"SIGTERM":1}'));
  });

  it('refuses a command it does not know and lists those it does', async () => {
    const run = launch('toString');
    expect(await exitOf(run)).toBe(1);
    expect(run.errors()).toContain(
      'demo|contract|cli|evaluate|evaluate-images|bench-loops|test-faults|bench-uplink|bench-vision|test|check|build',
    );
  });

  it.each([
    ['no network', 'npm error code EAI_AGAIN', 1, 'cannot reach the package registry'],
    ['a full disk', 'npm error code ENOSPC', 1, 'the disk is full'],
    [
      'a full disk that npm calls a success',
      'npm warn tar TAR_ENTRY_ERROR ENOSPC: write',
      0,
      'the disk is full',
    ],
    ['a lock file of another commit', 'npm error code EUSAGE', 1, 'does not fit package.json'],
    ['something new', 'npm error code ENEW', 1, 'npm ci ended with 1'],
  ])(
    'explains %s, shows the words of npm, and installs again next time',
    async (_what, says, exitCode, told) => {
      breakNpm(says, exitCode);
      const { isInstalled } = await load('dependencies.mjs');
      const run = launch('cli');
      expect(await exitOf(run)).toBe(1);
      expect(run.errors()).toContain(says);
      expect(run.errors()).toContain(told);
      expect(run.output()).toBe('');
      expect(isInstalled(root)).toBe(false);
    },
  );
});

describe('what counts as installed', () => {
  const optional = { 'node_modules/b': { version: '1.0.0', integrity: 'sha512-b', optional: true } };
  const installed = async (options: { wanted: object; present: object | null }): Promise<boolean> => {
    writeFileSync(join(root, 'package-lock.json'), lock(options.wanted));
    const list = join(root, 'node_modules/.package-lock.json');
    if (options.present === null) rmSync(list);
    else writeFileSync(list, lock(options.present));
    return (await load('dependencies.mjs')).isInstalled(root);
  };

  it.each([
    ['the same packages', { '': { name: 'roadside' }, ...PACKAGES }, PACKAGES, true],
    ['all but an optional package of another platform', { ...PACKAGES, ...optional }, PACKAGES, true],
    ['a package less', PACKAGES, {}, false],
    ['a package more', {}, PACKAGES, false],
    ['another version', { 'node_modules/a': { version: '1.0.1', integrity: 'sha512-a' } }, PACKAGES, false],
    [
      'other contents of the same version',
      { 'node_modules/a': { version: '1.0.0', integrity: 'sha512-x' } },
      PACKAGES,
      false,
    ],
    ['an installation that was cut short', PACKAGES, null, false],
  ])('%s', async (_what, wanted, present, expected) => {
    expect(await installed({ wanted, present })).toBe(expected);
  });
});

it.each([
  ['20.20.2', false],
  ['22.17.1', false],
  ['22.18.0', true],
  ['23.9.0', false],
  ['24.0.0', true],
  ['25.1.0', false],
  ['26.10.0', true],
])('Node %s runs this: %s', async (version, expected) => {
  expect((await load('node-runtime.mjs')).isSupportedNode(version)).toBe(expected);
});

it('the closing line counts a test file that could not be loaded as failed', async () => {
  const { closingLine } = await load('commands.mjs');
  const report = {
    numPassedTests: 3,
    numFailedTests: 1,
    numPendingTests: 2,
    numTodoTests: 0,
    testResults: [
      { status: 'failed', assertionResults: [] },
      { status: 'failed', assertionResults: [{}] },
      { status: 'passed', assertionResults: [] },
    ],
  };
  expect(closingLine(report)).toBe('3 passed, 2 failed, 2 skipped');
});
