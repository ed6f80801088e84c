import { type DualLoopGeometry, keptItsSpeed, measureDualLoop, slowestTravelMs } from './dual-loop.ts';
import type { EndedPulse, Pulse } from './pulse.ts';

/** Ended pulses of both loops that are not part of a vehicle yet, and those that still last; oldest first. */
export interface WaitingPulses {
  readonly entries: readonly EndedPulse[];
  readonly exits: readonly EndedPulse[];
  readonly entryOpen: Pulse | null;
  readonly exitOpen: Pulse | null;
}

/** One vehicle over a dual-loop station; only one that the entry loop saw is one. */
export interface Crossing {
  readonly direction: 'forward' | 'reverse';
  readonly entry: EndedPulse;
  readonly exit: EndedPulse | null;
}

export interface Pairing {
  readonly crossings: readonly Crossing[];
  readonly entries: readonly EndedPulse[];
  readonly exits: readonly EndedPulse[];
  /** Entry pulse of a vehicle that was let go while it is still on the exit loop: that pulse is nobody else's. */
  readonly standing: EndedPulse | null;
}

/** More pulses than a lane makes during the latency of any device; beyond it the oldest are let go. */
const MAX_WAITING = 64;

/**
 * Makes vehicles of the pulses of two loops. Only the pulses' own times count, not the order in which they
 * became known: a card that is asked once a second tells about one loop after the other.
 *
 * @param knownToMs until when all edges are known
 */
export function pairPulses(pulses: WaitingPulses, geometry: DualLoopGeometry, knownToMs: number): Pairing {
  const crossings: Crossing[] = [];
  let { entries, exits } = pulses;
  let standing: EndedPulse | null = null;
  /** Vehicles keep their order, so whoever is still waiting before a pair never reached the exit loop. */
  const take = (at: number, direction: Crossing['direction'], exit: EndedPulse | null): void => {
    for (const [index, entry] of entries.slice(0, at + 1).entries()) {
      crossings.push(index === at ? { direction, entry, exit } : { direction: 'forward', entry, exit: null });
    }
    entries = entries.slice(at + 1);
  };
  const patienceMs = slowestTravelMs(geometry.spacingM);
  for (;;) {
    const [entry] = entries;
    const [exit] = exits;
    if (exit !== undefined && exit.offMs <= knownToMs) {
      const forward = entryBefore(exit, entries, geometry);
      if (forward >= 0 || !mayTurnOutReverse(exit, pulses, entries, knownToMs)) {
        if (forward >= 0) take(forward, 'forward', exit);
        else take(entryAfter(exit, pulses, entries), 'reverse', exit);
        exits = exits.slice(1);
        continue;
      }
    }
    const isGone = entry !== undefined && entry.offMs + patienceMs < knownToMs;
    if (!isGone && entries.length <= MAX_WAITING) {
      return { crossings, entries, exits: exits.slice(-MAX_WAITING), standing };
    }
    take(0, 'forward', null);
    const behind = [...entries, pulses.entryOpen];
    if (entry !== undefined && isOn(pulses.exitOpen, { entry, patienceMs, behind })) standing = entry;
  }
}

/**
 * The entry pulse of the vehicle that made an exit pulse on its way forward; -1 when there is none.
 * A vehicle longer than spacing − loop length covers both loops for a moment, whatever its speed, and at most
 * one entry pulse can overlap so: that holds in stop-and-go and with two vehicles on the station. A shorter
 * vehicle is recognised by a plausible speed and length, also before one that overlaps and has none.
 */
function entryBefore(exit: EndedPulse, entries: readonly EndedPulse[], geometry: DualLoopGeometry): number {
  const isPlausible = (entry: EndedPulse): boolean =>
    isBefore(entry, exit) && measureDualLoop({ first: entry, second: exit }, geometry).speedKmh !== null;
  const overlapping = entries.findLastIndex((entry) => isBefore(entry, exit) && mayOverlap(entry, exit));
  const overlaps = entries[overlapping];
  if (overlaps !== undefined && isPlausible(overlaps)) return overlapping;
  const short = entries.findIndex(isPlausible);
  return short >= 0 ? short : overlapping;
}

/** As far as the edges are known: reads that were late leave more open than the vehicles do. */
function mayOverlap(entry: EndedPulse, exit: EndedPulse): boolean {
  return exit.onMs - exit.onUncertaintyMs < entry.offMs + entry.offUncertaintyMs;
}

/**
 * The entry pulse of a vehicle that came the wrong way: it began while the exit pulse lasted, ended after it,
 * and lasted as long. A vehicle that reached the exit loop in the meantime explains the entry pulse better:
 * then it is the follower of one whose entry pulse was missed. A state found at start may not claim the
 * wrong way.
 */
function entryAfter(exit: EndedPulse, pulses: WaitingPulses, entries: readonly EndedPulse[]): number {
  if (exit.onFound) return -1;
  const others = [...pulses.exits, pulses.exitOpen].filter((other) => other !== null && other !== exit);
  return entries.findIndex(
    (entry) =>
      isSurelyAfter(entry, exit) &&
      keptItsSpeed(exit, entry) &&
      !others.some((other) => other !== null && other.onMs > entry.onMs && other.onMs <= entry.offMs),
  );
}

/** Whether the entry pulse that would make an exit pulse one of a wrong-way vehicle still lasts. */
function mayTurnOutReverse(
  exit: EndedPulse,
  { entryOpen }: WaitingPulses,
  entries: readonly EndedPulse[],
  knownToMs: number,
): boolean {
  const unfinished = [...entries.filter(({ offMs }) => offMs > knownToMs), entryOpen];
  return unfinished.some((entry) => entry !== null && entry.onMs > exit.onMs && entry.onMs < exit.offMs);
}

/** Whether the pulse that still lasts on the exit loop is that of a vehicle which has left the entry loop. */
function isOn(
  exitOpen: Pulse | null,
  left: {
    readonly entry: EndedPulse;
    readonly patienceMs: number;
    readonly behind: readonly (Pulse | null)[];
  },
): boolean {
  if (exitOpen === null) return false;
  const { onMs } = exitOpen;
  if (onMs < left.entry.onMs || onMs > left.entry.offMs + left.patienceMs) return false;
  return !left.behind.some((entry) => entry !== null && entry.onMs <= onMs);
}

/** Both edges of the entry loop are not later than those of the exit loop, as far as they are known. */
function isBefore(entry: EndedPulse, exit: EndedPulse): boolean {
  return (
    entry.onMs <= exit.onMs + entry.onUncertaintyMs + exit.onUncertaintyMs &&
    entry.offMs <= exit.offMs + entry.offUncertaintyMs + exit.offUncertaintyMs
  );
}

function isSurelyAfter(entry: EndedPulse, exit: EndedPulse): boolean {
  return (
    !entry.onFound &&
    entry.onMs < exit.offMs &&
    entry.onMs > exit.onMs + entry.onUncertaintyMs + exit.onUncertaintyMs &&
    entry.offMs > exit.offMs + entry.offUncertaintyMs + exit.offUncertaintyMs
  );
}
