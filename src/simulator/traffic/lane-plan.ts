import { laneId } from '../../base/ids.ts';

/** A loop's detection zone, in metres along the lane: occupied while any vehicle overlaps it. */
export interface LoopZone {
  readonly loop: string;
  readonly startM: number;
  readonly endM: number;
}

/** One lane of the virtual intersection; positions are metres along its direction from its upstream end. */
export interface LanePlan {
  readonly lane: string;
  /** A vehicle is gone when it has left the lane's whole length. */
  readonly lengthM: number;
  /** In the order in which traffic meets them: entry, exit. */
  readonly loops: readonly [LoopZone, LoopZone];
  readonly stopLineM: number | null;
  /** The stretch that the camera judges; null where no camera looks. */
  readonly viewM: { readonly from: number; readonly to: number } | null;
}

export const LOOP_LENGTH_M = 2;
/** Leading edge to leading edge of a dual-loop station. */
export const LOOP_SPACING_M = 4.5;

/** `north`: from a tunnel mouth past the camera; no signal near enough to queue back onto it. */
export const NORTH_LENGTH_M = 120;
export const NORTH_COUNT_LINE_M = 97;
/** What the camera judges: from small but recognisable to just before the picture's lower edge. */
export const NORTH_VIEW_M = { from: 72, to: 105 };

/** `east`: a stop line at the end, with a station where the first two vehicles of a queue stand. */
const EAST_LENGTH_M = 290;
const EAST_STOP_LINE_M = 250;
const EAST_ENTRY_LOOP_M = 239;

export const NORTH_LANES: readonly LanePlan[] = [1, 2, 3].map((number) => ({
  lane: laneId('north', number),
  lengthM: NORTH_LENGTH_M,
  loops: station(`n${number}`, NORTH_COUNT_LINE_M),
  stopLineM: null,
  viewM: NORTH_VIEW_M,
}));

export const EAST_LANES: readonly LanePlan[] = [1, 2].map((number) => ({
  lane: laneId('east', number),
  lengthM: EAST_LENGTH_M,
  loops: station(`e${number}`, EAST_ENTRY_LOOP_M),
  stopLineM: EAST_STOP_LINE_M,
  viewM: null,
}));

function station(name: string, entryM: number): readonly [LoopZone, LoopZone] {
  const exitM = entryM + LOOP_SPACING_M;
  return [
    { loop: `${name}a`, startM: entryM, endM: entryM + LOOP_LENGTH_M },
    { loop: `${name}b`, startM: exitM, endM: exitM + LOOP_LENGTH_M },
  ];
}
