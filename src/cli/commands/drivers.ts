import { mkdir, readFile, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { parseArgs } from 'node:util';
import { tryDrivers } from '../../app/driver-trial.ts';
import { assertNever } from '../../base/assert-never.ts';
import { messageOf, RoadsideError } from '../../base/errors.ts';
import { ID_PATTERN } from '../../base/ids.ts';
import { formatProblems } from '../../catalog/load/problem.ts';
import { shippedDriversDir } from '../../catalog/shipped.ts';
import { createLogger } from '../../runtime/logger.ts';
import { freeTcpPort } from '../../simulator/free-tcp-port.ts';
import { openCallingDevice, openFrameDevice } from '../../simulator/trial/frame-device.ts';
import { openRegisterDevice } from '../../simulator/trial/register-device.ts';
import type { CommandIo } from '../command-io.ts';
import { parseUsage } from '../command-options.ts';
import {
  type DriverFile,
  driverAt,
  driverFiles,
  readDriverFolders,
  readDrivers,
} from '../drivers/driver-folder.ts';
import { driverList, tellsText } from '../drivers/driver-list.ts';
import { driverSkeleton, skeletonFrom } from '../drivers/driver-skeleton.ts';
import { missingEvidence } from '../drivers/missing-evidence.ts';
import { SCREEN_COLUMNS, wrapText } from '../text-table.ts';

export const DRIVERS_USAGE = `roadside drivers list [--json] [--drivers DIR]
roadside drivers lint [FILE…] [--drivers DIR]
roadside drivers test [DRIVER…] [--drivers DIR]
roadside drivers new MAKER MODEL [--from DRIVER] [--drivers DIR]`;

const TASKS = ['list', 'lint', 'test', 'new'] as const;

interface DriversOptions {
  readonly task: (typeof TASKS)[number];
  readonly names: readonly string[];
  readonly driversDir: string;
  readonly from: string | null;
  readonly json: boolean;
}

/** The driver files: which there are, whether they are sound, whether they hold, and a new one. */
export async function runDrivers(args: readonly string[], io: CommandIo): Promise<number> {
  const options = parseDriversArgs(args);
  switch (options.task) {
    case 'list':
      return await listDrivers(options, io);
    case 'lint':
      return await lintDrivers(options, io);
    case 'test':
      return await testDrivers(options, io);
    case 'new':
      return await newDriver(options, io);
    default:
      return assertNever(options.task);
  }
}

async function listDrivers({ driversDir, json }: DriversOptions, io: CommandIo): Promise<number> {
  const { drivers, problems } = await readDriverFolders([driversDir]);
  if (json) {
    const rows = drivers.map((one) => {
      const { driver, label, kind, protocol, channels } = one;
      return { driver, label, kind, protocol, channels, tells: tellsText(one) };
    });
    io.out(JSON.stringify(rows, null, 2));
  } else {
    io.out(driverList(drivers).join('\n'));
  }
  if (problems.length > 0) io.error(`${problems.length} problems 处问题: roadside drivers lint`);
  return problems.length === 0 ? 0 : 1;
}

async function lintDrivers({ names, driversDir }: DriversOptions, io: CommandIo): Promise<number> {
  const files = names.length > 0 ? names.map(driverAt) : await driverFiles([driversDir]);
  const { problems } = await readDrivers(files);
  const missing = await Promise.all(files.map(({ file }) => missingEvidence(file)));
  const all = [...problems, ...missing.flat()];
  if (all.length > 0) {
    io.error(formatProblems(all));
    io.error(`${all.length} problems in ${files.length} driver files. 驱动文件有问题，请按提示修改。`);
    return 1;
  }
  io.out(`${files.length} driver files are sound. 驱动文件无误。`);
  return 0;
}

async function testDrivers({ names, driversDir }: DriversOptions, io: CommandIo): Promise<number> {
  const files = chosen(await driverFiles([driversDir]), names, driversDir);
  const { drivers, problems } = await readDrivers(files);
  if (problems.length > 0) io.error(formatProblems(problems));
  const results = await tryDrivers(
    drivers,
    {
      registers: openRegisterDevice,
      frames: openFrameDevice,
      calling: openCallingDevice,
      freePort: freeTcpPort,
    },
    createLogger({ level: 'error', write: (line) => io.error(line.trimEnd()) }),
  );
  for (const { driver, note, mismatches } of results) {
    const verdict = mismatches.length === 0 ? 'ok  ' : 'FAIL';
    io.out(wrapText(`${verdict} ${driver}: ${note}`, SCREEN_COLUMNS, '       ').join('\n'));
    for (const line of mismatches) io.out(`       ${line}`);
  }
  const failed = results.filter(({ mismatches }) => mismatches.length > 0).length;
  io.out(`${results.length} examples 个示例, ${failed} failed 个不符`);
  return failed === 0 && problems.length === 0 ? 0 : 1;
}

function chosen(
  files: readonly DriverFile[],
  names: readonly string[],
  driversDir: string,
): readonly DriverFile[] {
  const unknown = names.filter((name) => !files.some(({ id }) => id === name));
  if (unknown.length > 0) {
    throw new RoadsideError('driver-missing', `no driver ${unknown.join(', ')} in ${driversDir}`, {
      hint: 'roadside drivers list shows what there is; --drivers DIR names another folder.',
    });
  }
  return names.length === 0 ? files : files.filter(({ id }) => names.includes(id));
}

async function newDriver({ names, driversDir, from }: DriversOptions, io: CommandIo): Promise<number> {
  const [maker = '', model = ''] = names;
  const file = join(driversDir, 'loops', maker, `${model}.yaml`);
  const text =
    from === null ? driverSkeleton({ maker, model }) : await copyOf(from, { maker, model }, driversDir);
  await mkdir(dirname(file), { recursive: true });
  try {
    await writeFile(file, text, { flag: 'wx' });
  } catch (error) {
    throw new RoadsideError('usage-invalid', `cannot write ${file}: ${messageOf(error)}`, {
      hint: 'A driver file is never written over: choose another name, or edit the file that is there.',
      cause: error,
    });
  }
  io.out(`wrote ${file}`);
  io.out(`Fill it in, then 填写后运行: roadside drivers lint ${file}`);
  return 0;
}

/** A driver of the folder, else one that is shipped. */
async function copyOf(
  from: string,
  names: { readonly maker: string; readonly model: string },
  driversDir: string,
): Promise<string> {
  const files = [...(await driverFiles([driversDir])), ...(await driverFiles([shippedDriversDir]))];
  const source = chosen(files, [from], driversDir).slice(0, 1);
  const { drivers, problems } = await readDrivers(source);
  const [driver] = drivers;
  if (driver === undefined || source[0] === undefined) {
    throw new RoadsideError('driver-invalid', formatProblems(problems), {
      hint: 'Correct that driver first.',
    });
  }
  return skeletonFrom(await readFile(source[0].file, 'utf8'), driver, names);
}

function parseDriversArgs(args: readonly string[]): DriversOptions {
  return parseUsage(DRIVERS_USAGE, () => {
    const { values, positionals } = parseArgs({
      args: [...args],
      allowPositionals: true,
      options: {
        drivers: { type: 'string', default: shippedDriversDir },
        from: { type: 'string' },
        json: { type: 'boolean', default: false },
      },
    });
    const [word, ...names] = positionals;
    const task = TASKS.find((one) => one === word);
    if (task === undefined) throw new RangeError('expected list, lint, test or new');
    if (task === 'list' && names.length > 0) throw new RangeError('list takes no names');
    if (task === 'new') checkNewNames(names);
    return { task, names, driversDir: values.drivers, from: values.from ?? null, json: values.json };
  });
}

function checkNewNames(names: readonly string[]): void {
  const [maker, model] = names;
  if (names.length !== 2 || maker === undefined || model === undefined) {
    throw new RangeError('new takes a maker and a model, such as: acme ld4');
  }
  const isName = (name: string): boolean => ID_PATTERN.test(name);
  if (!isName(maker) || maker.includes('-') || !isName(model) || !isName(`${maker}-${model}`)) {
    throw new RangeError('maker and model are lower-case letters and digits (the model also hyphens)');
  }
}
