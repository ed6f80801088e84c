import type {
  DeviceInterval,
  LoopCounters,
  LoopOccupancy,
  LoopTransition,
  VehicleDetection,
} from '../observations/observation.ts';
import { type EndedPulse, foldPulse, type Pulse } from '../passages/pulse.ts';

/** Observations about one loop. */
export type LoopObservation =
  | LoopTransition
  | LoopCounters
  | LoopOccupancy
  | VehicleDetection
  | DeviceInterval;

/** Beyond this a difference of two counters is a restart of the card, not traffic: vehicles per second. */
const MAX_VEHICLES_PER_S = 3;
const SLACK_VEHICLES = 8;

/** What must be remembered of a loop to tell what the next observation adds. */
export interface LoopMemory {
  /** The pulse in progress, or null while the loop is free or not known. */
  readonly open: Pulse | null;
  /** Last change of the output. */
  readonly edgeMs: number | null;
  readonly counter: { readonly count: number; readonly atMs: number } | null;
  readonly accumulated: { readonly occupiedMs: number; readonly atMs: number } | null;
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
  const { atMs } = reading;
  const before = memory.counter;
  const counted = { ...memory, counter: { count: reading.count, atMs } };
  if (before === null || atMs <= before.atMs) return { memory: counted, activity: null };
  const plausible = ((atMs - before.atMs) / 1000) * MAX_VEHICLES_PER_S + SLACK_VEHICLES;
  const added = (reading.count - before.count + 2 ** reading.bits) % 2 ** reading.bits;
  if (added > plausible) return { memory: counted, activity: null };
  return { memory: counted, activity: { kind: 'counted', count: added, fromMs: before.atMs, toMs: atMs } };
}

function recallOccupied(memory: LoopMemory, reading: LoopOccupancy): ReturnType<typeof recall> {
  const { atMs } = reading;
  const before = memory.accumulated;
  const known = { ...memory, accumulated: { occupiedMs: reading.occupiedMs, atMs } };
  if (before === null || atMs <= before.atMs) return { memory: known, activity: null };
  const added = (reading.occupiedMs - before.occupiedMs + reading.wrapsAtMs) % reading.wrapsAtMs;
  // More occupied time than time has passed is a card that was restarted or reset.
  if (added > (atMs - before.atMs) * 1.5 + 1000) return { memory: known, activity: null };
  return {
    memory: known,
    activity: { kind: 'occupied', occupiedMs: added, fromMs: before.atMs, toMs: atMs },
  };
}
