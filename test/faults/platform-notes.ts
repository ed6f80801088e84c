import type { Delivery } from './ledger-oracle.ts';
import type { WirePublication } from './scripted-broker.ts';

/** The record in a publication, without its envelope. */
export function deliveryOf({ payload }: Pick<WirePublication, 'payload'>): Delivery {
  const { schema: _, replayed, publishedAtMs: _at, ...record } = JSON.parse(payload);
  return { id: record.id, body: JSON.stringify(record), replayed: replayed === true };
}
