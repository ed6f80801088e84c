import { cp, mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, type TestContext, test } from 'vitest';
import { cli } from '../fakes/run-cli.ts';

/** A folder of drivers of its own, until the test is over. */
async function makeFolder({ onTestFinished }: TestContext): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), 'roadside-drivers-'));
  onTestFinished(() => rm(folder, { recursive: true, force: true }));
  return folder;
}

describe.concurrent('driver files', () => {
  test('every shipped driver holds on simulated devices behind the real fieldbus process', async () => {
    const { code, out } = await cli('drivers', 'test');
    expect(out).not.toContain('FAIL');
    expect(out).toMatch(/ok {3}procon-ld120: /);
    expect(code).toBe(0);
  });

  test('a new one is a sound file whose lint names the evidence that is missing, and it is never written over', async (context) => {
    const folder = await makeFolder(context);
    const args = ['drivers', 'new', 'acme', 'ld2', '--drivers', folder];
    expect((await cli(...args)).code).toBe(0);
    const file = join(folder, 'loops', 'acme', 'ld2.yaml');
    const lint = await cli('drivers', 'lint', file);
    expect(lint.code).toBe(1);
    expect(lint.error).toMatch(
      /ld2\.yaml:\d+:\d+ signals\[0\]\.evidence \[driver-invalid\]\n {2}evidence is missing/,
    );
    expect(lint.error).not.toContain('driver-example-failed');
    const again = await cli(...args);
    expect(again.code).toBe(1);
    expect(again.error).toContain('never written over');

    const text = await readFile(file, 'utf8');
    await writeFile(
      file,
      text.replaceAll(/"MISSING: [^"]*"/g, '"seen on the bench, recording of 2026-05-01"'),
    );
    expect(await cli('drivers', 'lint', file)).toMatchObject({ code: 0, error: '' });
    expect((await cli('drivers', 'test', 'acme-ld2', '--drivers', folder)).out).toContain('ok   acme-ld2');
  });

  test('one that is made from another keeps its facts and gives up its evidence', async (context) => {
    const folder = await makeFolder(context);
    const args = ['drivers', 'new', 'acme', 'ld9', '--from', 'procon-ld220', '--drivers', folder];
    expect(await cli(...args)).toMatchObject({ code: 0 });
    const lint = await cli('drivers', 'lint', '--drivers', folder);
    expect(lint.code).toBe(1);
    expect(lint.error.split('evidence is missing').length).toBeGreaterThan(5);
    expect(lint.error).not.toMatch(/expected|driver-example-failed/);
  });

  test('an example that does not hold is an exit code and a readable difference', async (context) => {
    const folder = await makeFolder(context);
    const shipped = join('drivers', 'loops', 'procon');
    await mkdir(join(folder, 'loops'), { recursive: true });
    await cp(shipped, join(folder, 'loops', 'procon'), { recursive: true });
    const file = join(folder, 'loops', 'procon', 'ld120.yaml');
    await writeFile(file, (await readFile(file, 'utf8')).replace('[65538]', '[65539]'));
    const { code, error } = await cli('drivers', 'test', 'procon-ld120', '--drivers', folder);
    expect(code).toBe(1);
    expect(error).toContain('vehicle-count: expected [65539], found [65538]');
  });

  test('a frame example that does not hold shows what was observed instead', async (context) => {
    const folder = await makeFolder(context);
    const file = join(folder, 'loops', 'advantech', 'adam-4080.yaml');
    await mkdir(join(folder, 'loops', 'advantech'), { recursive: true });
    const shipped = await readFile(join('drivers', 'loops', 'advantech', 'adam-4080.yaml'), 'utf8');
    await writeFile(file, shipped.replace('count: 766', 'count: 767'));
    const { code, out } = await cli('drivers', 'test', 'advantech-adam-4080', '--drivers', folder);
    expect(code).toBe(1);
    expect(out).toMatch(/FAIL advantech-adam-4080/);
    expect(out).toContain('expected claim 1 of 2: {"kind":"loop-counters","channel":1,"count":767');
    expect(out).toMatch(/observed instead: .*"count":766/);
    expect(out).toContain('2 examples 个示例, 1 failed');
  });
});
