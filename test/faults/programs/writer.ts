/**
 * A gateway reduced to its store: `<store file> <promises file> <boot> <relay|hold> <careful|careless>`. It stores
 * one batch after another and writes a line into the promises file about each step that has returned:
 * `S turn` stored, `D id` and body handed to the platform, `K count` so many deliveries acknowledged on the disk.
 * The promises lie on another disk than the store. `careless` is the negative control: the same writer with what
 * the SQLite add-on does by default (synchronous = NORMAL, a checkpoint each 1000 pages), and a store that is told
 * FULL when it asks.
 */
import { openSync, writeSync } from 'node:fs';
import BetterSqlite3 from 'better-sqlite3';
import { RELAY_CLASSES } from '../../../src/store/relay-class.ts';
import { openStore, type Store } from '../../../src/store/store.ts';
import { BATCH_STREAMS, batchOf } from './batches.ts';

const WINDOW = 20;
const RELAY_EVERY = 16;

const [file = '', promisesFile = '', boot = '', relay = 'hold', care = 'careful'] = process.argv.slice(2);
const promises = openSync(promisesFile, 'a');
const promise = (line: string): void => void writeSync(promises, `${line}\n`);

if (care === 'careless') {
  const { prototype } = BetterSqlite3;
  const pragma = prototype.pragma;
  prototype.pragma = function careless(this: BetterSqlite3.Database, source, options) {
    if (source === 'synchronous') return 2;
    if (source.startsWith('wal_autocheckpoint')) return null;
    return pragma.call(this, source.replace('synchronous = FULL', 'synchronous = NORMAL'), options);
  };
}

const store = openStore({
  file,
  upstreams: [{ name: 'platform', streams: new Set(BATCH_STREAMS) }],
  origin: { site: 'renmin-lu-3', boot, configRev: 'rev' },
});
let handed = 0;
for (let turn = 1; ; turn += 1) {
  store.append(batchOf(boot, turn));
  promise(`S ${turn}`);
  if (relay === 'relay' && turn % RELAY_EVERY === 0) handOn(store);
}

/** The platform's part: it has the rows from the moment that they are noted. */
function handOn(from: Store): void {
  const outbox = from.outbox('platform');
  for (const each of RELAY_CLASSES) {
    const rows = outbox.pending({ class: each, after: 0, limit: WINDOW });
    for (const { id, body } of rows) promise(`D ${id} ${body}`);
    outbox.acknowledge(rows.map(({ position }) => position));
    handed += rows.length;
    promise(`K ${handed}`);
  }
}
