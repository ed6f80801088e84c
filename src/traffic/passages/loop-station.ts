import type { LoopCounters, LoopTransition } from '../observations/observation.ts';
import type { StationDefinition } from '../site-definition.ts';
import { type DualLoopMeasure, measureDualLoop } from './dual-loop.ts';
import type { CompletedPassage } from './passage.ts';
import { foldPulse, onTimeMs, type Pulse } from './pulse.ts';
import { type CounterState, countSeen, foldCounter } from './vehicle-counter.ts';

/** A vehicle that has left one loop of a pair and has not reached the other after this long never will. */
const PAIR_TIMEOUT_MS = 10_000;

/** A vehicle somewhere on a dual-loop station. */
interface Crossing {
  readonly direction: 'forward' | 'reverse';
  readonly entry: Pulse | null;
  readonly exit: Pulse | null;
}

export interface StationState {
  /** Occupied since, per loop; null when free. */
  readonly entryOpen: Pulse | null;
  readonly exitOpen: Pulse | null;
  /** Vehicles between their first and last edge, oldest first. Bounded: see MAX_CROSSINGS. */
  readonly crossings: readonly Crossing[];
  readonly counter: CounterState | null;
}

/** More vehicles than can stand on two loops; beyond it pairing has failed and the oldest is let go. */
const MAX_CROSSINGS = 4;

export const EMPTY_STATION: StationState = { entryOpen: null, exitOpen: null, crossings: [], counter: null };

export interface StationFold {
  readonly state: StationState;
  readonly passages: readonly CompletedPassage[];
}

export interface Station {
  readonly lane: string;
  readonly definition: StationDefinition;
}

/** Folds an edge of one of the station's loops. */
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
): StationFold {
  if (reading.loop !== station.definition.entry.loop) return { state, passages: [] };
  const counted = foldCounter(state.counter, reading);
  const passages = Array.from({ length: counted.missed }, () => counterOnlyPassage(station, reading.atMs));
  return { state: { ...state, counter: counted.state }, passages };
}

/** Lets go of vehicles that left the entry loop and never reached the exit: they are counted without a speed. */
export function expireCrossings(station: Station, state: StationState, nowMs: number): StationFold {
  return settle(station, state, (crossing) => {
    const pulse = crossing.exit ?? crossing.entry;
    const waiting = crossing.entry === null || crossing.exit === null;
    return waiting && pulse !== null && pulse.offMs !== null && nowMs - pulse.offMs > PAIR_TIMEOUT_MS;
  });
}

function foldEntry(station: Station, state: StationState, transition: LoopTransition): StationFold {
  const change = foldPulse(state.entryOpen, transition);
  switch (change.kind) {
    case 'unchanged':
      return { state, passages: [] };
    case 'started': {
      const counter = countSeen(state.counter);
      const opened = { ...state, entryOpen: change.pulse, counter };
      if (station.definition.exit === null) return { state: opened, passages: [] };
      return admit(station, opened, placeEntry(state.crossings, change.pulse));
    }
    case 'ended': {
      const closed = { ...state, entryOpen: null };
      if (station.definition.exit === null) {
        return { state: closed, passages: [singleLoopPassage(station, change.pulse)] };
      }
      const crossings = replacePulse(state.crossings, 'entry', change.pulse);
      return settle(station, { ...closed, crossings }, isComplete);
    }
  }
}

function foldExit(station: Station, state: StationState, transition: LoopTransition): StationFold {
  const change = foldPulse(state.exitOpen, transition);
  switch (change.kind) {
    case 'unchanged':
      return { state, passages: [] };
    case 'started':
      return admit(station, { ...state, exitOpen: change.pulse }, placeExit(state.crossings, change.pulse));
    case 'ended': {
      const crossings = replacePulse(state.crossings, 'exit', change.pulse);
      return settle(station, { ...state, exitOpen: null, crossings }, isComplete);
    }
  }
}

/**
 * A vehicle on the entry loop is new, unless one that came the wrong way still covers the exit loop: a vehicle
 * longer than spacing − loop length always does. A pulse that was found at start may not claim the wrong way.
 */
