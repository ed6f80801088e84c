import { dirname, resolve } from 'node:path';
import { lintSite } from '../lint/site-conflicts.ts';
import { doubtsAbout } from '../lint/site-doubts.ts';
import type { LoopDriver } from '../schema/driver.ts';
import { type Site, siteSchema } from '../schema/site.ts';
import { configRevOf } from './config-rev.ts';
import { findDrivers, loadDriver } from './load-driver.ts';
import { type LoadedModel, loadModel } from './load-model.ts';
import { type Finding, type Problem, problemsError, type Warning } from './problem.ts';
import { resolvePaths } from './resolve-paths.ts';
import { suggestion } from './suggest.ts';
import { validate } from './validate.ts';
import { type Outcome, readYaml, type YamlSource } from './yaml-source.ts';

export interface CatalogFolders {
  /** A driver of a later folder stands in place of one of the same name in an earlier one. */
  readonly driversDirs: readonly string[];
  readonly modelsDir: string;
}

/** Everything a gateway needs to know about its site, checked and frozen. */
export interface LoadedSite {
  /** Absolute path of the site file. */
  readonly file: string;
  /** With every default filled in and every path absolute. */
  readonly site: Site;
  readonly drivers: ReadonlyMap<string, LoopDriver>;
  readonly models: ReadonlyMap<string, LoadedModel>;
  /** 12 hex digits that change whenever something changes that shapes the figures. */
  readonly configRev: string;
  /** What works and will disappoint, in the order of the file. */
  readonly warnings: readonly Warning[];
}

const CODES = { unreadable: 'config-unreadable', syntax: 'config-syntax' } as const;

/**
 * Loads a site file with its drivers and model cards.
 * Throws one RoadsideError (`config-*`, `driver-*`) whose message lists every problem found.
 */
export async function loadSite(file: string, folders: CatalogFolders): Promise<LoadedSite> {
  const inspected = await inspectSite(file, folders);
  if (inspected.kind === 'refused') throw problemsError(inspected.problems);
  return inspected.value;
}

/** The same, with the problems as a list instead of an error. */
export async function inspectSite(file: string, folders: CatalogFolders): Promise<Outcome<LoadedSite>> {
  const source = await readYaml(file, CODES);
  if (source.kind === 'refused') return source;
  const checked = validate(source.value, { schema: siteSchema, code: 'config-invalid' });
  if (checked.kind === 'refused') return checked;
  const site = checked.value;
  const { drivers, problems } = await loadDrivers(site, {
    source: source.value,
    driversDirs: folders.driversDirs,
  });
  const conflicts = lintSite(site, drivers).map((finding) => source.value.locate(finding));
  if (problems.length + conflicts.length > 0)
    return { kind: 'refused', problems: [...problems, ...conflicts] };
  const models = await loadModels(site, folders.modelsDir);
  const absolute = resolve(file);
  const value: LoadedSite = {
    file: absolute,
    site: resolvePaths(site, dirname(absolute)),
    drivers,
    models,
    configRev: configRevOf({ site, drivers, models }),
    warnings: doubtsAbout(site, { drivers, models }).map((doubt) => source.value.locate(doubt)),
  };
  deepFreeze(value.site);
  return { kind: 'ok', value: Object.freeze(value) };
}

interface LoadedDrivers {
  readonly drivers: ReadonlyMap<string, LoopDriver>;
  readonly problems: readonly Problem[];
}

async function loadDrivers(
  site: Site,
  options: { readonly source: YamlSource; readonly driversDirs: readonly string[] },
): Promise<LoadedDrivers> {
  const files = await findDrivers(options.driversDirs);
  const drivers = new Map<string, LoopDriver>();
  const problems: Problem[] = [];
  for (const [b, bus] of site.buses.entries()) {
    for (const [d, device] of bus.devices.entries()) {
      const file = files.get(device.driver);
      if (file === undefined) {
        const message = `expected the name of a driver, found "${device.driver}"`;
        const path = ['buses', b, 'devices', d, 'driver'];
        const hint = suggestion(device.driver, [...files.keys()]);
        const finding: Finding = { code: 'driver-missing', path, message, hint };
        problems.push(options.source.locate(finding));
      } else if (!drivers.has(device.driver) && !problems.some((problem) => problem.file === file)) {
        const driver = await loadDriver({ id: device.driver, file });
        if (driver.kind === 'ok') drivers.set(device.driver, deepFreeze(driver.value));
        else problems.push(...driver.problems);
      }
    }
  }
  return { drivers, problems };
}

async function loadModels(site: Site, modelsDir: string): Promise<ReadonlyMap<string, LoadedModel>> {
  const ids = [...new Set(site.cameras.map((camera) => camera.model))];
  const loaded = await Promise.all(ids.map(async (id) => [id, await loadModel({ id, modelsDir })] as const));
  return new Map(loaded);
}

function deepFreeze<T>(value: T): T {
  if (typeof value === 'object' && value !== null && !Object.isFrozen(value)) {
    Object.freeze(value);
    for (const child of Object.values(value)) deepFreeze(child);
  }
  return value;
}
