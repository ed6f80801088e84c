import { Ajv } from 'ajv';
import { describe, expect, it } from 'vitest';
import { exampleRecords } from '../../uplink/payloads/contract-examples.ts';
import { contractCommand } from './contract.ts';

async function printed(...args: readonly string[]): Promise<string> {
  const lines: string[] = [];
  await contractCommand(args, { out: (line) => lines.push(line), error: () => undefined });
  return lines.join('\n');
}

describe('roadside contract', () => {
  it('prints the schema of one payload, which stands alone and accepts and refuses by itself', async () => {
    const accepts = new Ajv({ strictTypes: false }).compile(JSON.parse(await printed('--schema', 'fault')));
    const envelope = { schema: 'roadside.fault/1', replayed: false, publishedAtMs: 1 };
    expect(accepts({ ...exampleRecords.fault, ...envelope })).toBe(true);
    expect(accepts({ ...exampleRecords.fault, ...envelope, phase: 'maybe' })).toBe(false);
  });

  it('names the payloads that there are when asked for another', async () => {
    await expect(printed('--schema', 'weather')).rejects.toMatchObject({
      code: 'usage-invalid',
      message: 'the contract has no payload weather',
      hint: expect.stringContaining('flow'),
    });
    await expect(printed('--schema', 'toString')).rejects.toMatchObject({ code: 'usage-invalid' });
  });

  it('finds the shipped document current, described and true to the version before', async () => {
    expect(await printed('--check')).toMatch(/^docs\/contract\/asyncapi.json is what the program publishes/);
  });
});
