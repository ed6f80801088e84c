import type { DeviceInterval, SensorSampling } from '../observations/observation.ts';
import { type EndedPulse, onTimeMs } from '../passages/pulse.ts';
import type { LoopDefinition } from '../site-definition.ts';
import {
  EMPTY_MEMORY,
  type LoopActivity,
  type LoopMemory,
  type LoopObservation,
  recall,
} from './loop-activity.ts';
import { activeShareAt, figuresOf, inBin, type LoopBin, openBin, overBins } from './loop-bin.ts';
import {
  judgeBin,
  type LoopRules,
  noteHit,
  noteOutput,
  openLoopRules,
  type RuleTerms,
} from './loop-rules.ts';
import { BIN_MS, type BinFigures } from './rules/rule.ts';

/** A bin ends this long after its time for what is still on its way, beside the device's own latency. */
const SETTLE_MS = 2000;
/** A sampling with fewer of its readings than this is silence. */
const READ_SHARE = 0.5;

/** One loop as the fault rules see it. */
export interface LoopWatch {
  readonly memory: LoopMemory;
  /** Oldest first: the running bin and those before it that may still be added to. */
  readonly bins: readonly LoopBin[];
  /** Of a device that only counts: the stretch of readings that becomes one bin. */
  readonly counts: { readonly fromMs: number; readonly count: number } | null;
  readonly rules: LoopRules;
}

/** What the watch must know of its loop. */
export interface WatchTerms extends RuleTerms {
  readonly loop: LoopDefinition;
  /** Local time minus UTC, minutes. */
  readonly utcOffsetMin: number;
}

export interface WatchClock {
  readonly nowMs: number;
  /** Wall minus monotonic, ms. */
  readonly offsetMs: number;
}

/** @param faulty rules that hold the loop faulty since before a restart */
export function openLoopWatch(clock: WatchClock, faulty: ReadonlyMap<string, number>): LoopWatch {
  return {
    memory: EMPTY_MEMORY,
    bins: [openBin(clock.nowMs, clock.offsetMs)],
    counts: null,
    rules: openLoopRules(clock.nowMs, faulty),
  };
}

/** Folds an observation about the loop; its activity is for those who compare loops. `offsetMs`: wall minus monotonic. */
export function watchLoop(
  terms: WatchTerms,
  before: LoopWatch,
  observation: LoopObservation,
  offsetMs: number,
): { readonly watch: LoopWatch; readonly activity: LoopActivity | null } {
  const { memory, activity } = recall(before.memory, observation);
  const isFree = observation.kind === 'loop-transition' && !observation.occupied;
  const rules = isFree ? noteOutput(before.rules, terms, { kind: 'free' }) : before.rules;
  const watch = { ...before, memory, rules };
  return { watch: activity === null ? watch : noteActivity(terms, watch, activity, offsetMs), activity };
}

/** The device was asked for a time and answered, or not: only what was read is judged. */
export function watchSampling(terms: WatchTerms, watch: LoopWatch, sampling: SensorSampling): LoopWatch {
  if (!isRead(sampling)) return watch;
  const { fromMs, toMs } = sampling;
  const bins = overBins(watch.bins, sampling, (bin, partMs) => ({ ...bin, readMs: bin.readMs + partMs }));
  return { ...watch, bins, rules: noteOutput(watch.rules, terms, { kind: 'read', fromMs, toMs }) };
}

export function isRead({ expected, received }: SensorSampling): boolean {
  return expected > 0 && received >= READ_SHARE * expected;
}

/** Lets time pass: bins that have ended are judged, new ones begin. */
export function advanceWatch(terms: WatchTerms, before: LoopWatch, clock: WatchClock): LoopWatch {
  const settledMs = clock.nowMs - SETTLE_MS - terms.loop.latencyMs;
  let bins = before.bins;
  for (let last = bins.at(-1); last !== undefined && last.toMs <= clock.nowMs; last = bins.at(-1)) {
    bins = [...bins, openBin(last.toMs, clock.offsetMs)];
  }
  const ended = bins.filter(({ toMs }) => toMs <= settledMs);
  if (ended.length === 0) return bins === before.bins ? before : { ...before, bins };
  let watch: LoopWatch = { ...before, bins: bins.slice(ended.length) };
  for (const bin of ended) watch = endBin(terms, watch, bin, clock);
  return watch;
}

function endBin(terms: WatchTerms, watch: LoopWatch, bin: LoopBin, clock: WatchClock): LoopWatch {
  const { kind } = terms.loop.evidence;
  // Devices without edges bring their own bins; see noteCounted and figuresOfInterval.
  if (kind === 'intervals' || kind === 'counts') return watch;
  const figures = figuresOf(bin, {
    occupiedSinceMs: watch.memory.open?.onMs ?? null,
    tellsOccupancy: kind !== 'vehicles',
    activeShare: activeShare(terms, bin, clock.offsetMs),
  });
  const pulses = { all: bin.pulses, short: bin.shortPulses };
  return { ...watch, rules: judgeBin(watch.rules, terms, figures, pulses) };
}

