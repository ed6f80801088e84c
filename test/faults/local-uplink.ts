import { type Clock, createSystemClock } from '../../src/base/clock.ts';
import { openStore, type Store } from '../../src/store/store.ts';
import { createUplink, type Uplink, type UplinkSettings } from '../../src/uplink/uplink.ts';
import { localSettings } from '../fakes/broker.ts';
import { siteInventory } from '../fakes/site-inventory.ts';
import { BATCH_STREAMS } from './programs/batches.ts';
import type { Stand } from './scenario.ts';

/** A store in this process; closed with the stand. */
export function openLocalStore(
  stand: Stand,
  file: string,
  changes: { clock?: Clock; maxPages?: number } = {},
): Store {
  const store = openStore({
    file,
    upstreams: [{ name: 'platform', streams: new Set([...BATCH_STREAMS, 'gap']) }],
    origin: { site: 'renmin-lu-3', boot: 'boot-local', configRev: 'rev' },
    ...changes,
  });
  stand.leave(() => store.close());
  return store;
}

/** Its uplink; stopped with the stand. */
export function startLocalUplink(
  stand: Stand,
  store: Store,
  { url, changes = {} }: { readonly url: string; readonly changes?: Partial<UplinkSettings> },
): Uplink {
  const uplink = createUplink({
    site: 'renmin-lu-3',
    session: 'session-1',
    settings: localSettings(url, changes),
    outbox: store.outbox('platform'),
    inventory: siteInventory,
    clock: createSystemClock(),
  });
  uplink.start();
  stand.leave(() => uplink.stop(0));
  return uplink;
}
