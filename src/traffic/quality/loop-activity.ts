import { type AccumulatorState, foldAccumulator } from '../flow/accumulator.ts';
import type {
  DeviceInterval,
  LoopCounters,
  LoopOccupancy,
  LoopTransition,
  VehicleDetection,
} from '../observations/observation.ts';
import { type EndedPulse, foldPulse, type Pulse } from '../passages/pulse.ts';
import { type CounterBefore, countedSince } from '../passages/vehicle-counter.ts';

/** Observations about one loop. */
export type LoopObservation =
  | LoopTransition
  | LoopCounters
  | LoopOccupancy
  | VehicleDetection
  | DeviceInterval;

/** What must be remembered of a loop to tell what the next observation adds. */
export interface LoopMemory {
  /** The pulse in progress, or null while the loop is free or not known. */
  readonly open: Pulse | null;
  /** Last change of the output. */
  readonly edgeMs: number | null;
  readonly counter: CounterBefore | null;
  readonly accumulated: AccumulatorState;
}

export const EMPTY_MEMORY: LoopMemory = { open: null, edgeMs: null, counter: null, accumulated: null };

/** What one observation adds to what is known of its loop, whatever the device that made it. */
export type LoopActivity =
  | { readonly kind: 'entered'; readonly pulse: Pulse }
  | { readonly kind: 'left'; readonly pulse: EndedPulse }
  | { readonly kind: 'vehicle'; readonly atMs: number; readonly onTimeMs: number | null }
  /** Vehicles that the device's counter counted in a stretch of time. */
  | { readonly kind: 'counted'; readonly count: number; readonly fromMs: number; readonly toMs: number }
  | { readonly kind: 'occupied'; readonly occupiedMs: number; readonly fromMs: number; readonly toMs: number }
  | { readonly kind: 'interval'; readonly interval: DeviceInterval };

export function recall(
  memory: LoopMemory,
  observation: LoopObservation,
): { readonly memory: LoopMemory; readonly activity: LoopActivity | null } {
  switch (observation.kind) {
    case 'loop-transition': {
      const change = foldPulse(memory.open, observation);
      if (change.kind === 'unchanged') return { memory, activity: null };
      const edgeMs = observation.atMs;
      if (change.kind === 'ended') {
        return { memory: { ...memory, open: null, edgeMs }, activity: { kind: 'left', pulse: change.pulse } };
      }
      return {
        memory: { ...memory, open: change.pulse, edgeMs },
        activity: { kind: 'entered', pulse: change.pulse },
      };
    }
    case 'loop-counters':
      return recallCounter(memory, observation);
    case 'loop-occupancy':
      return recallOccupied(memory, observation);
    case 'vehicle-detection': {
      const { atMs, onTimeMs } = observation;
      return { memory, activity: { kind: 'vehicle', atMs, onTimeMs } };
    }
    case 'device-interval':
      return { memory, activity: { kind: 'interval', interval: observation } };
  }
}

function recallCounter(memory: LoopMemory, reading: LoopCounters): ReturnType<typeof recall> {
  const { count, atMs } = reading;
  const before = memory.counter;
  const counted = { ...memory, counter: { lastCount: count, lastAtMs: atMs } };
  if (before === null || atMs <= before.lastAtMs) return { memory: counted, activity: null };
  const { vehicles } = countedSince(before, reading);
  const span = { fromMs: before.lastAtMs, toMs: atMs };
  return { memory: counted, activity: { kind: 'counted', count: vehicles, ...span } };
}

function recallOccupied(memory: LoopMemory, reading: LoopOccupancy): ReturnType<typeof recall> {
  const { state: accumulated, difference } = foldAccumulator(memory.accumulated, reading);
  const activity = difference === null ? null : ({ kind: 'occupied', ...difference } as const);
  return { memory: { ...memory, accumulated }, activity };
}
