import { assertNever } from '../../base/assert-never.ts';
import type { LoopCounters, LoopTransition } from '../observations/observation.ts';
import type { ClassScheme, LoopDefinition, StationDefinition } from '../site-definition.ts';
import {
  type DualLoopGeometry,
  type DualLoopMeasure,
  type DualLoopPulses,
  measureDualLoop,
  NO_MEASURE,
  type TravelSpeed,
  travelSpeed,
} from './dual-loop.ts';
import { lengthClassOf } from './length-class.ts';
import type { CompletedPassage } from './passage.ts';
import { type EndedPulse, foldPulse, onTimeMs, type Pulse } from './pulse.ts';
import { type Crossing, pairPulses } from './pulse-pairs.ts';
import { type CounterReading, type CounterState, countSeen, foldCounter } from './vehicle-counter.ts';

/**
 * Which loops of a station make vehicles: both as a pair, one of them alone, or none because none is believed.
 * The states of all loops are followed in any case.
 */
export type StationUse = 'pair' | 'entry' | 'exit' | 'none';

export interface Station {
  readonly lane: string;
  readonly definition: StationDefinition;
  readonly classScheme: ClassScheme;
  readonly use: StationUse;
}

export interface StationState {
  /** Occupied since, per loop; null when free. */
  readonly entryOpen: Pulse | null;
  readonly exitOpen: Pulse | null;
  /** Entry pulse of the vehicle that the lasting exit pulse is of, when that has been counted already. */
  readonly standing: EndedPulse | null;
  /** Ended pulses of a pair that are not part of a vehicle yet, oldest first. */
  readonly entries: readonly EndedPulse[];
  readonly exits: readonly EndedPulse[];
  readonly counter: CounterState | null;
}

export const EMPTY_STATION: StationState = {
  entryOpen: null,
  exitOpen: null,
  standing: null,
  entries: [],
  exits: [],
  counter: null,
};

export interface StationFold {
  readonly state: StationState;
  readonly passages: readonly CompletedPassage[];
  /** A vehicle that was counted before it had left the exit loop has left it now. */
  readonly left?: { readonly atMs: number; readonly travel: TravelSpeed };
}

/** The loop whose pulses are the vehicles; null while none is believed. */
export function referenceLoop(station: Pick<Station, 'definition' | 'use'>): LoopDefinition | null {
  switch (station.use) {
    case 'pair':
    case 'entry':
      return station.definition.entry;
    case 'exit':
      return station.definition.exit;
    case 'none':
      return null;
    default:
      return assertNever(station.use);
  }
}

/** Since when the reference loop has been occupied; null when it is free or none is believed. */
export function referencePulse(station: Pick<Station, 'use'>, state: StationState): Pulse | null {
  if (station.use === 'none') return null;
  return station.use === 'exit' ? state.exitOpen : state.entryOpen;
}

/** Folds an edge of one of the station's loops. Vehicles of a pair come with `settleStation`. */
export function foldTransition(
  station: Station,
  state: StationState,
  transition: LoopTransition,
): StationFold {
  const { entry, exit } = station.definition;
  if (transition.loop === entry.loop) return foldEntry(station, state, transition);
  if (exit !== null && transition.loop === exit.loop) return foldExit(station, state, transition);
  return { state, passages: [] };
}

/** Folds a reading of the entry loop's counter; the exit loop's counter is not used. */
export function foldStationCounter(
  station: Station,
  state: StationState,
  reading: LoopCounters,
): StationFold & { readonly continuedFromMs: number | null } {
  const { entry } = station.definition;
  if (reading.loop !== entry.loop || referenceLoop(station) !== entry) {
    return { state, passages: [], continuedFromMs: null };
  }
  const counted = foldCounter(state.counter, reading, { isPolled: entry.evidence.kind === 'polled-edges' });
  return {
    state: { ...state, counter: counted.state },
    passages: missedVehicles(station, counted, reading.atMs),
    continuedFromMs: counted.continuedFromMs,
  };
}

/** Makes vehicles of all pulses about which enough is known. `knownToMs`: until when all edges have come. */
export function settleStation(station: Station, state: StationState, knownToMs: number): StationFold {
  const { entries, exits } = state;
  if (entries.length === 0 && exits.length === 0) return { state, passages: [] };
  const geometry = geometryOf(station);
  if (station.use !== 'pair' || geometry === null) {
    const alone = entries.map((entry) =>
      crossingPassage(station, { direction: 'forward', entry, exit: null }),
    );
    return { state: { ...state, entries: [], exits: [] }, passages: alone };
  }
  const paired = pairPulses(state, geometry, knownToMs);
  return {
    state: {
      ...state,
      entries: paired.entries,
      exits: paired.exits,
      standing: paired.standing ?? state.standing,
    },
    passages: paired.crossings.map((crossing) => crossingPassage(station, crossing)),
  };
}

