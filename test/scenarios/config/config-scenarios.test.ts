import { readdirSync, readFileSync } from 'node:fs';
import { access } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { runCheck } from '../../../src/cli/commands/check.ts';

const here = import.meta.dirname;
const scenarios = readdirSync(here, { withFileTypes: true })
  .filter((entry) => entry.isDirectory())
  .map((entry) => entry.name);

describe('a site file that cannot work is refused with places, expectations and advice', () => {
  it.each(scenarios)('%s', async (scenario) => {
    const folder = join(here, scenario);
    const drivers = join(folder, 'drivers');
    const own = await access(drivers).then(
      () => ['--drivers', drivers],
      () => [],
    );
    const printed: string[] = [];
    const io = {
      out: (text: string) => printed.push(`out: ${text}`),
      error: (text: string) => printed.push(text),
    };
    const status = await runCheck([join(folder, 'site.yaml'), ...own], io);
    const expected = readFileSync(join(folder, 'expected-error.txt'), 'utf8');
    expect(`${printed.join('\n').replaceAll(`${folder}/`, '')}\n`).toBe(expected);
    expect(status).toBe(1);
  });

  it('covers the mistakes that a technician makes', () => {
    expect(scenarios.length).toBeGreaterThanOrEqual(50);
  });
});
