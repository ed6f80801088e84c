import { posix } from 'node:path';
import { type ImportStatement, importsOf, type ScannedSource, scanSource } from './source-scan.ts';

/** Source files by their path from the project's root: `src/base/clock.ts`. */
export type SourceTree = ReadonlyMap<string, string>;

/** What one folder may import besides itself. A path may name a folder or, without extension, a file. */
interface FolderRule {
  readonly values: readonly string[];
  /** Importing these with `import type` only. */
  readonly types: readonly string[];
}

const none: readonly string[] = [];

/** The tree is the pipeline: sensors → traffic → store → uplink; the rest is foundation, walls or doors. */
export const MAY_IMPORT: Readonly<Record<string, FolderRule>> = {
  base: { values: none, types: none },
  traffic: { values: ['base'], types: none },
  catalog: { values: ['base'], types: ['traffic'] },
  sensors: { values: ['base', 'traffic/observations'], types: ['catalog'] },
  store: { values: ['base'], types: ['traffic'] },
  uplink: { values: ['base', 'store/outbox', 'store/relay-class'], types: ['traffic'] },
  runtime: { values: ['base'], types: none },
  app: {
    values: ['base', 'traffic', 'catalog', 'store', 'uplink', 'runtime', 'sensors/contract'],
    types: none,
  },
  console: { values: ['base', 'app/overview', 'app/commands'], types: ['traffic'] },
  // docs/decisions/0001: the command line opens the doors (console) and prints the contract (uplink/payloads).
  cli: {
    values: ['base', 'catalog', 'app', 'runtime', 'console', 'simulator', 'uplink/payloads'],
    types: ['traffic'],
  },
  simulator: { values: ['base', 'catalog'], types: ['traffic'] },
  processes: {
    values: [
      'base',
      'traffic',
      'catalog',
      'sensors',
      'store',
      'uplink',
      'runtime',
      'app',
      'console',
      'cli',
      'simulator',
    ],
    types: none,
  },
  setup: { values: none, types: none },
};

/** Packages whose every use stands in one place, so that replacing one is a change of one file. */
export const HOMES: Readonly<Record<string, readonly string[]>> = {
  serialport: ['src/sensors/fieldbus/serial-line.ts'],
  'better-sqlite3': ['src/store/database.ts'],
  'onnxruntime-node': ['src/sensors/vision/detector-session.ts'],
  // The simulated platform is the peer at the other end of the line.
  // Sparkplug has a connection, a will and binary payloads of its own.
  mqtt: [
    'src/uplink/mqtt-session.ts',
    'src/uplink/sparkplug/sparkplug-link.ts',
    'src/simulator/platform/platform-link.ts',
  ],
  aedes: ['src/simulator/'],
  'modbus-serial': ['src/simulator/'],
  pino: ['src/runtime/logger.ts'],
};

const LONGEST_FILE_LINES = 300;

/** The clock, timers, chance and the outside world: what the pure middle is given as values instead. */
const IMPURE_NAMES = [
  ...['Date', 'performance', 'setTimeout', 'setInterval', 'setImmediate', 'queueMicrotask'],
  ...['process', 'console', 'fetch', 'globalThis', String.raw`Math\s*\.\s*random`],
];
/** Neither `x.process` nor the key `process:` is meant. */
const IMPURE = new RegExp(String.raw`(?<![.\w$])(${IMPURE_NAMES.join('|')})\b(?!\s*\??:)`, 'g');

/** Ways to take any certificate for the right one. A test that needs a broker makes itself an authority. */
const TRUSTS_ANYBODY =
  /\brejectUnauthorized\s*:(?!\s*true\b)|\bNODE_TLS_REJECT_UNAUTHORIZED\b|\bcheckServerIdentity\b/;

