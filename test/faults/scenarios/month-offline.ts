import { statSync } from 'node:fs';
import { join } from 'node:path';
import type { Clock } from '../../../src/base/clock.ts';
import type { StoredRecord } from '../../../src/traffic/stored-record.ts';
import { flowRecord, incidentRecord, passageRecord } from '../../fakes/records.ts';
import { createLedgerOracle } from '../ledger-oracle.ts';
import { openLocalStore, startLocalUplink } from '../local-uplink.ts';
import { deliveryOf } from '../platform-notes.ts';
import { untilSoon } from '../programs.ts';
import { type Outcome, type Scenario, unless } from '../scenario.ts';
import { startScriptedBroker } from '../scripted-broker.ts';

/** The design load: eight lanes with flow each minute, 48,000 passages and 200 incidents a day. */
const DAYS = 30;
const LANES = 8;
const MINUTES_PER_DAY = 1440;
const PASSAGES_PER_DAY = 48_000;
const INCIDENTS_PER_DAY = 200;
const MONTH_ROWS = DAYS * (PASSAGES_PER_DAY + LANES * MINUTES_PER_DAY + INCIDENTS_PER_DAY);
const MOST_BYTES = 1_000_000_000;
const PAGE_BYTES = 4096;
const MINUTES_PER_INCIDENT = Math.floor(MINUTES_PER_DAY / INCIDENTS_PER_DAY);
const BEGAN_MS = Date.UTC(2026, 0, 1);
const WINDOW = 100;
/** Thirteen hours, and as much again: an outage of a night. */
const SHORT_MINUTES = 26 * 60;
const DRAINED_WITHIN_MS = 30 * 60_000;

export const monthOffline: Scenario = {
  name: 'month-offline',
  about:
    'thirty days without the platform fit into 1 GB and are delivered completely and in order (26 h unless --long)',
  needs: [],
  async run(stand): Promise<Outcome> {
    const minutes = stand.long ? DAYS * MINUTES_PER_DAY : SHORT_MINUTES;
    let wallMs = BEGAN_MS;
    const clock: Clock = { now: () => ({ monoMs: wallMs, wallMs, quality: 'synced' }), monoMs: () => wallMs };
    const store = openLocalStore(stand, join(stand.folder, 'store.db'), {
      clock,
      maxPages: Math.floor(MOST_BYTES / PAGE_BYTES),
    });
    const oracle = createLedgerOracle({ upstream: 'platform', repeatsAllowed: 0 });
    const seqs = { passage: 0, flow: 0, incident: 0 };
    for (let minute = 1; minute <= minutes; minute += 1) {
      wallMs += 60_000;
      const records = minuteOf(minute, seqs);
      store.append(records);
      for (const record of records) {
        oracle.offer(record);
        oracle.accept(record.id);
      }
      if (minute % 100 === 0) await new Promise((resolve) => setImmediate(resolve));
    }
    const rows = store.outbox('platform').depth();
    const bytes = statSync(join(stand.folder, 'store.db')).size;
    const evicted = store.totals().evicted;
    const monthBytes = (bytes / rows) * MONTH_ROWS;

    const broker = await startScriptedBroker();
    stand.leave(() => broker.dispose());
    let incidentsAfterOthers = 0;
    let others = 0;
    broker.follow({
      published(publication, client) {
        const delivery = deliveryOf(publication);
        oracle.deliver(delivery);
        if (!delivery.id.includes('/incident/')) others += 1;
        else if (others > 0) incidentsAfterOthers += 1;
        client.acknowledge(publication.packetId);
      },
    });
    const startedMs = performance.now();
    startLocalUplink(stand, store, { url: broker.url, changes: { window: WINDOW } });
    await untilSoon('it drains', DRAINED_WITHIN_MS, () => store.outbox('platform').depth() === 0);
    const drainS = (performance.now() - startedMs) / 1000;
    const { accepted, delivered, broken } = oracle.verdict({
      repeatsAllowed: (broker.connects - 1) * WINDOW,
    });
    return {
      n: accepted,
      seen:
        `${delivered} of ${accepted} records of ${(minutes / MINUTES_PER_DAY).toFixed(1)} days delivered in ` +
        `${drainS.toFixed(0)} s, ${(bytes / rows).toFixed(0)} bytes per record on the disk, a month takes ` +
        `${(monthBytes / 1e6).toFixed(0)} MB`,
      broken: [
        ...broken,
        ...unless({
          'a month fits into 1 GB': monthBytes <= MOST_BYTES,
          'nothing has to give way': evicted === 0,
          'incidents go first': incidentsAfterOthers === 0,
        }),
      ],
    };
  },
};

function minuteOf(
  minute: number,
  seqs: { passage: number; flow: number; incident: number },
): readonly StoredRecord[] {
  const boot = 'boot-month';
  const records: StoredRecord[] = [];
  const passages = Math.floor((minute * PASSAGES_PER_DAY) / MINUTES_PER_DAY);
  while (seqs.passage < passages) {
    seqs.passage += 1;
    records.push(passageRecord({ boot, seq: seqs.passage, lane: `north-${(seqs.passage % LANES) + 1}` }));
  }
  for (let lane = 1; lane <= LANES; lane += 1) {
    seqs.flow += 1;
    records.push(flowRecord({ boot, seq: seqs.flow, lane: `north-${lane}` }));
  }
  if (minute % MINUTES_PER_INCIDENT === 0) {
    seqs.incident += 1;
    records.push(incidentRecord({ boot, seq: seqs.incident }));
  }
  return records;
}
