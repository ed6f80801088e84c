import { mkdir, readFile, writeFile } from 'node:fs/promises';
import { dirname } from 'node:path';
import { parseArgs } from 'node:util';
import { messageOf, RoadsideError } from '../../base/errors.ts';
import { buildAsyncApi, contractText } from '../../uplink/payloads/asyncapi.ts';
import { compareContracts, versionProblems } from '../../uplink/payloads/compat/compare-contracts.ts';
import { lintContract } from '../../uplink/payloads/compat/lint-contract.ts';
import { schemasOf } from '../../uplink/payloads/compat/payload-fields.ts';
import type { CommandIo } from '../command-io.ts';
import { parseUsage } from '../command-options.ts';

export const CONTRACT_USAGE = 'roadside contract [--check] [--schema STREAM]';

/** Where the contract with the platform is shipped, from the project's root, and the version before it. */
const CONTRACT_FILE = 'docs/contract/asyncapi.json';
const PREVIOUS_FILE = 'docs/contract/previous/asyncapi.json';

/**
 * `contract`: writes the contract document. `--check` compares the shipped one with the program, with what a
 * reader needs to be told, and with the previous version. `--schema STREAM` prints the JSON Schema of a payload.
 *
 * @throws RoadsideError usage-invalid for strange arguments, and for each thing that the check finds
 */
export async function contractCommand(args: readonly string[], io: CommandIo): Promise<number> {
  const { check, schema } = parseOptions(args);
  if (schema !== undefined) {
    io.out(schemaText(schema));
    return 0;
  }
  if (check) {
    io.out(await checkContract());
    return 0;
  }
  await mkdir(dirname(CONTRACT_FILE), { recursive: true });
  await writeFile(CONTRACT_FILE, contractText());
  io.out(`wrote ${CONTRACT_FILE}`);
  return 0;
}

async function checkContract(): Promise<string> {
  const shipped = await readFile(CONTRACT_FILE, 'utf8').catch(messageOf);
  if (shipped !== contractText()) {
    throw new RoadsideError('usage-invalid', `${CONTRACT_FILE} is not what the program publishes`, {
      hint: 'Run "roadside contract", read the difference, and tell the platform before you release it.',
    });
  }
  const current = buildAsyncApi();
  refuse(lintContract(current), 'Describe it in src/uplink/payloads, with its unit and each of its values.');
  const previous: unknown = JSON.parse(await readFile(PREVIOUS_FILE, 'utf8'));
  refuse(
    versionProblems({ previous, current }),
    'Raise the version in src/uplink/payloads/asyncapi.ts, or better take the change back.',
  );
  const { additions } = compareContracts({ previous, current });
  return `${CONTRACT_FILE} is what the program publishes; new since the version before: ${additions.length}`;
}

function refuse(problems: readonly string[], hint: string): void {
  if (problems.length > 0) throw new RoadsideError('usage-invalid', problems.join('\n'), { hint });
}

/** A schema that stands alone, for a validator that knows no AsyncAPI. */
function schemaText(name: string): string {
  const schemas = schemasOf(buildAsyncApi());
  if (!Object.hasOwn(schemas, name)) {
    throw new RoadsideError('usage-invalid', `the contract has no payload ${name}`, {
      hint: `Choose one of ${Object.keys(schemas).join(', ')}.`,
    });
  }
  return JSON.stringify({ $schema: 'http://json-schema.org/draft-07/schema#', ...schemas[name] }, null, 2);
}

function parseOptions(args: readonly string[]): { check: boolean; schema?: string | undefined } {
  const options = { check: { type: 'boolean', default: false }, schema: { type: 'string' } } as const;
  return parseUsage(CONTRACT_USAGE, () => parseArgs({ args: [...args], options }).values);
}
