/** Fills a store as an outage of the uplink would have: `fill-store FILE RECORDS`. All of it is an hour old. */
import { createSystemClock } from '../../../src/base/clock.ts';
import { openStore } from '../../../src/store/store.ts';
import { benchRecords, STREAMS } from './bench-records.ts';

const AGE_MS = 3_600_000;
const PER_COMMIT = 1000;

const [file = '', count = '0'] = process.argv.slice(2);
const clock = createSystemClock();
const earlier = {
  ...clock,
  now() {
    const now = clock.now();
    return { ...now, wallMs: now.wallMs - AGE_MS };
  },
};
const store = openStore({ file, upstreams: [{ name: 'platform', streams: STREAMS }], clock: earlier });
const records = benchRecords(Number(count), 'bench');
for (let from = 0; from < records.length; from += PER_COMMIT) {
  store.append(records.slice(from, from + PER_COMMIT));
}
store.close();