function foldEntry(station: Station, state: StationState, transition: LoopTransition): StationFold {
  const change = foldPulse(state.entryOpen, transition);
  switch (change.kind) {
    case 'unchanged':
      return { state, passages: [] };
    case 'started':
      return {
        state: { ...state, entryOpen: change.pulse, counter: countSeen(state.counter) },
        passages: [],
      };
    case 'ended': {
      const left = { ...state, entryOpen: null };
      if (station.use === 'pair') {
        return { state: { ...left, entries: [...state.entries, change.pulse] }, passages: [] };
      }
      return { state: left, passages: station.use === 'entry' ? [pulsePassage(station, change.pulse)] : [] };
    }
  }
}

function foldExit(station: Station, state: StationState, transition: LoopTransition): StationFold {
  const change = foldPulse(state.exitOpen, transition);
  switch (change.kind) {
    case 'unchanged':
      return { state, passages: [] };
    case 'started':
      return { state: { ...state, exitOpen: change.pulse, standing: null }, passages: [] };
    case 'ended': {
      const free = { ...state, exitOpen: null, standing: null };
      if (station.use === 'exit') return { state: free, passages: [pulsePassage(station, change.pulse)] };
      if (station.use !== 'pair') return { state: free, passages: [] };
      if (state.standing === null) {
        return { state: { ...free, exits: [...state.exits, change.pulse] }, passages: [] };
      }
      const travel = travelOf(station, { direction: 'forward', entry: state.standing, exit: change.pulse });
      const fold = { state: free, passages: [] };
      return travel === null ? fold : { ...fold, left: { atMs: change.pulse.offMs, travel } };
    }
  }
}

function crossingPassage(station: Station, crossing: Crossing): CompletedPassage {
  const { speedKmh, speedUncertaintyPct, lengthM } = measure(station, crossing);
  return {
    ...pulsePassage(station, crossing.entry),
    direction: crossing.direction,
    speedKmh,
    speedMethod: speedKmh === null ? null : 'dual-loop',
    speedUncertaintyPct,
    travel: speedKmh === null ? travelOf(station, crossing) : null,
    lengthM,
    lengthClass: lengthClassOf(station.classScheme, lengthM),
  };
}

function measure(station: Station, crossing: Crossing): DualLoopMeasure {
  const geometry = geometryOf(station);
  const pulses = pulsesOf(crossing);
  return pulses === null || geometry === null ? NO_MEASURE : measureDualLoop(pulses, geometry);
}

function travelOf(station: Station, crossing: Crossing): TravelSpeed | null {
  const geometry = geometryOf(station);
  const pulses = pulsesOf(crossing);
  return pulses === null || geometry === null ? null : travelSpeed(pulses, geometry);
}

function pulsesOf({ entry, exit, direction }: Crossing): DualLoopPulses | null {
  if (exit === null) return null;
  return direction === 'forward' ? { first: entry, second: exit } : { first: exit, second: entry };
}

function geometryOf({ definition: { spacingM, loopLengthM } }: Station): DualLoopGeometry | null {
  return spacingM === null ? null : { spacingM, loopLengthM };
}

function pulsePassage(station: Station, pulse: EndedPulse): CompletedPassage {
  return {
    ...blankPassage(station),
    frontMs: pulse.onMs,
    rearMs: pulse.offMs,
    completedMs: pulse.offMs,
    onTimeMs: onTimeMs(pulse),
  };
}

/** Vehicles that only a count knows of lie somewhere between two readings: they are spread evenly. */
function missedVehicles(
  station: Station,
  counted: Pick<CounterReading, 'missed' | 'missedFromMs'>,
  toMs: number,
): readonly CompletedPassage[] {
  const { missed, missedFromMs } = counted;
  return Array.from({ length: missed }, (_, index) => {
    const atMs = missedFromMs + ((index + 0.5) / missed) * (toMs - missedFromMs);
    return { ...blankPassage(station), frontMs: atMs, completedMs: atMs, counterOnly: true };
  });
}

/** What is the same of every passage over a station before anything is measured. */
export function blankPassage(station: Station): CompletedPassage {
  return {
    lane: station.lane,
    source: 'loop',
    sensor: (referenceLoop(station) ?? station.definition.entry).loop,
    direction: 'forward',
    frontMs: 0,
    rearMs: null,
    completedMs: 0,
    onTimeMs: null,
    speedKmh: null,
    speedMethod: null,
    speedUncertaintyPct: null,
    travel: null,
    lengthM: null,
    lengthClass: null,
    class: null,
    counterOnly: false,
  };
}
