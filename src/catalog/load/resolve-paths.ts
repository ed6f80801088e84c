import { resolve } from 'node:path';
import type { Bus, Camera, Site } from '../schema/site.ts';

const BROKER_FILES = ['passwordFile', 'caFile', 'certFile', 'keyFile'] as const;

/** Makes every path of a site absolute; relative ones start at `folder`, where the site file lies. */
export function resolvePaths(site: Site, folder: string): Site {
  const absolute = (path: string): string => resolve(folder, path);
  return {
    ...site,
    buses: site.buses.map((bus): Bus => ('path' in bus ? { ...bus, path: absolute(bus.path) } : bus)),
    cameras: site.cameras.map(
      (camera): Camera => ({ ...camera, source: resolveSource(camera.source, absolute) }),
    ),
    uplink: {
      ...site.uplink,
      ...resolveFields(site.uplink, BROKER_FILES, absolute),
      commands: {
        ...site.uplink.commands,
        keys: site.uplink.commands.keys.map((key) => ({
          ...key,
          publicKeyFile: absolute(key.publicKeyFile),
        })),
      },
    },
    furtherUplinks: site.furtherUplinks.map((uplink) => ({
      ...uplink,
      ...resolveFields(uplink, BROKER_FILES, absolute),
    })),
    evidence: { ...site.evidence, ...resolveFields(site.evidence, ['folder', 'ringFolder'], absolute) },
    store: { ...site.store, file: absolute(site.store.file) },
    control: { socket: absolute(site.control.socket) },
  };
}

function resolveSource(source: Camera['source'], absolute: (path: string) => string): Camera['source'] {
  if (source.kind === 'file') return { ...source, path: absolute(source.path) };
  return { ...source, ...resolveFields(source, ['passwordFile'], absolute) };
}

function resolveFields<K extends string>(
  fields: { readonly [key in K]?: string | undefined },
  keys: readonly K[],
  absolute: (path: string) => string,
): { [key in K]?: string } {
  const resolved: { [key in K]?: string } = {};
  for (const key of keys) {
    const path = fields[key];
    if (path !== undefined) resolved[key] = absolute(path);
  }
  return resolved;
}
