/**
 * A gateway reduced to store and uplink, as a process that tests can kill: `<file> <boot> <url> <records>`.
 * It appends while it relays, prints `online` once, and leaves by itself when everything is acknowledged.
 */

import { writeSync } from 'node:fs';
import { createSystemClock } from '../../src/base/clock.ts';
import { openStore } from '../../src/store/store.ts';
import { createUplink } from '../../src/uplink/uplink.ts';
import { localSettings } from '../fakes/broker.ts';
import { flowRecord, passageRecord } from '../fakes/records.ts';
import { siteInventory } from '../fakes/site-inventory.ts';

const APPEND_EVERY_MS = 5;
const PER_APPEND = 5;

const [file = '', boot = '', url = '', records = '0'] = process.argv.slice(2);
const clock = createSystemClock();
const store = openStore({
  file,
  upstreams: [{ name: 'platform', streams: new Set(['passage', 'flow'] as const) }],
  clock,
});
const uplink = createUplink({
  site: 'renmin-lu-3',
  session: boot,
  settings: localSettings(url),
  outbox: store.outbox('platform'),
  inventory: siteInventory,
  clock,
});
uplink.start();

let seq = 0;
let saidOnline = false;
setInterval(() => {
  for (let more = 0; more < PER_APPEND && seq < Number(records); more += 1) {
    seq += 1;
    store.append([passageRecord({ seq, boot }), flowRecord({ seq, boot })]);
  }
  uplink.notify();
  if (!saidOnline && uplink.status().state === 'online') {
    saidOnline = true;
    writeSync(1, 'online\n');
  }
  if (seq === Number(records) && records !== '0' && store.outbox('platform').depth() === 0) {
    void uplink.stop(2000).then(() => process.exit(0));
  }
}, APPEND_EVERY_MS);
