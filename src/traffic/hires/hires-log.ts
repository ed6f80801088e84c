import type { Observation } from '../observations/observation.ts';
import type { FaultRecord, HiResEntry, HiResLog, TrafficRecord } from '../record.ts';
import type { LoopDefinition } from '../site-definition.ts';
import { CODE_OF_FAULT, HIRES_CODES } from './hires-codes.table.ts';

/** A record holds no more than this, and waits no longer for it. */
const MAX_ENTRIES = 200;
const MAX_WAIT_MS = 5000;

/** One entry with its moment on the wall clock as it was when it was noted. */
interface NotedEntry {
  readonly wallMs: number;
  readonly code: number;
  readonly parameter: number;
}

/** Entries that wait for their record. */
export interface HiResBatch {
  readonly entries: readonly NotedEntry[];
  /** When the first of them was noted, monotonic ms. */
  readonly sinceMs: number;
}

export const EMPTY_BATCH: HiResBatch = { entries: [], sinceMs: 0 };

/** One tick: its clock, and the loops that have a number in the log. */
export interface HiResTick {
  readonly nowMs: number;
  readonly wallOf: (monoMs: number) => number;
  readonly loops: ReadonlyMap<string, LoopDefinition>;
}

/**
 * Notes what a tick brought: edges that somebody saw (a state that a first read found is none), and the faults
 * of loops as they opened and closed.
 */
export function noteTick(
  batch: HiResBatch,
  observations: readonly Observation[],
  records: readonly TrafficRecord[],
  tick: HiResTick,
): HiResBatch {
  const edges = observations.flatMap((observation): NotedEntry[] => {
    if (observation.kind !== 'loop-transition' || observation.found) return [];
    const detector = tick.loops.get(observation.loop)?.detector;
    if (detector === undefined) return [];
    const code = observation.occupied ? HIRES_CODES.detectorOn : HIRES_CODES.detectorOff;
    return [{ wallMs: tick.wallOf(observation.atMs), code, parameter: detector }];
  });
  const faults = records.flatMap((record): NotedEntry[] => {
    if (record.stream !== 'fault' || record.layer !== 'channel') return [];
    const detector = tick.loops.get(record.sensor)?.detector;
    if (detector === undefined) return [];
    return [{ wallMs: record.observedAtMs, code: faultCode(record), parameter: detector }];
  });
  return note(batch, [...edges, ...faults], tick.nowMs);
}

/** Whoever has no power writes nothing: the next run notes when the one before it was last heard of. */
export function noteEndOfEarlierRun(lastStoredMs: number | null): HiResBatch {
  if (lastStoredMs === null) return EMPTY_BATCH;
  const entry = { wallMs: lastStoredMs, code: HIRES_CODES.powerFailure, parameter: 1 };
  return { entries: [entry], sinceMs: 0 };
}

/** The first tick of a boot: the agent has power (again). */
export function noteStart(batch: HiResBatch, tick: Pick<HiResTick, 'nowMs' | 'wallOf'>): HiResBatch {
  const entry = { wallMs: tick.wallOf(tick.nowMs), code: HIRES_CODES.powerRestored, parameter: 1 };
  return note(batch, [entry], tick.nowMs);
}

/** The wall clock was stepped. What was noted before belongs into a record of its own: see `flush`. */
export function noteClockStep(
  batch: HiResBatch,
  steppedMs: number,
  tick: Pick<HiResTick, 'nowMs' | 'wallOf'>,
): HiResBatch {
  const parameter = Math.round(steppedMs / 1000);
  const entry = { wallMs: tick.wallOf(tick.nowMs), code: HIRES_CODES.clockUpdated, parameter };
  return note(batch, [entry], tick.nowMs);
}

/** Makes records of full batches and of those that have waited long enough. */
export function takeDue(
  batch: HiResBatch,
  nowMs: number,
): { readonly batch: HiResBatch; readonly logs: readonly HiResLog[] } {
  const { entries, sinceMs } = batch;
  const isDue = entries.length >= MAX_ENTRIES || (entries.length > 0 && nowMs - sinceMs >= MAX_WAIT_MS);
  return isDue ? { batch: EMPTY_BATCH, logs: logsOf(entries) } : { batch, logs: [] };
}

/** Makes records of everything that was noted. */
export function flush(batch: HiResBatch): readonly HiResLog[] {
  return logsOf(batch.entries);
}

/** In order of time within each record; a device that tells late may make one that begins before the last. */
function logsOf(entries: readonly NotedEntry[]): readonly HiResLog[] {
  const sorted = entries.toSorted((a, b) => a.wallMs - b.wallMs);
  const logs: HiResLog[] = [];
  for (let at = 0; at < sorted.length; at += MAX_ENTRIES) {
    const part = sorted.slice(at, at + MAX_ENTRIES);
    const fromMs = part[0]?.wallMs ?? 0;
    logs.push({
      fromMs,
      toMs: part.at(-1)?.wallMs ?? fromMs,
      entries: part.map(({ wallMs, code, parameter }): HiResEntry => [wallMs - fromMs, code, parameter]),
    });
  }
  return logs;
}

function note(batch: HiResBatch, entries: readonly NotedEntry[], nowMs: number): HiResBatch {
  if (entries.length === 0) return batch;
  const sinceMs = batch.entries.length === 0 ? nowMs : batch.sinceMs;
  return { entries: [...batch.entries, ...entries], sinceMs };
}

function faultCode({ code, phase }: FaultRecord): number {
  return phase === 'close' ? HIRES_CODES.detectorRestored : (CODE_OF_FAULT[code] ?? HIRES_CODES.faultOther);
}
