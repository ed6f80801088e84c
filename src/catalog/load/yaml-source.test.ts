import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { formatProblems } from './problem.ts';
import { parseYaml, readYaml, YAML_MAX_BYTES } from './yaml-source.ts';

const CODES = { unreadable: 'config-unreadable', syntax: 'config-syntax' } as const;

function refusal(text: string): string {
  const outcome = parseYaml({ file: 'site.yaml', text, code: 'config-syntax' });
  return outcome.kind === 'refused' ? formatProblems(outcome.problems) : 'accepted';
}

const LOOK_AROUND = 'Check the indentation, colons, brackets and quotes of this line and the one before it.';

describe('text that is not YAML is refused with its line', () => {
  it.each([
    ['a list out of line', 'a:\n    - 1\n   - 2\n', `site.yaml:3:1 [config-syntax]\n  A block sequence`],
    [
      'a tab',
      'a:\n\tb: 1\n',
      'site.yaml:2:1 [config-syntax]\n  Tabs are not allowed as indentation\n  → Indent with spaces',
    ],
    [
      'an open bracket',
      'a: [1, 2\nb: 3\n',
      `site.yaml:2:1 [config-syntax]\n  Flow sequence in block collection`,
    ],
    [
      'a key twice',
      'a: 1\nb: 2\na: 3\n',
      'site.yaml:3:1 [config-syntax]\n  Map keys must be unique\n  → Remove or rename',
    ],
    [
      'two documents',
      'a: 1\n---\nb: 2\n',
      'site.yaml:2:1 [config-syntax]\n  Source contains multiple documents',
    ],
    ['a tag', 'a: !secret x\n', 'site.yaml:1:4 [config-syntax]\n  Unresolved tag'],
    ['an unknown alias', 'a: *b\n', 'site.yaml:1:4 [config-syntax]\n  Unresolved alias'],
  ])('%s', (_name, text, expected) => {
    expect(refusal(text)).toContain(expected);
  });

  it('says what to look at when the parser cannot tell', () => {
    expect(refusal('a: [1, 2\nb: 3\n')).toContain(LOOK_AROUND);
  });

  it('reports a broken line once, not with everything that follows from it', () => {
    expect(refusal('a:\n\tb: 1\n').split('[config-syntax]').length - 1).toBe(1);
  });

  it('tells of full-width colons, and not of what a parser makes of them', () => {
    const told = refusal('site:\n  id： x\n  name: 长安街：北\nbuses:\n  - id： a\n');
    expect(told.match(/site\.yaml:\d+:\d+/g)).toEqual(['site.yaml:2:5', 'site.yaml:5:7']);
    expect(told).toContain('键名后是全角冒号');
    const outcome = parseYaml({ file: 'site.yaml', text: 'name: 长安街：北\n', code: 'config-syntax' });
    expect(outcome.kind).toBe('ok');
  });

  it('refuses nesting and aliases that would exhaust the machine', () => {
    expect(refusal('['.repeat(100_000))).toContain('config-syntax');
    expect(refusal('- '.repeat(50_000))).toContain('config-syntax');
  });

  it('keeps words that older YAML took for truth values, numbers or merges', () => {
    const outcome = parseYaml({
      file: 'f',
      text: 'a: no\nb: 012\n"<<": {c: 1}\n__proto__: {d: 1}\n',
      code: 'config-syntax',
    });
    const value = outcome.kind === 'ok' ? outcome.value.value : null;
    expect(Object.keys(value ?? {})).toEqual(['a', 'b', '<<', '__proto__']);
    expect(value).toMatchObject({ a: 'no', b: 12 });
    expect(value).not.toHaveProperty('d');
  });
});

describe('a file that is no configuration is refused before it is parsed', () => {
  const folder = mkdtempSync(join(tmpdir(), 'roadside-yaml-'));
  afterAll(() => rmSync(folder, { recursive: true }));

  it.each([
    ['a missing file', null, 'config-unreadable', 'ENOENT'],
    [
      'a file over the limit',
      Buffer.alloc(YAML_MAX_BYTES + 1, 'a'),
      'config-unreadable',
      'at most 262144 bytes',
    ],
    ['a picture', Buffer.from([0xff, 0xd8, 0xff, 0xe0]), 'config-syntax', 'UTF-8'],
    ['no bytes', Buffer.alloc(0), 'config-syntax', 'empty'],
  ] as const)('%s', async (name, bytes, code, words) => {
    const file = join(folder, `${name.replaceAll(' ', '-')}.yaml`);
    if (bytes !== null) writeFileSync(file, bytes);
    const outcome = await readYaml(file, CODES);
    expect(outcome.kind === 'refused' ? outcome.problems : []).toMatchObject([
      { code, file, line: 0, message: expect.stringContaining(words) },
    ]);
  });

  it('reads a file of exactly the limit', async () => {
    const file = join(folder, 'full.yaml');
    writeFileSync(file, `a: ${'b'.repeat(YAML_MAX_BYTES - 3)}`);
    expect((await readYaml(file, CODES)).kind).toBe('ok');
  });
});
