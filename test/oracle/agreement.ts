/** Our flow intervals beside SUMO's, and how far they are apart. */
import type { FlowRecord, PassageRecord, SpeedMethod, TrafficRecord } from '../../src/traffic/record.ts';
import {
  harmonicMean,
  isWithin,
  type LaneInterval,
  type LaneTruth,
  type RoadTruth,
  type SpeedJudge,
  type TruePassage,
} from './lane-truth.ts';
import { secondOf } from './virtual-reading.ts';

export interface Pair extends LaneInterval {
  readonly ours: FlowRecord;
  readonly truth: LaneTruth;
  /** Harmonic mean of our spot speeds alone: without those who stood. */
  readonly spotMeanKmh: number | null;
}

/** One vehicle to which we gave a speed. */
export interface PassagePair {
  readonly lane: number;
  readonly ours: PassageRecord & { readonly speedKmh: number };
  readonly truth: TruePassage;
}

/** Our vehicles that have a speed beside SUMO's. */
export function pairPassages(records: readonly TrafficRecord[], truth: RoadTruth): readonly PassagePair[] {
  return records.flatMap((ours) => {
    if (ours.stream !== 'passage' || ours.speedKmh === null) return [];
    const lane = numberOf(ours.lane);
    const passage = truth.passageAt(lane, 1000 * secondOf(ours.observedAtMs));
    return passage === null ? [] : [{ lane, ours: { ...ours, speedKmh: ours.speedKmh }, truth: passage }];
  });
}

/** Every whole interval that both sides have, up to `endS`. */
export function pairIntervals(
  records: readonly TrafficRecord[],
  truth: RoadTruth,
  endS: number,
): readonly Pair[] {
  const passages = pairPassages(records, truth);
  return records.flatMap((record) => {
    if (record.stream !== 'flow' || record.partial || secondOf(record.endMs) > endS) return [];
    const of = { lane: numberOf(record.lane), widthS: record.widthS, beginS: secondOf(record.startMs) };
    const own = passages.filter((it) => it.lane === of.lane && isWithin(of, it.truth.speedAtMs));
    const spotMeanKmh = harmonicMean(own.map((it) => it.ours.speedKmh));
    return [{ ...of, ours: record, truth: truth.of(of), spotMeanKmh }];
  });
}

function numberOf(lane: string): number {
  return Number(lane.slice(lane.lastIndexOf('-') + 1));
}

export function countError({ ours, truth }: Pair): number {
  return (ours.count ?? 0) - truth.count;
}

/** Whether both sides mean the same vehicles: nobody changed lanes here or stood at a border. */
export function isCountComparable({ truth }: Pair): boolean {
  return truth.changers === 0 && truth.atBorder === 0;
}

/** The same vehicles on both sides, nobody sideways, and a mean of the kind that is judged. */
export function isSpeedComparable(
  { ours, truth }: Pair,
  { judge, method }: { readonly judge: SpeedJudge; readonly method: SpeedMethod },
): boolean {
  return truth.speeds[judge].sameVehicles && truth.keptLanes && ours.speedMethod === method;
}

/** Percentage points. */
export function occupancyError({ ours, truth }: Pair): number {
  return ours.occupancyPct === null ? 100 : Math.abs(ours.occupancyPct - truth.occupancyPct);
}

/** Percent of the truth; null where one side has no speed. */
export function speedError({ ours, truth }: Pair, judge: SpeedJudge): number | null {
  return differencePct(ours.spaceMeanSpeedKmh, truth.speeds[judge].kmh);
}

export function differencePct(ourKmh: number | null, trueKmh: number | null): number | null {
  return ourKmh === null || trueKmh === null ? null : 100 * Math.abs(ourKmh / trueKmh - 1);
}

export interface Agreement {
  readonly vehicles: number;
  /** Sum of the differences over all intervals, lane changers and borders included. */
  readonly countErrors: number;
  readonly changers: number;
  readonly occupancyMean: number;
  readonly occupancyMax: number;
  readonly speedP50: number | null;
  readonly speedP95: number | null;
  /** Intervals whose true mean lies within twice the published standard error. */
  readonly withinTwoErrorsPct: number | null;
  /** Vehicles that the mean rests on, and those of them with a spot speed. */
  readonly speedSharePct: number;
  readonly spotSharePct: number;
}

export function summarise(
  pairs: readonly Pair[],
  by: { readonly judge: SpeedJudge; readonly method: SpeedMethod },
): Agreement {
  const sum = (of: (pair: Pair) => number) => pairs.reduce((total, pair) => total + of(pair), 0);
  const vehicles = sum(({ ours }) => ours.count ?? 0);
  const compared = pairs.flatMap((pair) => {
    const errorPct = isSpeedComparable(pair, by) ? speedError(pair, by.judge) : null;
    return errorPct === null
      ? []
      : [{ errorPct, within: errorPct <= 2 * (pair.ours.speedUncertaintyPct ?? 0) }];
  });
  const speedErrors = compared.map(({ errorPct }) => errorPct).sort((a, b) => a - b);
  const within = compared.filter((it) => it.within).length;
  return {
    vehicles,
    countErrors: sum((pair) => Math.abs(countError(pair))),
    changers: sum(({ truth }) => truth.changers),
    occupancyMean: sum(occupancyError) / pairs.length,
    occupancyMax: Math.max(...pairs.map(occupancyError)),
    speedP50: quantile(speedErrors, 0.5),
    speedP95: quantile(speedErrors, 0.95),
    withinTwoErrorsPct: compared.length === 0 ? null : (100 * within) / compared.length,
    speedSharePct:
      (100 * sum(({ ours }) => (ours.speedMethod === 'dual-loop' ? ours.speedCount : 0))) / vehicles,
    spotSharePct: (100 * sum(({ ours }) => ours.spotSpeedCount)) / vehicles,
  };
}

/** Of numbers in order; null of none. */
export function quantile(sorted: readonly number[], share: number): number | null {
  return sorted[Math.min(sorted.length - 1, Math.floor(share * sorted.length))] ?? null;
}
