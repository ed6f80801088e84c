import { readdirSync, readFileSync } from 'node:fs';
import { join, relative } from 'node:path';
import { fileURLToPath } from 'node:url';
import { describe, expect, it } from 'vitest';
import { findViolations, HOMES, MAY_IMPORT } from './rules.ts';
import { importsOf, scanSource } from './source-scan.ts';

const ROOT = fileURLToPath(new URL('../..', import.meta.url));

function readTree(): Map<string, string> {
  const entries = readdirSync(join(ROOT, 'src'), { recursive: true, withFileTypes: true });
  const files = entries.filter((entry) => entry.isFile() && /\.m?[tj]s$/.test(entry.name));
  return new Map(
    files.map((entry) => {
      const path = join(entry.parentPath, entry.name);
      return [relative(ROOT, path), readFileSync(path, 'utf8')];
    }),
  );
}

const violationsIn = (path: string, source: string): string[] => findViolations(new Map([[path, source]]));

describe('the house', () => {
  const tree = readTree();

  it('stands as it was drawn', () => {
    expect(findViolations(tree)).toEqual([]);
  });

  it('is really read: folders and imports were found', () => {
    const folders = new Set([...tree.keys()].map((path) => path.split('/')[1]));
    expect([...folders]).toEqual(expect.arrayContaining(['base', 'traffic', 'sensors', 'runtime', 'setup']));
    const imports = [...tree.values()].flatMap((source) => importsOf(scanSource(source)));
    expect(imports.length).toBeGreaterThan(tree.size);
  });

  it('every named home exists', () => {
    const missing = Object.values(HOMES)
      .flat()
      .filter((home) => ![...tree.keys()].some((path) => path.startsWith(home)));
    expect(missing).toEqual([]);
  });
});

/** What each rule is there to refuse, and the nearest thing that it lets through. */
const CASES: readonly [rule: string, path: string, refused: string, allowed: string][] = [
  [
    'a folder imports only its row',
    'src/store/a.ts',
    "import { b } from '../uplink/b.ts';",
    "import { b } from '../base/b.ts';",
  ],
  ['a folder may import itself', 'src/store/a.ts', "import '../sensors/b.ts';", "import './b.ts';"],
  [
    'exporting from is importing',
    'src/base/a.ts',
    "export { b } from '../traffic/b.ts';",
    "export { b } from './b.ts';",
  ],
  [
    'importing on demand is importing',
    'src/runtime/a.ts',
    "const b = await import('../app/b.ts');",
    "const b = await import('../base/b.ts');",
  ],
  [
    'a computed import hides what it imports',
    'src/app/a.ts',
    'await import(name);',
    "await import('./b.ts');",
  ],
  [
    'a types-only row refuses values',
    'src/store/a.ts',
    "import { type T, f } from '../traffic/b.ts';",
    "import type { T } from '../traffic/b.ts';",
  ],
  [
    'a types-only row knows inline types',
    'src/console/a.ts',
    "import {\n  type T,\n  f,\n} from '../traffic/b.ts';",
    "import {\n  type T,\n  type U,\n} from '../traffic/b.ts';",
  ],
  [
    'a row may name one file of a folder',
    'src/app/a.ts',
    "import { r } from '../sensors/process-link.ts';",
    "import { r } from '../sensors/contract.ts';",
  ],
  [
    'nobody imports a process, a test neither',
    'src/app/a.test.ts',
    "import '../processes/gateway.ts';",
    "import '../sensors/vision/tracker.ts';",
  ],
  [
    'nothing is imported from outside src',
    'src/app/a.ts',
    "import '../../test/fakes/b.ts';",
    "import './b.ts';",
  ],
  [
    'a package has one home',
    'src/store/outbox.ts',
    "import D from 'better-sqlite3';",
    "import { z } from 'zod';",
  ],
  [
    'a home covers the parts of a package, and its types',
    'src/app/a.ts',
    "import type { X } from 'mqtt/build/x';",
    "import type { X } from 'node:net';",
  ],
  [
    'a package may have a home folder',
    'src/sensors/fieldbus/a.ts',
    "import M from 'modbus-serial';",
    "import { SerialPort } from './serial-line.ts';",
  ],
  ['traffic imports nothing of Node', 'src/traffic/a.ts', "import 'node:fs';", "import '../base/units.ts';"],
  [
    'traffic imports no package',
    'src/traffic/a.ts',
    "import { z } from 'zod';",
    "// import { z } from 'zod';",
  ],
  [
    'traffic reads no clock',
    'src/traffic/a.ts',
    'const at = Date.now();',
    "const at = now.Date; const text = 'Date.now()'; // Date.now()",
  ],
  ['traffic sets no timer', 'src/traffic/a.ts', 'setTimeout(f, 1);', 'type T = { setTimeout: number };'],
  [
    'traffic knows no process',
    'src/traffic/a.ts',
    'process.exit();',
    "const layer = fault.process ?? 'process';",
  ],
  ['traffic takes no chances', 'src/traffic/a.ts', 'Math.random();', 'Math.round(1);'],
  ['setup runs before packages exist', 'src/setup/a.mjs', "import 'zod';", "import 'node:fs';"],
  [
    'setup runs before TypeScript does',
    'src/setup/a.mjs',
    "import '../base/errors.ts';",
    "import './npm.mjs';",
  ],
  [
    'no certificate goes unchecked',
    'src/uplink/a.ts',
    'connect({ rejectUnauthorized: false });',
    'connect({ rejectUnauthorized: true }); // rejectUnauthorized: false',
  ],
  [
    'nor by a name check of our own',
    'src/uplink/a.ts',
    'connect({ checkServerIdentity: () => undefined });',
    "const text = 'checkServerIdentity';",
  ],
  [
    'nor by the environment',
    'src/uplink/a.ts',
    "process.env.NODE_TLS_REJECT_UNAUTHORIZED = '0';",
    'process.env.NODE_EXTRA_CA_CERTS;',
  ],
  ['no default export', 'src/app/a.ts', 'export default 1;', "const text = 'export default';"],
  ['no default export by another name', 'src/app/a.ts', 'export { a as default };', 'export { a as b };'],
  ['a file is short', 'src/app/a.ts', 'a;\n'.repeat(301), 'a;\n'.repeat(300)],
];

