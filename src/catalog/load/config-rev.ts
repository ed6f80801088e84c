import { createHash } from 'node:crypto';
import type { LoopDriver } from '../schema/driver.ts';
import type { Site } from '../schema/site.ts';
import type { LoadedModel } from './load-model.ts';

/**
 * The first 12 hex digits of a SHA-256 over everything that shapes the figures: lanes, buses, cameras,
 * incident and fault rules, drivers and models. Where records and evidence are kept and sent to (store, evidence, uplink,
 * control) and how a process is scheduled (fieldbus) does not.
 */
export function configRevOf(parts: {
  readonly site: Site;
  readonly drivers: ReadonlyMap<string, LoopDriver>;
  readonly models: ReadonlyMap<string, LoadedModel>;
}): string {
  const { uplink, store, control, fieldbus, evidence, ...figures } = parts.site;
  const models = [...parts.models].map(([id, model]) => [
    id,
    model.kind === 'available' ? model.card.sha256 : null,
  ]);
  const shaping = { figures, drivers: Object.fromEntries(parts.drivers), models: Object.fromEntries(models) };
  return createHash('sha256').update(canonicalJson(shaping)).digest('hex').slice(0, 12);
}

/** JSON with sorted keys, so that the order in a file does not matter. */
export function canonicalJson(value: unknown): string {
  if (Array.isArray(value)) return `[${value.map((item) => canonicalJson(item ?? null)).join(',')}]`;
  if (typeof value !== 'object' || value === null) return JSON.stringify(value) ?? 'null';
  const fields = Object.entries(value)
    .filter(([, field]) => field !== undefined)
    .toSorted(([a], [b]) => (a < b ? -1 : 1))
    .map(([key, field]) => `${JSON.stringify(key)}:${canonicalJson(field)}`);
  return `{${fields.join(',')}}`;
}
