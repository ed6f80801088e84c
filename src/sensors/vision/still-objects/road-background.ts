import { type GreyPicture, lightRatio } from './grey-picture.ts';
import { HIDDEN, OWNED } from './hidden-cells.ts';

/**
 * What the road looks like without the things that have come to rest on it. Two models for each cell (after
 * Porikli 2007, dual foregrounds): a slow one of the road, and a quick one of what lies there instead. A cell of
 * the quick one votes for itself while it is seen and against itself while it is not (Boyer and Moore), so that
 * traffic before it neither makes nor unmakes it.
 */
export interface RoadBackground {
  readonly columns: number;
  readonly rows: number;
  readonly road: Float32Array;
  /** What is seen instead of the road, and for how many looks it has been. */
  readonly instead: Float32Array;
  readonly looks: Uint16Array;
  /** A vehicle that stood there and is only not detected any more is no thing. */
  readonly parked: Uint8Array;
  /** The newest picture in the light of the road's. */
  readonly seen: Float32Array;
  /** Takes one picture; HIDDEN cells are passed over, those that a standing vehicle covers are its own. */
  look(picture: GreyPicture, hidden: Uint8Array, isLearning: boolean): void;
  /** The road looks like this now, in these cells and on their fringe. */
  adopt(cells: readonly number[]): void;
}

/** Share of a new look in the road. At two looks a second: half of a change within 45 s. */
const ROAD_SHARE = 1 / 128;
const NOISE_SHARE = 1 / 64;
const INSTEAD_SHARE = 1 / 5;
/** Share by which the model follows the light itself. */
const LIGHT_SHARE = 1 / 20;
/** In grey levels. Compression alone makes two or three. */
const FIRST_NOISE = 3;
const LEAST_CHANGE = 14;
const NOISES_OF_CHANGE = 4;
const MOST_CHANGE = 48;
/** Twice as far from each other as from the road. */
const SAME_SHARE = 0.7;
/** The road is seen again: so many votes less with each look, from no more than so many. */
const FORGIVING = 2;
const LOOKS_KEPT = 20;
/** What is adopted takes its soft edge with it, in cells. */
const FRINGE = 2;
/** While it learns, what is seen for so many looks is the road. */
const LEARNING_LOOKS = 5;

export function createRoadBackground(
  first: GreyPicture,
  options: {
    /** What lies there for so many looks has become a part of the road. */
    readonly absorbedLooks: number;
  },
): RoadBackground {
  const { columns, rows } = first;
  const road = Float32Array.from(first.grey);
  const noise = new Float32Array(road.length).fill(FIRST_NOISE);
  const instead = new Float32Array(road.length);
  const looks = new Uint16Array(road.length);
  const parked = new Uint8Array(road.length);
  const seen = new Float32Array(road.length);
  const low = new Float32Array(road.length);
  const high = new Float32Array(road.length);

  const become = (at: number): void => {
    road[at] = instead[at] ?? 0;
    looks[at] = 0;
    parked[at] = 0;
  };
  const lookAt = (at: number, limit: number, becomesAfter: number): void => {
    const value = seen[at] ?? 0;
    const off = Math.max((low[at] ?? 0) - value, value - (high[at] ?? 0));
    const votes = looks[at] ?? 0;
    const settled = road[at] ?? 0;
    if (off <= limit) {
      const step = value - settled;
      road[at] = settled + ROAD_SHARE * step;
      noise[at] = (noise[at] ?? 0) + NOISE_SHARE * (Math.abs(step) - (noise[at] ?? 0));
      looks[at] = Math.max(0, Math.min(votes, LOOKS_KEPT) - FORGIVING);
      parked[at] = 0;
      return;
    }
    const other = instead[at] ?? 0;
    if (votes > 0 && Math.abs(value - other) <= SAME_SHARE * limit) {
      instead[at] = other + INSTEAD_SHARE * (value - other);
      looks[at] = votes + 1;
      if (votes + 1 >= becomesAfter) become(at);
    } else if (parked[at] === 1) {
      // Neither the road of before nor the vehicle: it has left, and what it hid is the road.
      instead[at] = value;
      become(at);
    } else if (votes > 1) {
      looks[at] = Math.min(votes, LOOKS_KEPT) - 1;
    } else {
      instead[at] = value;
      looks[at] = 1;
    }
  };

  return {
    ...{ columns, rows, road, instead, looks, parked, seen },
    look({ grey }, hidden, isLearning) {
      const ratio = lightRatio(grey, road, hidden);
      const follow = ratio ** LIGHT_SHARE;
      for (let at = 0; at < grey.length; at += 1) {
        road[at] = (road[at] ?? 0) * follow;
        instead[at] = (instead[at] ?? 0) * follow;
        seen[at] = ((grey[at] ?? 0) * follow) / ratio;
      }
      extremes({ columns, rows, grey: road }, low, high);
      // Dim light is amplified, and its noise with it.
      const becomesAfter = isLearning ? LEARNING_LOOKS : options.absorbedLooks;
      const dimness = Math.max(1, 1 / ratio);
      for (let at = 0; at < grey.length; at += 1) {
        const state = hidden[at];
        if (state === HIDDEN) continue;
        if (state === OWNED) {
          instead[at] = seen[at] ?? 0;
          looks[at] = 1;
          parked[at] = 1;
          continue;
        }
        const change = Math.max(LEAST_CHANGE, NOISES_OF_CHANGE * (noise[at] ?? 0));
        lookAt(at, Math.min(MOST_CHANGE, change) * dimness, becomesAfter);
      }
    },
    adopt(cells) {
      for (const at of cells) {
        const column = at % columns;
        const row = (at - column) / columns;
        for (let y = Math.max(0, row - FRINGE); y <= Math.min(rows - 1, row + FRINGE); y += 1) {
          for (let x = Math.max(0, column - FRINGE); x <= Math.min(columns - 1, column + FRINGE); x += 1) {
            if ((looks[y * columns + x] ?? 0) > 0) become(y * columns + x);
          }
        }
      }
    },
  };
}

/** Least and greatest of each cell and its eight neighbours: a camera that sways by a cell sees nothing new. */
function extremes({ columns, rows, grey }: GreyPicture, low: Float32Array, high: Float32Array): void {
  const wide = { low: new Float32Array(grey.length), high: new Float32Array(grey.length) };
  for (let row = 0; row < rows; row += 1) {
    const from = row * columns;
    for (let column = 0; column < columns; column += 1) {
      const at = from + column;
      const here = grey[at] ?? 0;
      const left = column > 0 ? (grey[at - 1] ?? 0) : here;
      const right = column < columns - 1 ? (grey[at + 1] ?? 0) : here;
      wide.low[at] = Math.min(left, here, right);
      wide.high[at] = Math.max(left, here, right);
    }
  }
  for (let at = 0; at < grey.length; at += 1) {
    const above = at >= columns ? at - columns : at;
    const below = at + columns < grey.length ? at + columns : at;
    low[at] = Math.min(wide.low[above] ?? 0, wide.low[at] ?? 0, wide.low[below] ?? 0);
    high[at] = Math.max(wide.high[above] ?? 0, wide.high[at] ?? 0, wide.high[below] ?? 0);
  }
}
