import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { runCli } from '../main.ts';
import { displayWidth } from '../text-table.ts';

const root = join(import.meta.dirname, '..', '..', '..');
const example = join(root, 'config', 'example-site.yaml');
const refused = join(root, 'test', 'scenarios', 'config', 'unknown-key-typing-error', 'site.yaml');

async function check(...args: readonly string[]) {
  const out: string[] = [];
  const error: string[] = [];
  const status = await runCli(['check', ...args], {
    out: (text) => out.push(text),
    error: (text) => error.push(text),
  });
  return { status, out: out.join('\n'), error: error.join('\n') };
}

describe('roadside check', () => {
  it('tells which loop is on which channel, how busy the bus is and where records go', async () => {
    const { status, out, error } = await check(example);
    expect({ status, error }).toEqual({ status: 0, error: '' });
    const flowing = out.replace(/\s+/g, ' ');
    expect(flowing).toContain('north-1: n1-entry (card-1 channel 1), n1-exit (card-1 channel 2), cam-north');
    expect(flowing).toMatch(/9600 baud, parity none, 1 stop bit, 54 % used by polling/);
    expect(out).toContain('platform.example:8883, TLS');
    expect(out).toContain('OK');
  });

  it('fits an 80-column terminal, but for names that have to stay whole', async () => {
    const { out } = await check(example);
    const wide = out.split('\n').filter((line) => displayWidth(line) > 80);
    expect(wide.every((line) => /^\s*\S*\/\S+/.test(line))).toBe(true);
    expect(out.split('\n').length).toBeGreaterThan(8);
  });

  it('tells what the calibration of a camera is worth at each counting line', async () => {
    const flowing = (await check(example)).out.replace(/\s+/g, ' ');
    expect(flowing).toMatch(/cam-north: 4 marks, which always fit: speeds rest on their accuracy of 0.1 m/);
    expect(flowing).toMatch(/north-1: 0\.\d+ to 0\.\d+ m per pixel 米\/像素, speed 可测速 ±\d+(\.\d)? %/);
    const { cameras } = JSON.parse((await check(example, '--json')).out);
    expect(cameras[0].geometry).toMatchObject({ marks: 4, errorM: 0, worstMark: null });
    expect(cameras[0].geometry.lines).toMatchObject([
      { hasSpeed: true, hasLength: false },
      { lane: 'north-2' },
    ]);
  });

  it('warns of files that this machine does not have', async () => {
    expect((await check(example)).out).toContain(join(root, 'config', 'secrets', 'uplink'));
  });

  it('warns, and still accepts, when the detector model is missing', async () => {
    const { status, out } = await check(example, '--models', '/nowhere');
    expect(status).toBe(0);
    expect(out).toContain('Model nanodet-g cannot be used (model-missing)');
  });

  it('prints every problem of a bad file and what it means in Chinese', async () => {
    const { status, out, error } = await check(refused);
    expect({ status, out }).toEqual({ status: 1, out: '' });
    expect(error).toContain('site.yaml:8:44');
    expect(error).toContain('site.yaml:21:9');
    expect(error).toContain('没有 "pollms" 这个字段。是否应为 "pollMs"？');
    expect(error).not.toContain('配置内容');
  });

  it('speaks JSON for other programs', async () => {
    expect(JSON.parse((await check(example, '--json')).out)).toMatchObject({
      ok: true,
      site: 'changan-renmin',
    });
    const { status, out } = await check('--json', refused);
    expect(status).toBe(1);
    expect(JSON.parse(out)).toMatchObject({ ok: false, problems: [{ line: 8 }, { line: 21 }] });
  });

  it.each([[[]], [['a.yaml', 'b.yaml']], [['--verbose', 'a.yaml']]])(
    'explains itself when called with %j',
    async (args) => {
      const { status, error } = await check(...args);
      expect(status).toBe(1);
      expect(error).toContain('→ roadside check SITE.yaml');
    },
  );
});
