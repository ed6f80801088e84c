import { iouOf } from '../../../src/sensors/vision/box.ts';
import type { PassageRecord } from '../../../src/traffic/record.ts';
import { CROSSING_TOLERANCE_S, type JudgedClip } from '../../evaluate/judge-clip.ts';
import { EPOCH_MS } from '../../evaluate/watch-clip.ts';
import { STREET_CAMERA } from './street-plan.ts';
import type { StreetTruth } from './street-truth.ts';
import type { WatchedStreet } from './watch-street.ts';

export interface Counts {
  readonly truth: number;
  readonly matched: number;
  readonly extra: number;
}

/** Over all lanes of one direction; who is counted against it did not cross in it. */
export function countsOf({ lines }: JudgedClip, heading: 'toward' | 'away'): Counts {
  const chosen = lines.filter(({ direction }) => direction.endsWith(heading));
  const sum = (of: (line: JudgedClip['lines'][number]) => number): number =>
    chosen.reduce((total, line) => total + of(line), 0);
  return {
    truth: sum(({ truth }) => truth),
    matched: sum(({ matched }) => matched),
    extra: sum(({ extra }) => extra),
  };
}

export interface SpeedPair {
  readonly trueKmh: number;
  readonly measuredKmh: number;
  /** Half width of the interval that the product claims to hold the true speed, percent. */
  readonly uncertaintyPct: number | null;
}

/** Speeds of counted vehicles beside the true ones, by the rule that the judge matches crossings with. */
export function speedPairsOf({ watched }: WatchedStreet, truth: StreetTruth): readonly SpeedPair[] {
  const passages = watched.records.filter((record): record is PassageRecord => record.stream === 'passage');
  return passages.flatMap(({ lane, observedAtMs, speedKmh, speedUncertaintyPct }): SpeedPair[] => {
    const atS = (observedAtMs - EPOCH_MS) / 1000;
    const crossings = truth.lines.find(({ id }) => id === lane)?.crossings ?? [];
    const crossing = crossings.find(
      ({ t_in, t_out }) => atS >= t_in - CROSSING_TOLERANCE_S && atS <= t_out + CROSSING_TOLERANCE_S,
    );
    if (crossing === undefined || speedKmh === null) return [];
    return [{ trueKmh: crossing.speedKmh, measuredKmh: speedKmh, uncertaintyPct: speedUncertaintyPct }];
  });
}

export function errorsPct(pairs: readonly SpeedPair[]): readonly number[] {
  return pairs.map(({ trueKmh, measuredKmh }) => (100 * (measuredKmh - trueKmh)) / trueKmh);
}

/** Of the speeds with a stated uncertainty: how many true ones lie within it. */
export function shareWithinStated(pairs: readonly SpeedPair[]): number {
  const stated = pairs.filter(({ uncertaintyPct }) => uncertaintyPct !== null);
  const within = stated.filter(
    ({ trueKmh, measuredKmh, uncertaintyPct }) =>
      Math.abs(measuredKmh - trueKmh) <= (measuredKmh * (uncertaintyPct ?? 0)) / 100,
  );
  return within.length / stated.length;
}

/** A vehicle so high in the picture is one that the detector is meant for. */
const LEAST_BOX_PX = 50;

/** Of every true box that lies within the crop and is large enough: the best overlap of a tracked box. */
export function overlapsOf({ truth, watched }: WatchedStreet): readonly number[] {
  const { crop, framesPerSecond } = STREET_CAMERA;
  return truth.boxes.flatMap(({ t, box }) => {
    const [x1, y1, x2, y2] = box;
    const inside =
      x1 >= crop.x && y1 >= crop.y && x2 <= crop.x + crop.widthPx && y2 <= crop.y + crop.heightPx;
    if (!inside || y2 - y1 < LEAST_BOX_PX) return [];
    const tracks = watched.tracks[Math.round(t * framesPerSecond)]?.tracks ?? [];
    return [Math.max(0, ...tracks.map((track) => iouOf(track.box, box)))];
  });
}

export function medianOf(values: readonly number[]): number {
  return values.toSorted((left, right) => left - right)[Math.floor(values.length / 2)] ?? Number.NaN;
}
