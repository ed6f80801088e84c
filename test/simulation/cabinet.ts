import type { StoredRecord } from '../../src/traffic/stored-record.ts';
import { faultRecord, flowRecord, hiResRecord, incidentRecord, passageRecord } from '../fakes/records.ts';
import { type Life, type Line, openLife } from './life.ts';
import type { World } from './world.ts';

/** What goes on in the cabinet: records are made, the gateway starts, stops and dies, the clock is set. */
export interface Cabinet {
  /** The faults are over and every record is where it belongs. */
  isDone(): boolean;
  readonly made: number;
  readonly lives: number;
  /** Closes the store. */
  close(): void;
}

const MAKERS = [passageRecord, flowRecord, hiResRecord, incidentRecord, faultRecord] as const;
const MOST_IN_A_BATCH = 80;
/** Least and most that the wall clock steps by, as powers of ten of a millisecond: 1 s to some hours. */
const STEP_FROM = 3;
const STEP_POWERS = 4;

/** Starts the gateway at once; the faults cease when all batches of the plan are made. */
export function createCabinet(world: World, lines: readonly Line[], file: string): Cabinet {
  const { plan, timeline, chance } = world;
  let life: Life | null = null;
  let lives = 0;
  let made = 0;
  let batchesLeft = plan.batches;

  const stepClock = (): void =>
    world.stepWallClock(chance.normal(1) * 10 ** (STEP_FROM + chance.share() * STEP_POWERS));
  const begin = (): void => {
    lives += 1;
    world.trace(`the gateway starts (boot-${lives})`);
    if (lives > 1 && world.happens(plan.clockStepAtStart)) stepClock();
    for (const { watch } of lines) watch.restarted();
    life = openLife({ world, file, number: lives, lines, died: beginLater });
  };
  const beginLater = (): void => {
    life = null;
    timeline.after(1000 + chance.exponential(5000), begin);
  };
  /** Does it again and again, at random, until the faults cease. */
  const repeat = (everyMs: number, work: () => void): void => {
    if (everyMs === 0 || world.faultsCeased) return;
    timeline.after(chance.exponential(everyMs), () => {
      if (!world.faultsCeased) work();
      repeat(everyMs, work);
    });
  };

  begin();
  repeat(plan.batchEveryMs, () => {
    if (batchesLeft === 0) return world.ceaseFaults();
    batchesLeft -= 1;
    if (life === null) return;
    const records = recordsOf(world, life.boot, made);
    made += records.length;
    life.take(records);
  });
  repeat(plan.restartEveryMs, () => {
    if (chance.share() < 0.5) life?.stop(beginLater);
    else if (life !== null) {
      life.cutPower();
      beginLater();
    }
  });
  repeat(plan.clockStepEveryMs, stepClock);
  return {
    isDone: () => world.faultsCeased && life?.isDone() === true,
    get made() {
      return made;
    },
    get lives() {
      return lives;
    },
    close: () => life?.cutPower(),
  };
}

function recordsOf({ chance, plan }: World, boot: string, made: number): readonly StoredRecord[] {
  const count = 1 + Math.floor(chance.exponential(plan.batchRecords));
  return Array.from({ length: Math.min(count, MOST_IN_A_BATCH) }, (_, index) => {
    // Passages most often, faults least.
    const maker = MAKERS[Math.floor(chance.share() ** 1.5 * MAKERS.length)] ?? passageRecord;
    return maker({ seq: made + index + 1, boot });
  });
}
