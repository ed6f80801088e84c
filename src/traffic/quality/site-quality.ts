import type { Observation, SensorSampling } from '../observations/observation.ts';
import type { CompletedPassage } from '../passages/passage.ts';
import { onTimeMs, type Pulse } from '../passages/pulse.ts';
import { type CountAgreement, countIn, judgeAgreement, readIn } from './count-agreement.ts';
import type { LoopActivity, LoopObservation } from './loop-activity.ts';
import {
  advanceWatch,
  isRead,
  isSurelyShort,
  type LoopWatch,
  type WatchClock,
  watchLoop,
  watchSampling,
} from './loop-watch.ts';
import { beginsWithNeighbour, type Crosstalk, foldCrosstalk } from './rules/crosstalk.ts';
import { foldPairMismatch, type PairInput, type PairMismatch } from './rules/pair-mismatch.ts';
import type { WatchedLoop, WatchedSite } from './watched-site.ts';

/** Counts are compared when those of their time have surely arrived. */
const COUNTS_SETTLE_MS = 3000;

/** All that the fault rules remember. */
export interface QualityState {
  /** By loop. */
  readonly loops: ReadonlyMap<string, LoopWatch>;
  /** By lane: its two loops. */
  readonly pairs: ReadonlyMap<string, PairMismatch>;
  /** By the key of the two neighbouring loops. */
  readonly neighbours: ReadonlyMap<string, Crosstalk>;
  /** By `lane/camera`. */
  readonly agreements: ReadonlyMap<string, CountAgreement>;
  /** Until when each device and each camera has been read. */
  readonly readToMs: ReadonlyMap<string, number>;
  readonly openedMs: number;
}

/** Before the first tick. */
export const NO_QUALITY: QualityState = {
  loops: new Map(),
  pairs: new Map(),
  neighbours: new Map(),
  agreements: new Map(),
  readToMs: new Map(),
  openedMs: 0,
};

/** Lets the rules see an observation. `offsetMs`: wall minus monotonic. */
export function noteObservation(
  site: WatchedSite,
  quality: QualityState,
  observation: Observation,
  offsetMs: number,
): QualityState {
  switch (observation.kind) {
    case 'loop-transition':
    case 'loop-counters':
    case 'loop-occupancy':
    case 'vehicle-detection':
    case 'device-interval':
      return noteLoop(site, quality, observation, offsetMs);
    case 'sensor-sampling':
      return noteSampling(site, quality, observation);
    default:
      return quality;
  }
}

/** Lets the comparison of counts see what a camera counted. */
export function noteCameraPassages(
  before: QualityState,
  passages: readonly CompletedPassage[],
): QualityState {
  let agreements = before.agreements;
  for (const { lane, source, sensor, direction, completedMs } of passages) {
    const key = `${lane}/${sensor}`;
    if (source !== 'camera' || direction !== 'forward' || !agreements.has(key)) continue;
    const span = { fromMs: completedMs, toMs: completedMs, count: 1 };
    agreements = changed(agreements, key, (state) => countIn(state, 'camera', span));
  }
  return agreements === before.agreements ? before : { ...before, agreements };
}

/** Lets time pass over the rules. */
export function advanceQuality(site: WatchedSite, before: QualityState, clock: WatchClock): QualityState {
  let { loops, agreements } = before;
  for (const [loop, terms] of site.loops) {
    loops = changed(loops, loop, (watch) => advanceWatch(terms, watch, clock));
  }
  for (const { key, latencyMs, limitPct } of site.compared) {
    const settledMs = clock.nowMs - latencyMs - COUNTS_SETTLE_MS;
    agreements = changed(agreements, key, (state) => judgeAgreement(state, settledMs, limitPct));
  }
  const isSame = loops === before.loops && agreements === before.agreements;
  return isSame ? before : { ...before, loops, agreements };
}

function noteLoop(
  site: WatchedSite,
  before: QualityState,
  observation: LoopObservation,
  offsetMs: number,
): QualityState {
  const watched = site.loops.get(observation.loop);
  const known = before.loops.get(observation.loop);
  if (watched === undefined || known === undefined) return before;
  const { watch, activity } = watchLoop(watched, known, observation, offsetMs);
  const quality = { ...before, loops: new Map(before.loops).set(observation.loop, watch) };
  if (activity === null) return quality;
  const compared = noteCounts(site, quality, observation.loop, activity);
  return activity.kind === 'entered' || activity.kind === 'left'
    ? noteEdge(site, compared, watched, activity)
    : compared;
}

/** An edge, for the rules that compare two loops. */
function noteEdge(
  site: WatchedSite,
  before: QualityState,
  watched: WatchedLoop,
  edge: Extract<LoopActivity, { kind: 'entered' | 'left' }>,
): QualityState {
  const paired = notePair(site, before, watched, edge);
  const { pulse } = edge;
  if (edge.kind === 'entered' || onTimeMs(pulse) === null) return paired;
  const { loop } = watched.loop;
  const sharp = { ...pulse, offMs: edge.pulse.offMs };
  let { neighbours } = paired;
  for (const { key, first, limitPct } of site.neighboursOfLoop.get(loop) ?? []) {
    const input = { from: loop === first ? 'first' : 'second', pulse: sharp } as const;
    neighbours = changed(neighbours, key, (state) => foldCrosstalk(state, input, limitPct));
  }
  return { ...paired, neighbours };
}

