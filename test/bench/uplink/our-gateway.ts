/**
 * Our side of the bench: the store and the uplink of the gateway in a process of their own, with every setting of
 * service but the pace, which a comparison must not have. Prints `open` when the store is open, `drained` when
 * nothing waits any more, and leaves when it is told to.
 *
 * usage: our-gateway TASK     a GatewayTask as JSON
 */
import { createSystemClock } from '../../../src/base/clock.ts';
import { openStore } from '../../../src/store/store.ts';
import { createUplink } from '../../../src/uplink/uplink.ts';
import { localSettings } from '../../fakes/broker.ts';
import { incidentRecord } from '../../fakes/records.ts';
import { STREAMS } from './bench-records.ts';
import type { GatewayTask } from './our-programs.ts';

const LOOK_EVERY_MS = 20;

const task: GatewayTask = JSON.parse(process.argv[2] ?? '');
const clock = createSystemClock();
const store = openStore({ file: task.file, upstreams: [{ name: 'platform', streams: STREAMS }], clock });
const outbox = store.outbox('platform');
process.stdout.write('open\n');
const uplink = createUplink({
  site: 'renmin-lu-3',
  session: 'bench',
  settings: localSettings(task.url, {
    window: task.window,
    backfillPerS: task.backfillPerS,
    ackDeadlineMs: 20_000,
  }),
  outbox,
  inventory: {
    version: '0',
    configRev: '0',
    lanes: [],
    sensors: [],
    drivers: [],
    models: [],
    upstream: 'platform',
  },
  clock,
});
uplink.start();

let incidents = 0;
/** Carries the moment before its storing, with the fraction of a millisecond that the contract leaves out. */
function append(): void {
  incidents += 1;
  const observedAtMs = performance.timeOrigin + performance.now();
  store.append([{ ...incidentRecord({ seq: incidents, boot: 'live' }), observedAtMs }]);
  uplink.notify();
}
if (task.incidentEveryMs !== null) setInterval(append, task.incidentEveryMs);

const looking = setInterval(() => {
  if (outbox.depth() > 0) return;
  clearInterval(looking);
  process.stdout.write('drained\n');
}, LOOK_EVERY_MS);

process.on('SIGTERM', () => {
  void uplink.stop(2000).then(() => {
    store.close();
    process.exit(0);
  });
});
