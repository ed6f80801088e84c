import { createHash } from 'node:crypto';
import { canonicalJson } from '../../base/canonical-json.ts';
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
