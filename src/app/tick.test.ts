import { describe, expect, it } from 'vitest';
import { singleLoopLane, siteWith } from '../../test/fakes/site.ts';
import { createBoundedQueue } from '../base/bounded-queue.ts';
import { RoadsideError } from '../base/errors.ts';
import type { Observation } from '../traffic/observations/observation.ts';
import type { StoredRecord } from '../traffic/stored-record.ts';
import { createTick, TICK_EVERY_MS } from './tick.ts';

const definition = siteWith(singleLoopLane(), { intervalsS: [60], cameras: [] });
const [lane] = definition.lanes;
const loop = lane?.station?.entry.loop ?? '';

/** A gateway's tick on a road of one loop, and what each commit held beside the high-resolution log. */
function createRoad(passagesWaitMs: number) {
  const commits: string[][] = [];
  const inbox = createBoundedQueue<Observation>(1000);
  let nowMs = 0;
  let refuses = false;
  const tick = createTick({
    ...{ definition, boot: 'boot', inbox, passagesWaitMs, recorder: null },
    clock: {
      now: () => ({ monoMs: nowMs, wallMs: Date.UTC(2026, 2, 4) + nowMs, quality: 'synced' }),
      monoMs: () => nowMs,
    },
    store: {
      append(records: readonly StoredRecord[]) {
        if (refuses) throw new RoadsideError('store-full', 'no room', { hint: '' });
        const streams = records.map(({ stream }) => stream).filter((stream) => stream !== 'hires');
        if (streams.length > 0) commits.push(streams);
      },
      giveUp: () => undefined,
    },
    earlier: { openFaults: [], lastStoredMs: null },
    onStored: () => undefined,
  });
  const runTo = (untilMs: number): void => {
    for (; nowMs < untilMs; nowMs += TICK_EVERY_MS) tick.turn();
  };
  return {
    commits,
    tick,
    runTo,
    refuse(whether: boolean) {
      refuses = whether;
    },
    driveCar() {
      for (const occupied of [true, false]) {
        inbox.push({ kind: 'loop-transition', loop, occupied, atMs: nowMs, uncertaintyMs: 5, found: false });
        runTo(nowMs + 400);
      }
    },
  };
}

describe('the tick', () => {
  it('stores a passage at once where none may wait', () => {
    const road = createRoad(0);
    road.runTo(1000);
    road.driveCar();
    road.runTo(3000);
    expect(road.commits).toEqual([['passage']]);
  });

  it('keeps passages back for company, as long as they may wait and no longer', () => {
    const road = createRoad(10_000);
    road.runTo(1000);
    road.driveCar();
    road.driveCar();
    road.runTo(8000);
    expect(road.commits).toEqual([]);
    road.runTo(14_000);
    expect(road.commits).toEqual([['passage', 'passage']]);
  });

  it('stores an interval as it ends, and with it, in order, what waits', () => {
    const road = createRoad(30_000);
    road.runTo(50_000);
    road.driveCar();
    road.runTo(70_000);
    expect(road.commits.flat()).toEqual(['passage', 'flow']);
    expect(road.commits).toHaveLength(1);
  });

  it('leaves nothing in memory when it closes', async () => {
    const road = createRoad(30_000);
    road.runTo(1000);
    road.driveCar();
    await road.tick.close();
    expect(road.commits.flat()).toContain('passage');
  });

  it('says that records are unstored when the store refuses them, not when they wait for company', () => {
    const road = createRoad(10_000);
    road.runTo(1000);
    road.driveCar();
    expect(road.tick.unstored()).toMatchObject({ waiting: 0, problem: null });
    road.refuse(true);
    road.runTo(14_000);
    expect(road.tick.unstored().waiting).toBeGreaterThan(0);
    road.refuse(false);
    road.runTo(15_000);
    expect(road.tick.unstored()).toMatchObject({ waiting: 0, problem: null });
    expect(road.commits.flat()).toEqual(['passage', 'fault', 'fault']);
  });
});
