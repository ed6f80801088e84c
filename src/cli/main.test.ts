import { describe, expect, it } from 'vitest';
import { runCli, usageText } from './main.ts';
import { displayWidth } from './text-table.ts';

const NAMES = [...usageText().matchAll(/^ {2}(\w+)/gm)].map(([, name = '']) => name);

describe('the command line', () => {
  it('lists every command with what it does', () => {
    expect(NAMES).toEqual(expect.arrayContaining(['run', 'check', 'status', 'scan', 'watch', 'drivers']));
  });

  it.each(NAMES)('helps with %s, however it is asked, in both languages and 80 columns', async (name) => {
    const asked = [
      [name, '--help'],
      [name, '--json', '-h'],
      ['help', name],
    ];
    const answers = await Promise.all(asked.map(answerTo));
    for (const answer of answers) expect(answer).toEqual({ ...answers[0], code: 0, error: '' });
    const help = answers[0]?.out ?? '';
    expect(help).toMatch(new RegExp(`[\\u4e00-\\u9fff]\\n\\nroadside ${name} ?`));
    expect(Math.max(...help.split('\n').map(displayWidth))).toBeLessThanOrEqual(80);
  });

  it('refuses what it does not know, and says what there is', async () => {
    expect(await answerTo(['status', '--sokcet', 'a'])).toMatchObject({
      code: 1,
      error: expect.stringMatching(/^usage-invalid: .*--sokcet.*→ roadside status .*→ 命令用法有误/s),
    });
    expect(await answerTo(['stats'])).toMatchObject({
      code: 2,
      error: expect.stringMatching(/^There is no command "stats".*status \[--socket/s),
    });
  });
});

async function answerTo(args: readonly string[]) {
  let out = '';
  let error = '';
  const code = await runCli(args, {
    out: (text) => {
      out += text;
    },
    error: (text) => {
      error += text;
    },
  });
  return { code, out, error };
}
