import { readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { lintDriver } from '../lint/driver-conflicts.ts';
import { driverSchema, type LoopDriver } from '../schema/driver.ts';
import { validate } from './validate.ts';
import { type Outcome, readYaml } from './yaml-source.ts';

const CODES = { unreadable: 'driver-missing', syntax: 'driver-invalid' } as const;

/**
 * The drivers there are: id (`<maker>-<model>`) to file (`loops/<maker>/<model>.yaml`). A driver of a later
 * folder stands in place of one of the same name in an earlier folder.
 */
export async function findDrivers(driversDirs: readonly string[]): Promise<ReadonlyMap<string, string>> {
  const folders = await Promise.all(driversDirs.map(driversIn));
  return new Map(folders.flat().toSorted(([a], [b]) => a.localeCompare(b)));
}

async function driversIn(driversDir: string): Promise<readonly (readonly [string, string])[]> {
  const loops = join(driversDir, 'loops');
  const makers = await subfolders(loops);
  const found = await Promise.all(
    makers.map(async (maker) => {
      const files = await readdir(join(loops, maker));
      return files
        .filter((file) => file.endsWith('.yaml'))
        .map((file) => [`${maker}-${file.slice(0, -'.yaml'.length)}`, join(loops, maker, file)] as const);
    }),
  );
  return found.flat();
}

async function subfolders(folder: string): Promise<readonly string[]> {
  try {
    const entries = await readdir(folder, { withFileTypes: true });
    return entries.filter((entry) => entry.isDirectory()).map((entry) => entry.name);
  } catch {
    return []; // no folder, no drivers: whoever needs one is told which are missing
  }
}

/** Reads, checks and lints one driver file. */
export async function loadDriver(driver: {
  readonly id: string;
  readonly file: string;
}): Promise<Outcome<LoopDriver>> {
  const source = await readYaml(driver.file, CODES);
  if (source.kind === 'refused') return source;
  const checked = validate(source.value, { schema: driverSchema, code: 'driver-invalid' });
  if (checked.kind === 'refused') return checked;
  const problems = lintDriver(checked.value, driver.id).map((finding) => source.value.locate(finding));
  return problems.length > 0 ? { kind: 'refused', problems } : checked;
}