/** Pulses that may be copies of the neighbour's are no vehicles here: the partner is right not to see them. */
function mayBeCopy(site: WatchedSite, quality: QualityState, loop: string, pulse: Pulse): boolean {
  return (site.neighboursOfLoop.get(loop) ?? []).some(({ key, first, second }) => {
    const state = quality.neighbours.get(key);
    const [side, other] = loop === first ? (['second', second] as const) : (['first', first] as const);
    const open = quality.loops.get(other)?.memory.open ?? null;
    return state !== undefined && beginsWithNeighbour(state, side, pulse, open);
  });
}

function notePair(
  site: WatchedSite,
  quality: QualityState,
  watched: WatchedLoop,
  edge: Extract<LoopActivity, { kind: 'entered' | 'left' }>,
): QualityState {
  const { partner, role, lane, limits } = watched;
  if (partner === null || !watched.applied.has('pair-mismatch')) return quality;
  const otherOccupied = (quality.loops.get(partner.loop)?.memory.open ?? null) !== null;
  const input: PairInput =
    edge.kind === 'entered'
      ? { kind: 'entered', loop: role, atMs: edge.pulse.onMs, otherOccupied }
      : {
          ...{ kind: 'left', loop: role, onMs: edge.pulse.onMs, otherOccupied },
          isVehicle:
            onTimeMs(edge.pulse) !== null &&
            !isSurelyShort(edge.pulse, limits.shortPulseMs) &&
            !mayBeCopy(site, quality, watched.loop.loop, edge.pulse),
        };
  const pairs = changed(quality.pairs, lane, (state) =>
    foldPairMismatch(state, input, limits.pairMismatches),
  );
  return { ...quality, pairs };
}

/** What a loop counted, for the comparison with the cameras of its lane. */
function noteCounts(
  site: WatchedSite,
  before: QualityState,
  loop: string,
  activity: LoopActivity,
): QualityState {
  const counted = countsOf(activity);
  if (counted === null) return before;
  let { agreements } = before;
  for (const { key } of site.comparedOfLoop.get(loop) ?? []) {
    agreements = changed(agreements, key, (state) => countIn(state, counted.side, counted));
  }
  return { ...before, agreements };
}

function countsOf(
  activity: LoopActivity,
): { readonly side: 'seen' | 'counted'; fromMs: number; toMs: number; count: number } | null {
  switch (activity.kind) {
    case 'entered':
      return { side: 'seen', fromMs: activity.pulse.onMs, toMs: activity.pulse.onMs, count: 1 };
    case 'vehicle':
      return { side: 'seen', fromMs: activity.atMs, toMs: activity.atMs, count: 1 };
    case 'counted':
      return { side: 'counted', fromMs: activity.fromMs, toMs: activity.toMs, count: activity.count };
    case 'interval': {
      const { fromMs, toMs, count } = activity.interval;
      // The end of an interval belongs to the next one.
      return count === null ? null : { side: 'seen', fromMs, toMs: toMs - 1, count };
    }
    case 'left':
    case 'occupied':
      return null;
  }
}

function noteSampling(site: WatchedSite, before: QualityState, sampling: SensorSampling): QualityState {
  const read = isRead(sampling);
  let { loops, pairs, agreements, readToMs } = before;
  if (read) readToMs = new Map(readToMs).set(sampling.sensor, sampling.toMs);
  const span = { fromMs: sampling.fromMs, toMs: sampling.toMs, isRead: read };
  for (const watched of site.loopsOfDevice.get(sampling.sensor) ?? []) {
    const { loop } = watched.loop;
    loops = changed(loops, loop, (watch) => watchSampling(watched, watch, sampling));
    if (!read)
      pairs = changed(pairs, watched.lane, (state) => foldPairMismatch(state, { kind: 'unread' }, 1));
    for (const { key } of site.comparedOfLoop.get(loop) ?? []) {
      agreements = changed(agreements, key, (state) => readIn(state, 'loop', span));
    }
  }
  for (const { key, camera } of site.compared) {
    if (camera !== sampling.sensor) continue;
    agreements = changed(agreements, key, (state) => readIn(state, 'camera', span));
  }
  return { ...before, loops, pairs, agreements, readToMs };
}

/** A map with one of its values folded; the same map when nothing came of it. */
export function changed<V>(
  map: ReadonlyMap<string, V>,
  key: string,
  fold: (value: V) => V,
): ReadonlyMap<string, V> {
  const value = map.get(key);
  if (value === undefined) return map;
  const next = fold(value);
  return next === value ? map : new Map(map).set(key, next);
}
