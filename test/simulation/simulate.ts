import { rmSync } from 'node:fs';
import { createBroker } from './broker.ts';
import { createCabinet } from './cabinet.ts';
import type { Line } from './life.ts';
import { planOf } from './plan.ts';
import { createWatch } from './watch.ts';
import { type Code, createWorld, type World } from './world.ts';

export interface Outcome {
  readonly seed: number;
  /** Promises that were not kept, as sentences; empty when all were. */
  readonly broken: readonly string[];
  readonly simulatedMs: number;
  readonly records: number;
  /** Records that came to a broker, and how many of them had come before. */
  readonly arrivals: number;
  readonly repeated: number;
  /** Attempts to connect. */
  readonly connections: number;
  /** Starts of the gateway. */
  readonly lives: number;
}

export interface SimulateOptions {
  readonly code: Code;
  readonly seed: number;
  /** An empty store; it is deleted afterwards. */
  readonly file: string;
  readonly write: ((line: string) => void) | null;
}

/** After the faults everything must be delivered within this, beside the pauses that the settings ask for. */
const PATIENCE_MS = 900_000;
const LOOK_EVERY_MS = 20_000;
/** No chain of promises in the program that nothing holds up is longer than this. */
const MICROTASKS = 12;

/** One cabinet from its first start until everything is delivered, decided by the seed alone. */
export async function simulate({ code, seed, file, write }: SimulateOptions): Promise<Outcome> {
  const plan = planOf(seed);
  const world = createWorld(code, plan, write);
  const { timeline } = world;
  const lines = plan.upstreams.map((upstream): Line => {
    const watch = createWatch(world, upstream);
    return { upstream, watch, broker: createBroker(world, upstream, watch) };
  });
  const lookLater = (): void =>
    void timeline.after(LOOK_EVERY_MS, () => {
      for (const { watch } of lines) watch.look();
      lookLater();
    });
  const cabinet = createCabinet(world, lines, file);
  lookLater();

  let untilMs = Number.POSITIVE_INFINITY;
  while (world.breaches.length === 0 && !cabinet.isDone() && timeline.step(untilMs)) {
    for (let turn = 0; turn < MICROTASKS; turn += 1) await null;
    if (!world.faultsCeased) continue;
    untilMs = Math.min(untilMs, timeline.nowMs + patienceOf(world, cabinet.made));
  }
  if (world.breaches.length === 0 && !cabinet.isDone()) {
    world.breach('not everything is delivered long after the faults');
  }
  const closed = world.breaches.length > 0 ? [] : lines.map(({ watch }) => watch.close());
  cabinet.close();
  for (const ending of ['', '-wal', '-shm', '.mark']) rmSync(`${file}${ending}`, { force: true });
  return {
    seed,
    broken: world.breaches,
    simulatedMs: timeline.nowMs,
    records: cabinet.made,
    arrivals: closed.reduce((sum, { arrived }) => sum + arrived, 0),
    repeated: closed.reduce((sum, { repeated }) => sum + repeated, 0),
    connections: lines.reduce((sum, { broker }) => sum + broker.attempts, 0),
    lives: cabinet.lives,
  };
}

/** How long the slowest upstream may take for so many records when nothing is wrong any more. */
function patienceOf({ plan }: World, records: number): number {
  const waits = plan.upstreams.map(({ settings, faults }) => {
    const perRoundTrip = Math.min(settings.window, faults.window);
    const perS = Math.min(settings.backfillPerS, (perRoundTrip * 1000) / (4 * faults.latencyMs + 300));
    return settings.backfillDelayMaxMs + (records * 1000) / perS;
  });
  return PATIENCE_MS + Math.max(...waits);
}
