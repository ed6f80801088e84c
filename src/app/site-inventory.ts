import { laneId } from '../base/ids.ts';
import type { LoadedSite } from '../catalog/load/load-site.ts';
import type { SiteInventory } from '../uplink/uplink.ts';
import { VERSION } from './version.ts';

/** What a site has, as its births tell it; each receiver also learns its own name. */
export function inventoryOf(loaded: LoadedSite): Omit<SiteInventory, 'upstream'> {
  const { buses, cameras, approaches } = loaded.site;
  const devices = buses.flatMap((bus) => bus.devices);
  return {
    version: VERSION,
    configRev: loaded.configRev,
    lanes: approaches.flatMap(({ id, lanes }) => lanes.map(({ number }) => laneId(id, number))),
    sensors: [...devices, ...cameras].map(({ id }) => id),
    drivers: [...new Set(devices.map(({ driver }) => driver))],
    models: [...new Set(cameras.map(({ model }) => model))],
  };
}
