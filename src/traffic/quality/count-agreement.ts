import type { Verdict } from './count-suspect.ts';
import type { RuleState } from './rules/rule.ts';

/** Counts are compared in cells of this width, so that a lag between the two places can be found. */
export const CELL_MS = 5000;
/** Loop and camera line lie at most this far apart in time. */
const MAX_LAG_CELLS = 6;
/** A comparison ends with so many vehicles, or after half an hour with enough of them to say anything. */
const WINDOW_VEHICLES = 50;
const WINDOW_CELLS = 360;
const LEAST_VEHICLES = 10;
/** Successive windows that must disagree. */
const WINDOWS_TO_OPEN = 2;

interface Cell {
  /** Vehicles by the loop's edges (or its device), by the card's counter, and by the camera. */
  readonly seen: number;
  readonly counted: number;
  readonly camera: number;
}
const EMPTY_CELL: Cell = { seen: 0, counted: 0, camera: 0 };

/** One lane that a loop and a camera both count. */
export interface CountAgreement extends RuleState {
  /** From `startMs`, without a hole in what both could see. */
  readonly cells: readonly Cell[];
  readonly startMs: number;
  /** Cells looked at already. */
  readonly judgedCells: number;
  /** Until when each could see. */
  readonly readToMs: { readonly loop: number; readonly camera: number };
  readonly windowsBeyond: number;
  readonly beyondSinceMs: number;
  /** The last whole comparison. */
  readonly last: Comparison | null;
  /** Who is probably wrong, as of the last comparison; null while they agree. */
  readonly verdict: Verdict | null;
}

export interface Comparison {
  readonly fromMs: number;
  readonly loopCount: number;
  readonly cameraCount: number;
  readonly lagMs: number;
  readonly differencePct: number;
}

/** @param faulty a disagreement that is known from before a restart */
export function openAgreement(
  atMs: number,
  faulty: { readonly sinceMs: number; readonly verdict: Verdict } | null,
): CountAgreement {
  return {
    ...{ faultySinceMs: faulty?.sinceMs ?? null, verdict: faulty?.verdict ?? null, last: null },
    ...{ cells: [], startMs: atMs, judgedCells: 0, readToMs: { loop: atMs, camera: atMs } },
    ...{ windowsBeyond: faulty === null ? 0 : WINDOWS_TO_OPEN, beyondSinceMs: faulty?.sinceMs ?? atMs },
  };
}

/** Vehicles that one side counted between two moments. */
export function countIn(
  state: CountAgreement,
  side: keyof Cell,
  span: { readonly fromMs: number; readonly toMs: number; readonly count: number },
): CountAgreement {
  const first = Math.floor((span.fromMs - state.startMs) / CELL_MS);
  const last = Math.floor((span.toMs - state.startMs) / CELL_MS);
  if (last < 0 || span.count === 0 || last > state.judgedCells + WINDOW_CELLS) return state;
  const cells = [...state.cells];
  while (cells.length <= last) cells.push(EMPTY_CELL);
  const each = span.count / (last - first + 1);
  for (let at = Math.max(0, first); at <= last; at += 1) {
    const cell = cells[at] ?? EMPTY_CELL;
    cells[at] = { ...cell, [side]: cell[side] + each };
  }
  return { ...state, cells };
}

/** One side was read for a time, or was not: then nothing can be compared with it and the window begins again. */
export function readIn(
  state: CountAgreement,
  side: 'loop' | 'camera',
  span: { readonly fromMs: number; readonly toMs: number; readonly isRead: boolean },
): CountAgreement {
  const readToMs = { ...state.readToMs, [side]: Math.max(state.readToMs[side], span.toMs) };
  const hasHole = !span.isRead || span.fromMs - state.readToMs[side] > CELL_MS;
  return hasHole
    ? restart({ ...state, readToMs }, span.isRead ? span.fromMs : span.toMs)
    : { ...state, readToMs };
}

/** Leaves what was counted behind, because one side is known to be faulty. */
export function restart(state: CountAgreement, atMs: number): CountAgreement {
  return { ...state, cells: [], startMs: Math.max(atMs, state.startMs), judgedCells: 0 };
}

/**
 * Compares the counts as soon as there are enough of them.
 *
 * @param settledMs what lies before this moment is complete on both sides
 */
export function judgeAgreement(state: CountAgreement, settledMs: number, limitPct: number): CountAgreement {
  const knownToMs = Math.min(settledMs, state.readToMs.loop, state.readToMs.camera);
  const known = Math.floor((knownToMs - state.startMs) / CELL_MS);
  if (known <= state.judgedCells) return state;
  const from = MAX_LAG_CELLS;
  const to = known - MAX_LAG_CELLS;
  const core = Array.from({ length: Math.max(0, to - from) }, (_, i) => state.cells[from + i] ?? EMPTY_CELL);
  const most = Math.max(total(core, 'seen'), total(core, 'counted'), total(core, 'camera'));
  const isWhole = most >= WINDOW_VEHICLES || core.length >= WINDOW_CELLS;
  if (!isWhole) return { ...state, judgedCells: known };
  const next = {
    ...state,
    cells: state.cells.slice(to - MAX_LAG_CELLS),
    startMs: state.startMs + (to - MAX_LAG_CELLS) * CELL_MS,
    judgedCells: known - (to - MAX_LAG_CELLS),
  };
  if (most < LEAST_VEHICLES) return next;
  const last = { fromMs: state.startMs + from * CELL_MS, ...compare(state.cells, from, to) };
  if (last.differencePct <= limitPct) {
    return { ...next, last, verdict: null, faultySinceMs: null, windowsBeyond: 0 };
  }
  const windowsBeyond = state.windowsBeyond + 1;
  const beyondSinceMs = state.windowsBeyond === 0 ? last.fromMs : state.beyondSinceMs;
  const opens = windowsBeyond >= WINDOWS_TO_OPEN;
  const faultySinceMs = state.faultySinceMs ?? (opens ? beyondSinceMs : null);
  return { ...next, last, windowsBeyond, beyondSinceMs, faultySinceMs };
}

/** The counts at the lag at which the two series look most alike. */
function compare(cells: readonly Cell[], from: number, to: number): Omit<Comparison, 'fromMs'> {
  const core = cells.slice(from, to);
  // A card's counter also knows the vehicles that fell between two readings.
  const side = total(core, 'counted') > total(core, 'seen') ? 'counted' : 'seen';
  let best = { lag: 0, unlike: Number.POSITIVE_INFINITY };
  for (let step = 0; step <= 2 * MAX_LAG_CELLS; step += 1) {
    // 0, 1, -1, 2, -2 …: of equal likeness the shorter lag.
    const lag = step % 2 === 0 ? -step / 2 : (step + 1) / 2;
    let unlike = 0;
    for (let at = from; at < to; at += 1) {
      unlike += Math.abs((cells[at]?.[side] ?? 0) - (cells[at + lag]?.camera ?? 0));
    }
    if (unlike < best.unlike) best = { lag, unlike };
  }
  const loopCount = total(core, side);
  const cameraCount = total(cells.slice(from + best.lag, to + best.lag), 'camera');
  const differencePct = (100 * Math.abs(loopCount - cameraCount)) / Math.max(loopCount, cameraCount, 1);
  return { loopCount, cameraCount, lagMs: best.lag * CELL_MS, differencePct };
}

function total(cells: readonly Cell[], side: keyof Cell): number {
  return cells.reduce((sum, cell) => sum + cell[side], 0);
}