function activeShare(terms: WatchTerms, span: { readonly fromMs: number }, offsetMs: number): number {
  return activeShareAt(span.fromMs + offsetMs, terms.limits, terms.utcOffsetMin);
}

function noteActivity(
  terms: WatchTerms,
  watch: LoopWatch,
  activity: LoopActivity,
  offsetMs: number,
): LoopWatch {
  switch (activity.kind) {
    case 'entered': {
      const { onMs } = activity.pulse;
      const rules = noteOutput(watch.rules, terms, { kind: 'occupied', atMs: onMs });
      return addHit(terms, { ...watch, rules }, onMs);
    }
    case 'left':
      return noteLeft(terms, watch, activity.pulse);
    case 'vehicle':
      return addHit(terms, watch, activity.atMs);
    case 'counted':
      return noteCounted(terms, watch, activity, offsetMs);
    case 'occupied': {
      const share = activity.occupiedMs / (activity.toMs - activity.fromMs);
      const bins = overBins(watch.bins, activity, (bin, partMs) => ({
        ...bin,
        accumulatedMs: (bin.accumulatedMs ?? 0) + partMs * share,
      }));
      return { ...watch, bins };
    }
    case 'interval': {
      const figures = figuresOfInterval(activity.interval, activeShare(terms, activity.interval, offsetMs));
      return { ...watch, rules: judgeBin(watch.rules, terms, figures, NO_PULSES) };
    }
  }
}

const NO_PULSES = { all: 0, short: 0 };

function figuresOfInterval(interval: DeviceInterval, share: number): BinFigures {
  const { fromMs, toMs, count, occupancyPct } = interval;
  const activeMs = (toMs - fromMs) * share;
  return { fromMs, toMs, vehicles: count, independentCount: count, occupancyPct, activeMs };
}

function addHit(terms: WatchTerms, watch: LoopWatch, atMs: number): LoopWatch {
  const bins = inBin(watch.bins, atMs, (bin) => ({ ...bin, hits: bin.hits + 1 }));
  const running = bins.find(({ fromMs, toMs }) => atMs >= fromMs && atMs < toMs) ?? null;
  return { ...watch, bins, rules: noteHit(watch.rules, terms, { atMs, running }) };
}

function noteLeft(terms: WatchTerms, watch: LoopWatch, pulse: EndedPulse): LoopWatch {
  const span = { fromMs: pulse.onMs, toMs: pulse.offMs };
  const occupied = overBins(watch.bins, span, (bin, ms) => ({ ...bin, occupiedMs: bin.occupiedMs + ms }));
  const short = isSurelyShort(pulse, terms.limits.shortPulseMs) ? 1 : 0;
  const bins =
    onTimeMs(pulse) === null
      ? occupied
      : inBin(occupied, pulse.offMs, (bin) => ({
          ...bin,
          pulses: bin.pulses + 1,
          shortPulses: bin.shortPulses + short,
        }));
  return { ...watch, bins };
}

/** Shorter than any vehicle even where both edges lie so that it is longest: coarse polling cannot tell. */
export function isSurelyShort(pulse: EndedPulse, shortPulseMs: number): boolean {
  return pulse.offMs - pulse.onMs + pulse.onUncertaintyMs + pulse.offUncertaintyMs < shortPulseMs;
}

function noteCounted(
  terms: WatchTerms,
  before: LoopWatch,
  counted: Extract<LoopActivity, { kind: 'counted' }>,
  offsetMs: number,
): LoopWatch {
  const { count, toMs } = counted;
  const bins = inBin(before.bins, toMs, (bin) => ({ ...bin, counted: (bin.counted ?? 0) + count }));
  const rules = count === 0 ? before.rules : noteHit(before.rules, terms, { atMs: toMs, running: null });
  const watch = { ...before, bins, rules };
  if (terms.loop.evidence.kind !== 'counts') return watch;
  const fromMs = before.counts?.fromMs ?? counted.fromMs;
  const vehicles = (before.counts?.count ?? 0) + count;
  if (toMs - fromMs < BIN_MS) return { ...watch, counts: { fromMs, count: vehicles } };
  const activeMs = (toMs - fromMs) * activeShare(terms, { fromMs }, offsetMs);
  const figures = { fromMs, toMs, vehicles, independentCount: null, occupancyPct: null, activeMs };
  return { ...watch, counts: null, rules: judgeBin(rules, terms, figures, NO_PULSES) };
}
