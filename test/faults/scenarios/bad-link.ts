import { join } from 'node:path';
import { freeTcpPort } from '../../../src/simulator/free-tcp-port.ts';
import { startMosquitto } from '../../fakes/broker-mosquitto.ts';
import { openSubscriber } from '../../fakes/broker-subscriber.ts';
import { openBadLink } from '../bad-link.ts';
import { deliverAll, offerFolded, startCabinet } from '../cabinet.ts';
import { createLedgerOracle } from '../ledger-oracle.ts';
import { type Outcome, type Scenario, unless } from '../scenario.ts';

const TURNS = { short: 300, long: 15_000 };
const TURNS_PER_CAR = 50;
/** In service as well; ten seconds would be less than a lost packet costs here. */
const ACK_DEADLINE_MS = 30_000;
const SOON_MS = { short: 240_000, long: 3_600_000 };
const WINDOW = 20;
const NOTICED_WITHIN_MS = 45_000;

export const badLink: Scenario = {
  name: 'bad-link',
  about: '0.5 to 5 s there and back and 20 % loss: everything arrives, once, in order',
  needs: ['namespaces'],
  async run(stand): Promise<Outcome> {
    const turns = stand.long ? TURNS.long : TURNS.short;
    const link = await openBadLink(stand, { leastS: 0.25, mostS: 1, loss: 0.2 });
    const port = await freeTcpPort();
    const broker = await startMosquitto({ extra: [`listener ${port} ${link.nearAddress}`] });
    stand.leave(() => broker.dispose());
    const platform = await openSubscriber({ url: broker.url, version: 5 });
    stand.leave(() => platform.close());
    const url = `mqtt://${link.nearAddress}:${port}`;
    const startedMs = performance.now();
    const file = join(stand.folder, 'store.db');
    const settings = { ackDeadlineMs: ACK_DEADLINE_MS, keepaliveS: 30 };
    const cabinet = startCabinet(
      stand,
      { boot: 'boot-link', url, file, settings, turnsPerCar: TURNS_PER_CAR },
      { under: link.far },
    );
    const withinMs = stand.long ? SOON_MS.long : SOON_MS.short;
    await cabinet.once('it works', (status) => status.turns > turns, withinMs);
    await cabinet.finish(withinMs);
    const tookS = (performance.now() - startedMs) / 1000;
    const oracle = createLedgerOracle({ upstream: 'platform', repeatsAllowed: 0 });
    offerFolded(stand, 'boot-link', 'finished', oracle);
    deliverAll(platform, oracle);
    const connections = cabinet.status()?.connects ?? 0;
    const { accepted, delivered, repeated, broken } = oracle.verdict({
      repeatsAllowed: connections * WINDOW,
    });
    return {
      n: accepted,
      seen: `${delivered} of ${accepted} records in ${tookS.toFixed(0)} s, ${connections} connections, ${repeated} repeated`,
      broken,
    };
  },
};

export const halfOpen: Scenario = {
  name: 'half-open',
  about:
    'the link swallows everything without a word: it is noticed within 45 s, and nothing is missing afterwards',
  needs: ['namespaces'],
  async run(stand): Promise<Outcome> {
    const link = await openBadLink(stand, { leastS: 0.01, mostS: 0.03, loss: 0 });
    const port = await freeTcpPort();
    const broker = await startMosquitto({ extra: [`listener ${port} ${link.nearAddress}`] });
    stand.leave(() => broker.dispose());
    const platform = await openSubscriber({ url: broker.url, version: 5 });
    stand.leave(() => platform.close());
    const url = `mqtt://${link.nearAddress}:${port}`;
    const cabinet = startCabinet(
      stand,
      { boot: 'boot-half', url, file: join(stand.folder, 'store.db') },
      { under: link.far },
    );
    await cabinet.once('it is online', ({ uplink, turns }) => uplink === 'online' && turns > 50);
    link.become('dead');
    const startedMs = performance.now();
    await cabinet.once('it notices', ({ uplink }) => uplink !== 'online', 2 * NOTICED_WITHIN_MS);
    const noticedMs = performance.now() - startedMs;
    link.become('alive');
    const last = await cabinet.once('it is online again', ({ uplink }) => uplink === 'online', 120_000);
    await cabinet.finish(120_000);
    const oracle = createLedgerOracle({ upstream: 'platform', repeatsAllowed: last.connects * WINDOW });
    offerFolded(stand, 'boot-half', 'finished', oracle);
    deliverAll(platform, oracle);
    const { accepted, delivered, broken } = oracle.verdict();
    return {
      n: 1,
      seen: `noticed after ${(noticedMs / 1000).toFixed(1)} s; ${delivered} of ${accepted} records delivered`,
      broken: [...broken, ...unless({ 'it is noticed within 45 s': noticedMs <= NOTICED_WITHIN_MS })],
    };
  },
};
