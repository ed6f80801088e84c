import { RELAY_CLASSES } from '../../src/store/relay-class.ts';
import { type Healing, openStore, type Store } from '../../src/store/store.ts';
import type { Delivery } from './ledger-oracle.ts';
import { BATCH_STREAMS } from './programs/batches.ts';

/** Opens a store as the next start of the gateway would. */
export function openKept(file: string, onHealed: (healing: Healing) => void = () => undefined): Store {
  return openStore({
    file,
    upstreams: [{ name: 'platform', streams: new Set([...BATCH_STREAMS, 'gap']) }],
    origin: { site: 'renmin-lu-3', boot: 'boot-next', configRev: 'rev' },
    onHealed,
  });
}

/** Everything that still waits, as a platform would get it: read, taken out, and read again until nothing is left. */
export function drain(store: Store): readonly Delivery[] {
  const outbox = store.outbox('platform');
  const deliveries: Delivery[] = [];
  while (outbox.depth() > 0) {
    const before = deliveries.length;
    for (const each of RELAY_CLASSES) {
      const rows = outbox.pending({ class: each, after: 0, limit: 1000 });
      deliveries.push(...rows.map(({ id, body }) => ({ id, body, replayed: true })));
      outbox.acknowledge(rows.map(({ position }) => position));
    }
    if (deliveries.length === before && outbox.depth() > 0) throw new Error('rows wait that cannot be read');
  }
  return deliveries;
}
