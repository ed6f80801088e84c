/**
 * A process that stores records one commit at a time and says so after each: `<file> <boot> <commits>`.
 * What it has printed is a promise that the tests hold the store to.
 */
import { writeSync } from 'node:fs';
import { openStore } from '../../src/store/store.ts';
import { passageRecord } from '../fakes/records.ts';

const [file = '', boot = '', commits = '0'] = process.argv.slice(2);
const store = openStore({ file, upstreams: [{ name: 'platform', streams: new Set(['passage'] as const) }] });
for (let seq = 1; seq <= Number(commits); seq += 1) {
  store.append([passageRecord({ seq, boot })]);
  writeSync(1, `${seq}\n`);
}
store.close();
