import { rmSync } from 'node:fs';
import type { StoredRecord } from '../../src/traffic/stored-record.ts';
import { faultRecord, flowRecord, hiResRecord, incidentRecord, passageRecord } from '../fakes/records.ts';
import { createBroker } from './broker.ts';
import { type Life, type Line, openLife } from './life.ts';
import { planOf } from './plan.ts';
import { createWatch } from './watch.ts';
import { type Code, createWorld, type World } from './world.ts';

export interface Outcome {
  readonly seed: number;
  /** Promises that were not kept, as sentences; empty when all were. */
  readonly broken: readonly string[];
  readonly simulatedMs: number;
  readonly records: number;
  readonly arrivals: number;
  readonly repeated: number;
  readonly connections: number;
  readonly lives: number;
}

export interface SimulateOptions {
  readonly code: Code;
  readonly seed: number;
  /** An empty store; it is deleted afterwards. */
  readonly file: string;
  readonly write: ((line: string) => void) | null;
}

/** Beyond the pauses that the settings ask for. */
const PATIENCE_MS = 900_000;
const LOOK_EVERY_MS = 60_000;
/** Every promise of the program that is kept at once runs in fewer turns of the microtask queue than this. */
const MICROTASKS = 12;
const MAKERS = [passageRecord, flowRecord, hiResRecord, incidentRecord, faultRecord] as const;

/** One cabinet from its first start until everything is delivered, decided by the seed alone. */
export async function simulate({ code, seed, file, write }: SimulateOptions): Promise<Outcome> {
  const plan = planOf(seed);
  const world = createWorld(code, plan, write);
  const { timeline, chance } = world;
  const lines = plan.upstreams.map((upstream): Line => {
    const watch = createWatch(world, upstream);
    return { upstream, watch, broker: createBroker(world, upstream, watch) };
  });
  let lives = 0;
  let life: Life | null = null;
  let made = 0;
  let batchesLeft = plan.batches;
  const begin = (): void => {
    lives += 1;
    world.trace(`the gateway starts (boot-${lives})`);
    for (const { watch } of lines) watch.restarted();
    life = openLife({ world, file, number: lives, lines, died: beginLater });
  };
  const beginLater = (): void => {
    life = null;
    timeline.after(1000 + chance.exponential(5000), begin);
  };
  const restartLater = (): void => {
    if (plan.restartEveryMs === 0) return;
    timeline.after(chance.exponential(plan.restartEveryMs), () => {
      const stopping = life;
      if (world.faultsCeased) return;
      if (stopping !== null && chance.share() < 0.5) {
        stopping.cutPower();
        beginLater();
      } else stopping?.stop(beginLater);
      restartLater();
    });
  };
  const stepLater = (): void => {
    if (plan.clockStepEveryMs === 0) return;
    timeline.after(chance.exponential(plan.clockStepEveryMs), () => {
      if (world.faultsCeased) return;
      world.stepWallClock(chance.normal(1) * 10 ** (2 + chance.share() * 6));
      stepLater();
    });
  };
  const produceLater = (): void => {
    timeline.after(chance.exponential(plan.batchEveryMs), () => {
      if (batchesLeft === 0) return world.ceaseFaults();
      batchesLeft -= 1;
      if (life !== null) {
        const records = recordsOf(world, life.boot, made);
        made += records.length;
        life.take(records);
      }
      produceLater();
    });
  };

  const lookLater = (): void => {
    timeline.after(LOOK_EVERY_MS, () => {
      for (const { watch } of lines) watch.look();
      lookLater();
    });
  };

  begin();
  produceLater();
  lookLater();
  restartLater();
  stepLater();
  const patienceMs = patienceOf(world);
  let untilMs = Number.POSITIVE_INFINITY;
  const isDone = (): boolean => world.faultsCeased && life !== null && life.isDone();
  while (world.breaches.length === 0 && !isDone() && timeline.step(untilMs)) {
    for (let turn = 0; turn < MICROTASKS; turn += 1) await null;
    if (world.faultsCeased && untilMs === Number.POSITIVE_INFINITY) {
      untilMs = timeline.nowMs + patienceMs + (made * 1000) / Math.min(...lines.map(rateOf));
    }
  }
  if (!isDone() && world.breaches.length === 0)
    world.breach('not everything is delivered long after the faults');
  const closed = world.breaches.length > 0 ? [] : lines.map(({ watch }) => watch.close());
  (life as Life | null)?.cutPower();
  for (const ending of ['', '-wal', '-shm']) rmSync(`${file}${ending}`, { force: true });
  return {
    seed,
    broken: world.breaches,
    simulatedMs: timeline.nowMs,
    records: made,
    arrivals: closed.reduce((sum, { delivered }) => sum + delivered, 0),
    repeated: closed.reduce((sum, { repeated }) => sum + repeated, 0),
    connections: lines.reduce((sum, { broker }) => sum + broker.attempts, 0),
    lives,
  };
}

function recordsOf({ chance, plan }: World, boot: string, made: number): readonly StoredRecord[] {
  const count = 1 + Math.floor(chance.exponential(plan.batchRecords));
  return Array.from({ length: Math.min(count, 80) }, (_, index) => {
    const maker = MAKERS[Math.floor(chance.share() ** 1.5 * MAKERS.length)] ?? passageRecord;
    return maker({ seq: made + index + 1, boot });
  });
}

/** How much one upstream can take when nothing is wrong, in records a second. */
function rateOf({ upstream: { settings, faults } }: Line): number {
  const perRoundTrip = Math.min(settings.window, faults.window);
  return Math.min(settings.backfillPerS, (perRoundTrip * 1000) / (4 * faults.latencyMs + 300));
}

function patienceOf({ plan }: World): number {
  return PATIENCE_MS + Math.max(...plan.upstreams.map(({ settings }) => settings.backfillDelayMaxMs));
}
