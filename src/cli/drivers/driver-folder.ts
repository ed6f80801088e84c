import { basename, dirname, resolve } from 'node:path';
import { findDrivers, loadDriver } from '../../catalog/load/load-driver.ts';
import type { Problem } from '../../catalog/load/problem.ts';
import type { LoopDriver } from '../../catalog/schema/driver.ts';

export interface DriverFile {
  readonly id: string;
  readonly file: string;
}

export interface DriverFolder {
  readonly drivers: readonly LoopDriver[];
  /** Of files that are no good drivers; the others can be used all the same. */
  readonly problems: readonly Problem[];
}

/** Every driver of the folders, by name. */
export async function readDriverFolders(driversDirs: readonly string[]): Promise<DriverFolder> {
  return readDrivers(await driverFiles(driversDirs));
}

export async function driverFiles(driversDirs: readonly string[]): Promise<readonly DriverFile[]> {
  return [...(await findDrivers(driversDirs))].map(([id, file]) => ({ id, file }));
}

/** The driver that a file is about, by its place: `…/loops/<maker>/<model>.yaml`. */
export function driverAt(path: string): DriverFile {
  const file = resolve(path);
  return { id: `${basename(dirname(file))}-${basename(file, '.yaml')}`, file };
}

export async function readDrivers(files: readonly DriverFile[]): Promise<DriverFolder> {
  const loaded = await Promise.all(files.map((file) => loadDriver(file)));
  return {
    drivers: loaded.flatMap((outcome) => (outcome.kind === 'ok' ? [outcome.value] : [])),
    problems: loaded.flatMap((outcome) => (outcome.kind === 'refused' ? outcome.problems : [])),
  };
}
