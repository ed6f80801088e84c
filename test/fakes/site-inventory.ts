import type { SiteInventory } from '../../src/uplink/payloads/state.ts';

/** What the site of the uplink's tests has. */
export const siteInventory: SiteInventory = {
  version: '0.1.0',
  configRev: 'a1b2c3',
  lanes: ['north-1'],
  sensors: ['loop-n1a'],
  drivers: ['generic-di16'],
  models: [],
  upstream: 'platform',
};
