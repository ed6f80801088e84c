import { MS_PER_H, round } from '../../base/units.ts';
import type { FaultLimits } from '../site-definition.ts';
import { type Span, sharedMs } from '../span.ts';
import { BIN_MS, type BinFigures } from './rules/rule.ts';

/** A bin that was read for less of its time than this says nothing. */
const MIN_READ_SHARE = 0.9;
/** Bins that a step of the clock made shorter than this are not judged. */
const MIN_BIN_MS = 29_000;
/** Readings of the two clocks jitter, and they slew: a rest shorter than this is part of the next bin. */
const REST_MS = 1000;

/** 30 s of one loop, aligned to the wall clock. Times are monotonic ms. */
export interface LoopBin {
  readonly fromMs: number;
  readonly toMs: number;
  readonly hits: number;
  /** Completed pulses, and those of them that are surely too short for a vehicle. */
  readonly pulses: number;
  readonly shortPulses: number;
  /** Vehicles by the card's counter; null when it has none. */
  readonly counted: number | null;
  /** Occupied time by the edges, and by the card's accumulator; null when it has none. */
  readonly occupiedMs: number;
  readonly accumulatedMs: number | null;
  /** Time in which the loop was read. */
  readonly readMs: number;
}

/** The bin that begins at a moment and ends with the half minute of the wall clock. */
export function openBin(fromMs: number, offsetMs: number): LoopBin {
  const wallMs = fromMs + offsetMs;
  const toMs = Math.floor((wallMs + REST_MS) / BIN_MS + 1) * BIN_MS - offsetMs;
  return {
    ...{ fromMs, toMs, hits: 0, pulses: 0, shortPulses: 0, counted: null },
    ...{ occupiedMs: 0, accumulatedMs: null, readMs: 0 },
  };
}

/** Changes the bin that holds a moment; what is older than every bin is too late to be judged. */
export function inBin(
  bins: readonly LoopBin[],
  atMs: number,
  change: (bin: LoopBin) => LoopBin,
): readonly LoopBin[] {
  const at = bins.findIndex(({ fromMs, toMs }) => atMs >= fromMs && atMs < toMs);
  // A stamp may lie a moment ahead of the last tick, which opens bins.
  const index = at < 0 && atMs >= (bins.at(-1)?.toMs ?? Number.POSITIVE_INFINITY) ? bins.length - 1 : at;
  return index < 0 ? bins : bins.map((bin, i) => (i === index ? change(bin) : bin));
}

/** Adds to every bin its part of a span. */
export function overBins(
  bins: readonly LoopBin[],
  span: Span,
  add: (bin: LoopBin, partMs: number) => LoopBin,
): readonly LoopBin[] {
  return bins.map((bin) => {
    const partMs = sharedMs(bin, span);
    return partMs > 0 ? add(bin, partMs) : bin;
  });
}

/** How the end of a bin is read. */
export interface BinReading {
  /** Since when the loop is occupied and has not been left yet. */
  readonly occupiedSinceMs: number | null;
  readonly tellsOccupancy: boolean;
  readonly activeShare: number;
}

/** The figures of a bin that has ended, or null when it was not read well enough to say anything. */
export function figuresOf(bin: LoopBin, reading: BinReading): BinFigures | null {
  const { fromMs, toMs } = bin;
  const widthMs = toMs - fromMs;
  if (widthMs < MIN_BIN_MS || bin.readMs < MIN_READ_SHARE * widthMs) return null;
  const since = reading.occupiedSinceMs;
  const openMs = since === null ? 0 : sharedMs(bin, { fromMs: since, toMs });
  const occupiedMs = bin.accumulatedMs ?? bin.occupiedMs + openMs;
  return {
    fromMs,
    toMs,
    vehicles: Math.max(bin.hits, bin.counted ?? 0),
    independentCount: bin.counted ?? (bin.accumulatedMs === null ? null : bin.hits),
    occupancyPct: reading.tellsOccupancy ? round(Math.min(100, (100 * occupiedMs) / widthMs), 2) : null,
    activeMs: widthMs * reading.activeShare,
  };
}

/** What a moment counts for the limits by the time of day: 1, or less in quiet hours. Hours are local. */
export function activeShareAt(
  wallMs: number,
  { quietHours }: Pick<FaultLimits, 'quietHours'>,
  utcOffsetMin: number,
): number {
  if (quietHours === null) return 1;
  const { fromH, toH, factor } = quietHours;
  const hour = ((((wallMs + utcOffsetMin * 60_000) / MS_PER_H) % 24) + 24) % 24;
  const isQuiet = fromH <= toH ? hour >= fromH && hour < toH : hour >= fromH || hour < toH;
  return isQuiet ? 1 / Math.max(1, factor) : 1;
}
