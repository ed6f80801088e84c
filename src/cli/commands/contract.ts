import { mkdir, readFile, writeFile } from 'node:fs/promises';
import { dirname } from 'node:path';
import { parseArgs } from 'node:util';
import { messageOf, RoadsideError } from '../../base/errors.ts';
import { contractText } from '../../uplink/payloads/asyncapi.ts';
import type { CommandIo } from '../command-io.ts';

/** Where the contract with the platform is shipped, from the project's root. */
const CONTRACT_FILE = 'docs/contract/asyncapi.json';

/**
 * `contract [--check]`: writes the contract document, or compares the shipped one with the program.
 *
 * @throws RoadsideError usage-invalid for strange arguments, and when the shipped document is stale or missing
 */
export async function contractCommand(args: readonly string[], io: CommandIo): Promise<number> {
  const text = contractText();
  if (!parseCheck(args)) {
    await mkdir(dirname(CONTRACT_FILE), { recursive: true });
    await writeFile(CONTRACT_FILE, text);
    io.out(`wrote ${CONTRACT_FILE}`);
    return 0;
  }
  const shipped = await readFile(CONTRACT_FILE, 'utf8').catch(messageOf);
  if (shipped !== text) {
    throw new RoadsideError('usage-invalid', `${CONTRACT_FILE} is not what the program publishes`, {
      hint: 'Run "roadside contract", read the difference, and tell the platform before you release it.',
    });
  }
  io.out(`${CONTRACT_FILE} is what the program publishes`);
  return 0;
}

function parseCheck(args: readonly string[]): boolean {
  try {
    return parseArgs({ args: [...args], options: { check: { type: 'boolean', default: false } } }).values
      .check;
  } catch (cause) {
    throw new RoadsideError('usage-invalid', messageOf(cause), { hint: 'Use: contract [--check].', cause });
  }
}
