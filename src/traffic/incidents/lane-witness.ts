import type { LoopTransition } from '../observations/observation.ts';
import type { CompletedPassage } from '../passages/passage.ts';
import type { LaneSource } from '../record.ts';
import type { Span } from '../span.ts';
import type { TooLong } from './congestion.ts';

/** Occupancy is judged over this, as in domain practice (IRIS, California: 30 s). */
const OCCUPANCY_WINDOW_MS = 30_000;
/** Speeds are judged over this. */
export const SPEED_WINDOW_MS = 60_000;
/** A longer stretch without readings is a break. */
const SILENT_MS = 2000;

/** When one loop was occupied lately. */
export interface LoopPresence {
  readonly sinceMs: number | null;
  readonly pulses: readonly { readonly fromMs: number; readonly toMs: number }[];
}

/** A vehicle that drove over a lane's reference line. */
export interface Drive {
  readonly sensor: string;
  readonly source: LaneSource;
  readonly atMs: number;
  readonly speedKmh: number | null;
  readonly onTimeMs: number | null;
}

/** What a lane's loops and counting lines know that bears on its incidents. */
export interface LaneWitness {
  readonly loops: ReadonlyMap<string, LoopPresence>;
  /** In the lane's direction, oldest first. */
  readonly drives: readonly Drive[];
  /** When its loops were heard last, and since when without a break; null before. */
  readonly heard: Span | null;
  readonly judgedMs: number;
  /** Since when there has been a queue over the loop, and since when each source has found traffic slow. */
  readonly queue: TooLong | null;
  readonly slow: Readonly<Record<LaneSource, TooLong | null>>;
}

export type Witnesses = ReadonlyMap<string, LaneWitness>;

export const NO_WITNESS: LaneWitness = {
  loops: new Map(),
  drives: [],
  heard: null,
  judgedMs: 0,
  queue: null,
  slow: { loop: null, camera: null },
};

const FREE: LoopPresence = { sinceMs: null, pulses: [] };

/** Its loops were heard in a stretch of time. */
export function noteHeard(witness: LaneWitness, { fromMs, toMs }: Span): LaneWitness {
  const { heard } = witness;
  const goesOn = heard !== null && fromMs - heard.toMs <= SILENT_MS;
  return { ...witness, heard: { fromMs: goesOn ? heard.fromMs : fromMs, toMs } };
}

export function noteTransition(witness: LaneWitness, { loop, occupied, atMs }: LoopTransition): LaneWitness {
  const known = witness.loops.get(loop) ?? FREE;
  const pulses = known.pulses.filter(({ toMs }) => atMs - toMs <= OCCUPANCY_WINDOW_MS);
  const presence: LoopPresence = occupied
    ? { sinceMs: known.sinceMs ?? atMs, pulses }
    : {
        sinceMs: null,
        pulses: known.sinceMs === null ? pulses : [...pulses, { fromMs: known.sinceMs, toMs: atMs }],
      };
  return { ...witness, loops: new Map(witness.loops).set(loop, presence) };
}

export function notePassage(witness: LaneWitness, passage: CompletedPassage): LaneWitness {
  if (passage.direction !== 'forward' || passage.counterOnly) return witness;
  const { sensor, source, completedMs: atMs, onTimeMs } = passage;
  const speedKmh = passage.speedKmh ?? passage.travel?.speedKmh ?? null;
  const kept = witness.drives.filter((drive) => atMs - drive.atMs <= SPEED_WINDOW_MS);
  return { ...witness, drives: [...kept, { sensor, source, atMs, speedKmh, onTimeMs }] };
}

/** Share of the last 30 s that a loop was occupied, percent. */
export function occupancyPct({ sinceMs, pulses }: LoopPresence, nowMs: number): number {
  const from = nowMs - OCCUPANCY_WINDOW_MS;
  const open = sinceMs === null ? [] : [{ fromMs: sinceMs, toMs: nowMs }];
  const occupiedMs = [...pulses, ...open].reduce(
    (sum, { fromMs, toMs }) => sum + Math.max(0, Math.min(toMs, nowMs) - Math.max(fromMs, from)),
    0,
  );
  return (100 * occupiedMs) / OCCUPANCY_WINDOW_MS;
}
