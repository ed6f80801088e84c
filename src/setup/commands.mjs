import { cpSync, existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { say } from './refusal.mjs';
import { runChild } from './run-child.mjs';

const TSC = 'node_modules/typescript/bin/tsc';
const BIOME = 'node_modules/@biomejs/biome/bin/biome';
const VITEST = 'node_modules/vitest/vitest.mjs';
const CLI = 'src/processes/cli.ts';

/** Each takes (context, arguments) and returns an exit code. */
export const COMMANDS = {
  demo: (context, args) => runNode(context, [CLI, 'demo', ...args]),
  contract: (context, args) => runNode(context, [CLI, 'contract', ...args]),
  cli: (context, args) => runNode(context, [CLI, ...args]),
  evaluate: (context, args) => runNode(context, ['test/evaluate/run.ts', ...args]),
  'evaluate-images': (context, args) => runNode(context, ['test/evaluate/images.ts', ...args]),
  'bench-loops': (context, args) => runNode(context, ['test/bench/loops/run.ts', ...args]),
  'test-faults': (context, args) => runNode(context, ['test/faults/run.ts', ...args]),
  'bench-uplink': (context, args) => runNode(context, ['test/bench/uplink/run.ts', ...args]),
  'bench-vision': (context, args) => runNode(context, ['test/bench/vision/run.ts', ...args]),
  test,
  check,
  build,
};

async function runNode({ root, node, env }, args) {
  const preload = pathToFileURL(join(root, 'src/setup/leave-with-launcher.mjs')).href;
  const all = ['--import', preload, ...args];
  return (await runChild({ file: node, args: all, cwd: root, env, tieLife: true })).code;
}

/** Every test project, and a plain closing line for people and machines that read no reporter's output. */
async function test(context, args) {
  const folder = mkdtempSync(join(tmpdir(), 'roadside-test-'));
  const report = join(folder, 'report.json');
  try {
    const reporters = ['--reporter=default', '--reporter=json', `--outputFile.json=${report}`];
    const code = await runNode(context, [VITEST, 'run', ...reporters, ...args]);
    if (existsSync(report))
      process.stdout.write(`${closingLine(JSON.parse(readFileSync(report, 'utf8')))}\n`);
    return code;
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

/** A file that could not even be loaded has no tests to count, yet it failed. */
export function closingLine(report) {
  const unloadable = report.testResults.filter(
    (file) => file.status === 'failed' && file.assertionResults.length === 0,
  ).length;
  const skipped = report.numPendingTests + report.numTodoTests;
  return `${report.numPassedTests} passed, ${report.numFailedTests + unloadable} failed, ${skipped} skipped`;
}

/** All three are run even when the first fails, so that one run tells everything. */
async function check(context, args) {
  const steps = [
    ['types', [TSC, '-p', '.']],
    ['style', [BIOME, 'check', '--error-on-warnings']],
    ['unit tests', [VITEST, 'run', '--project', 'unit', ...args]],
  ];
  const failed = [];
  for (const [name, step] of steps) {
    const code = await runNode(context, step);
    if (code > 128) return code;
    if (code !== 0) failed.push(name);
  }
  say(failed.length === 0 ? 'check passed' : `check failed: ${failed.join(', ')}`);
  return failed.length === 0 ? 0 : 1;
}

/** JavaScript in dist/, with the files beside the code that it reads at run time (migrations, web pages). */
async function build(context) {
  const { root } = context;
  rmSync(join(root, 'dist'), { recursive: true, force: true });
  const code = await runNode(context, [TSC, '-p', 'tsconfig.build.json']);
  if (code !== 0) return code;
  cpSync(join(root, 'src'), join(root, 'dist'), {
    recursive: true,
    filter: (source) => source !== join(root, 'src/setup') && !source.endsWith('.ts'),
  });
  say('built dist/');
  return 0;
}