function placeEntry(crossings: readonly Crossing[], pulse: Pulse): readonly Crossing[] {
  const at = crossings.findIndex(
    ({ direction, entry, exit }) =>
      direction === 'reverse' && entry === null && exit !== null && exit.offMs === null && !exit.onFound,
  );
  if (at < 0) return [...crossings, { direction: 'forward', entry: pulse, exit: null }];
  return crossings.map((crossing, index) => (index === at ? { ...crossing, entry: pulse } : crossing));
}

/** A vehicle on the exit loop is the oldest one that has met the entry loop, else one from the wrong side. */
function placeExit(crossings: readonly Crossing[], pulse: Pulse): readonly Crossing[] {
  const at = crossings.findIndex(({ direction, exit }) => direction === 'forward' && exit === null);
  if (at < 0) return [...crossings, { direction: 'reverse', entry: null, exit: pulse }];
  return crossings.map((crossing, index) => (index === at ? { ...crossing, exit: pulse } : crossing));
}

function replacePulse(
  crossings: readonly Crossing[],
  loop: 'entry' | 'exit',
  ended: Pulse,
): readonly Crossing[] {
  return crossings.map((crossing) => {
    const pulse = crossing[loop];
    return pulse !== null && pulse.offMs === null ? { ...crossing, [loop]: ended } : crossing;
  });
}

function isComplete({ entry, exit }: Crossing): boolean {
  return entry !== null && exit !== null && entry.offMs !== null && exit.offMs !== null;
}

function admit(station: Station, state: StationState, crossings: readonly Crossing[]): StationFold {
  const admitted = { ...state, crossings };
  if (crossings.length <= MAX_CROSSINGS) return { state: admitted, passages: [] };
  return settle(station, admitted, (crossing) => crossing === crossings[0]);
}

/** Takes the crossings that `isOver` names out of the station and makes passages of them. */
function settle(station: Station, state: StationState, isOver: (crossing: Crossing) => boolean): StationFold {
  const over = state.crossings.filter(isOver);
  if (over.length === 0) return { state, passages: [] };
  const crossings = state.crossings.filter((crossing) => !isOver(crossing));
  const passages = over.flatMap((crossing) => dualLoopPassage(station, crossing) ?? []);
  return { state: { ...state, crossings }, passages };
}

/** Null for a vehicle that only the exit loop saw: the entry loop is the reference, and it did not count it. */
function dualLoopPassage(station: Station, crossing: Crossing): CompletedPassage | null {
  const { entry, exit, direction } = crossing;
  if (entry === null) return null;
  const rearMs = entry.offMs;
  return {
    ...blankPassage(station),
    direction,
    frontMs: entry.onMs,
    rearMs,
    completedMs: Math.max(rearMs ?? entry.onMs, exit?.offMs ?? 0),
    onTimeMs: onTimeMs(entry),
    ...measure(station, crossing),
  };
}

function measure(station: Station, { entry, exit, direction }: Crossing): DualLoopMeasure {
  const { spacingM, loopLengthM } = station.definition;
  if (entry === null || exit === null || spacingM === null) return { speedKmh: null, lengthM: null };
  const pulses = direction === 'forward' ? { first: entry, second: exit } : { first: exit, second: entry };
  return measureDualLoop(pulses, { spacingM, loopLengthM });
}

function singleLoopPassage(station: Station, pulse: Pulse): CompletedPassage {
  const offMs = pulse.offMs ?? pulse.onMs;
  return {
    ...blankPassage(station),
    frontMs: pulse.onMs,
    rearMs: offMs,
    completedMs: offMs,
    onTimeMs: onTimeMs(pulse),
  };
}

function counterOnlyPassage(station: Station, atMs: number): CompletedPassage {
  return { ...blankPassage(station), frontMs: atMs, rearMs: null, completedMs: atMs, counterOnly: true };
}

function blankPassage(station: Station): CompletedPassage {
  return {
    lane: station.lane,
    source: 'loop',
    sensor: station.definition.entry.loop,
    direction: 'forward',
    frontMs: 0,
    rearMs: null,
    completedMs: 0,
    onTimeMs: null,
    speedKmh: null,
    lengthM: null,
    class: null,
    counterOnly: false,
  };
}
