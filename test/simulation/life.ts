import type { Outbox } from '../../src/store/outbox.ts';
import type { Store } from '../../src/store/store.ts';
import type { StoredRecord } from '../../src/traffic/stored-record.ts';
import { exampleRecords } from '../../src/uplink/payloads/contract-examples.ts';
import type { Surroundings } from '../../src/uplink/surroundings.ts';
import type { Uplink } from '../../src/uplink/uplink.ts';
import type { Broker } from './broker.ts';
import type { UpstreamPlan } from './plan.ts';
import type { Watch } from './watch.ts';
import { PowerCut, type World } from './world.ts';

export const SITE = exampleRecords.flow.site;

/** One upstream of the simulated cabinet, over all lives. */
export interface Line {
  readonly upstream: UpstreamPlan;
  readonly watch: Watch;
  readonly broker: Broker;
}

/** One run of the gateway: the product's store and uplinks between a failing disk and failing links. */
export interface Life {
  readonly boot: string;
  /** New records, stored now or as soon as the disk takes them. */
  take(records: readonly StoredRecord[]): void;
  /** Nothing waits any more, in memory or in an outbox. */
  isDone(): boolean;
  /** Calls back when it has left in good order. */
  stop(left: () => void): void;
  cutPower(): void;
}

export interface LifeOptions {
  readonly world: World;
  readonly file: string;
  readonly number: number;
  readonly lines: readonly Line[];
  /** It was cut off, and not by `cutPower`. */
  readonly died: () => void;
}

const INVENTORY = { version: '0', configRev: 'rev-1', lanes: [], sensors: [], drivers: [], models: [] };
/** Records kept while the disk refuses them; small, so that giving up is seen. */
const MAX_WAITING = 10;
const STOP_DEADLINE_MS = 5000;
/** Timers of one upstream beside one for each record under way. */
const TIMERS = 8;

export function openLife({ world, file, number, lines, died }: LifeOptions): Life {
  const { code, plan, timeline, chance } = world;
  const boot = `boot-${number}`;
  const beganMs = timeline.nowMs;
  let over = false;
  let planned = 0;
  let waiting: StoredRecord[] = [];
  let givenUp: StoredRecord[] = [];
  let retryDue = false;

  const clock = {
    monoMs: () => 60_000 + timeline.nowMs - beganMs,
    now: () => ({
      monoMs: 60_000 + timeline.nowMs - beganMs,
      wallMs: world.wallMs(),
      quality: 'synced' as const,
    }),
  };
  const cutPower = (): void => {
    if (over) return;
    world.trace(`the power fails (${boot})`);
    over = true;
    store.close();
  };
  const mayDie = (): void => {
    if (over) throw new PowerCut();
    if (!world.happens(plan.powerCut)) return;
    cutPower();
    died();
    throw new PowerCut();
  };
  /** Work of this life, which ends with it; what it throws ends the gateway. */
  const alive = (work: () => void) => (): void => {
    if (over) return;
    try {
      work();
    } catch (error) {
      if (error instanceof PowerCut) return;
      world.breach(`the gateway crashes: ${error instanceof Error ? error.stack : String(error)}`);
    }
  };
  const after = (delayMs: number, work: () => void): (() => void) => {
    planned += 1;
    if (planned > lines.length * (TIMERS + 40)) world.breach(`${planned} timers wait`);
    let waits = true;
    const settle = (): void => {
      if (waits) planned -= 1;
      waits = false;
    };
    const cancel = timeline.after(delayMs + chance.share(), () => {
      settle();
      alive(work)();
    });
    return () => {
      settle();
      cancel();
    };
  };
  const scheduler: Surroundings['scheduler'] = {
    soon: (work) => void timeline.after(chance.share() * 2, alive(work)),
    after,
    inBackground: after,
  };

  const mayFail = (share: number): void => {
    if (over) throw new PowerCut();
    if (!world.happens(share)) return;
    world.trace('the disk fails');
    throw new code.RoadsideError('store-unavailable', 'the disk fails', { hint: '' });
  };
  const read = <T>(work: () => T): T => {
    mayFail(plan.disk.readFails);
    return work();
  };
  /** It fails before it does anything, or does it and returns; in between the power may fail. */
  const written = (work: () => void): void => {
    mayFail(plan.disk.writeFails);
    if (world.happens(plan.disk.slow)) timeline.pass(chance.exponential(500));
    mayDie();
    work();
    mayDie();
  };
  const onDisk = (outbox: Outbox): Outbox => ({
    get generation() {
      return outbox.generation;
    },
    pending: (query) => read(() => outbox.pending(query)),
    backlogUpTo: (live) => read(() => outbox.backlogUpTo(live)),
    acknowledge: (positions) => written(() => outbox.acknowledge(positions)),
    giveUp: (row) => written(() => outbox.giveUp(row)),
    depth: () => outbox.depth(),
  });
  const store: Store = code.openStore({
    file,
    upstreams: lines.map(({ upstream, watch }) => ({ name: upstream.name, streams: watch.streams })),
    origin: { site: SITE, boot, configRev: 'rev-1' },
    coarsestFlowS: 300,
    maxPages: plan.disk.maxPages,
    clock,
    onHealed: ({ problem }) => world.breach(`the store was damaged: ${problem}`),
  });
  const uplinkOf = ({ upstream, watch, broker }: Line): Uplink =>
    code.createUplink({
      site: SITE,
      session: boot,
      settings: upstream.settings,
      outbox: onDisk(watch.over(store.outbox(upstream.name))),
      inventory: { ...INVENTORY, upstream: upstream.name },
      clock,
      surroundings: { scheduler, random: chance.share, openSession: broker.openSession(() => !over) },
    });
  const uplinks = lines.map(uplinkOf);

  const commit = (): void => {
    for (const { watch } of lines) watch.offered(waiting);
    try {
      written(() => store.append(waiting));
    } catch (error) {
      if (!(error instanceof code.RoadsideError)) throw error;
      world.trace(`not stored: ${error.code}`);
      if (waiting.length > MAX_WAITING) {
        const lost = waiting.splice(0, waiting.length - MAX_WAITING);
        store.giveUp(lost);
        givenUp.push(...lost);
      }
      commitLater();
      return;
    }
    for (const { watch } of lines) {
      watch.stored(waiting);
      watch.givenUp(givenUp);
    }
    waiting = [];
    givenUp = [];
    for (const uplink of uplinks) uplink.notify();
  };
  const commitLater = (): void => {
    if (retryDue) return;
    retryDue = true;
    const again = alive(() => {
      retryDue = false;
      if (waiting.length > 0) commit();
    });
    timeline.after(2000, again);
  };

  for (const uplink of uplinks) uplink.start();
  return {
    boot,
    take: (records) =>
      alive(() => {
        waiting.push(...records);
        commit();
      })(),
    isDone: () =>
      !over &&
      waiting.length === 0 &&
      lines.every(({ upstream }) => store.outbox(upstream.name).depth() === 0),
    stop(left) {
      world.trace(`the gateway is stopped (${boot})`);
      void Promise.all(uplinks.map((uplink) => uplink.stop(STOP_DEADLINE_MS))).then(() => {
        if (over) return;
        over = true;
        store.close();
        left();
      });
    },
    cutPower,
  };
}