describe('the rules', () => {
  it.each(CASES)('%s', (_rule, path, refused, allowed) => {
    expect(violationsIn(path, refused)).toHaveLength(1);
    expect(violationsIn(path, allowed)).toEqual([]);
  });

  it('a file outside the drawn folders is refused', () => {
    expect(violationsIn('src/tools/a.ts', '')).toHaveLength(1);
    expect(violationsIn('src/a.ts', '')).toContain('src/a.ts: stands in no folder');
  });

  it('tables and tests may be long', () => {
    const long = 'a;\n'.repeat(1000);
    expect(violationsIn('src/app/a.table.ts', long)).toEqual([]);
    expect(violationsIn('src/app/a.test.ts', long)).toEqual([]);
  });

  it('no row names a folder that the tree does not have', () => {
    const named = Object.values(MAY_IMPORT).flatMap((rule) => [...rule.values, ...rule.types]);
    const unknown = named.filter((entry) => !Object.hasOwn(MAY_IMPORT, entry.split('/')[0] ?? ''));
    expect(unknown).toEqual([]);
  });
});

describe('reading a source', () => {
  const imported = (source: string) => importsOf(scanSource(source)).map(({ specifier }) => specifier);

  it.each([
    ['comments', "// import 'a'\n/* import 'b' */ import 'c';", ['c']],
    ['texts', `const t = "import 'a'"; const u = 'it\\'s'; import 'c';`, ['c']],
    ['templates and their holes', `const t = \`import 'a' \${f({ x: \`}\` })} '\`; import 'c';`, ['c']],
    ['regular expressions', "const r = /['/*]\\/[/]'/g; import 'c';", ['c']],
    ['divisions', "const h = a / 2; const q = 'x' / 1; import 'c';", ['c']],
    ['an unfinished text', "import 'c'; const t = 'a", ['c']],
    ['type queries', "type T = import('c').T;", ['c']],
    ['what only sounds like an import', 'object.import(x); const reimport = (y); meta.require(z);', []],
    ['exports without a source', "export const a = 1;\nimport 'c';\nexport { a };", ['c']],
  ])('is not misled by %s', (_what, source, expected) => {
    expect(imported(source)).toEqual(expected);
  });
});