/** Everything in a tree that breaks a rule of the house, as sentences that begin with the file. */
export function findViolations(tree: SourceTree): string[] {
  return [...tree].flatMap(([path, source]) => {
    const scanned = scanSource(source);
    const problems = [
      ...folderProblems(path),
      ...importProblems(path, importsOf(scanned)),
      ...exportProblems(scanned),
      ...purityProblems(path, scanned),
      ...trustProblems(scanned),
      ...lengthProblems(path, source),
    ];
    return problems.map((problem) => `${path}: ${problem}`);
  });
}

const folderOf = (path: string): string => path.split('/')[1] ?? '';
const isTest = (path: string): boolean => path.endsWith('.test.ts');

function folderProblems(path: string): string[] {
  const parts = path.split('/');
  if (parts.length < 3) return ['stands in no folder'];
  return Object.hasOwn(MAY_IMPORT, folderOf(path))
    ? []
    : [`folder ${folderOf(path)} is not part of the tree`];
}

function importProblems(path: string, imports: readonly ImportStatement[]): string[] {
  return imports.flatMap((statement) => {
    const { specifier } = statement;
    if (specifier === null) return ['imports what only run time knows'];
    if (!specifier.startsWith('.')) return packageProblems(path, specifier);
    const target = posix.join(posix.dirname(path), specifier);
    return relativeProblems(path, { target, typeOnly: statement.typeOnly });
  });
}

function packageProblems(path: string, specifier: string): string[] {
  // A test may open the very file, line or broker that the code under test has open.
  if (isTest(path)) return [];
  const folder = folderOf(path);
  if (folder === 'setup' && !specifier.startsWith('node:')) {
    return [`imports ${specifier} before anything is installed`];
  }
  if (folder === 'traffic') return [`imports ${specifier}: the middle is pure`];
  const name = specifier.split('/', specifier.startsWith('@') ? 2 : 1).join('/');
  const homes = Object.hasOwn(HOMES, name) ? HOMES[name] : undefined;
  const isHome =
    homes === undefined ||
    homes.some((home) => path === home || (home.endsWith('/') && path.startsWith(home)));
  return isHome ? [] : [`imports ${name}, whose home is ${homes.join(', ')}`];
}

function relativeProblems(
  path: string,
  { target, typeOnly }: { target: string; typeOnly: boolean },
): string[] {
  const from = folderOf(path);
  const to = folderOf(target);
  if (to === 'processes') return [`imports ${target}: nobody imports a process`];
  if (isTest(path)) return [];
  if (!target.startsWith('src/')) return [`imports ${target} from outside src`];
  const rule = Object.hasOwn(MAY_IMPORT, from) ? MAY_IMPORT[from] : undefined;
  if (to === from || rule === undefined || covers(rule.values, target)) return [];
  if (!covers(rule.types, target)) return [`imports ${target}, which ${from} may not`];
  return typeOnly ? [] : [`imports ${target}, of which ${from} may import types only`];
}

function covers(allowed: readonly string[], target: string): boolean {
  return allowed.some((entry) => target.startsWith(`src/${entry}/`) || target === `src/${entry}.ts`);
}

function exportProblems({ code }: ScannedSource): string[] {
  return /\bexport\s+default\b|\bexport\s*\{[^}]*\bas\s+default\b/.test(code) ? ['has a default export'] : [];
}

function purityProblems(path: string, { code }: ScannedSource): string[] {
  if (folderOf(path) !== 'traffic' || isTest(path)) return [];
  return [...new Set([...code.matchAll(IMPURE)].map((match) => `uses ${match[1]}: the middle is pure`))];
}

function trustProblems({ code }: ScannedSource): string[] {
  return TRUSTS_ANYBODY.test(code) ? ['may trust a certificate that nobody vouches for'] : [];
}

function lengthProblems(path: string, source: string): string[] {
  if (isTest(path) || path.endsWith('.table.ts')) return [];
  const lines = source.trimEnd().split('\n').length;
  return lines > LONGEST_FILE_LINES ? [`has ${lines} lines, more than ${LONGEST_FILE_LINES}`] : [];
}
