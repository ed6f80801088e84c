import { type LanePlan, NORTH_COUNT_LINE_M, NORTH_LANES } from '../traffic/lane-plan.ts';

/**
 * A place on the road in metres: [x, y], with x from the outer kerb towards the median (to the right in the
 * picture) and y upstream from the counting line (away from the camera).
 */
export type GroundPoint = readonly [number, number];

export const LANE_WIDTH_M = 3.5;
export const ROAD_WIDTH_M = LANE_WIDTH_M * NORTH_LANES.length;
/** Traffic comes out of a tunnel whose mouth stands here; deeper inside than this no light falls. */
export const TUNNEL_MOUTH_YM = 84;
export const TUNNEL_DARK_YM = 87;
/** Loops leave half a metre to either side of the lane. */
const LOOP_MARGIN_M = 0.5;

/** Lane 1 lies at the median, so the highest number lies at the kerb. */
export function laneEdges(lane: LanePlan): { readonly fromXM: number; readonly toXM: number } {
  const toXM = ROAD_WIDTH_M - NORTH_LANES.indexOf(lane) * LANE_WIDTH_M;
  return { fromXM: toXM - LANE_WIDTH_M, toXM };
}

export function laneCentreXM(lane: LanePlan): number {
  const { fromXM, toXM } = laneEdges(lane);
  return (fromXM + toXM) / 2;
}

/** From metres along the lane to the ground's y, which counts the other way. */
export function groundYM(alongM: number): number {
  return NORTH_COUNT_LINE_M - alongM;
}

/** A loop's four corners in the road, upstream edge first. */
export function loopCorners(lane: LanePlan, zone: LanePlan['loops'][number]): readonly GroundPoint[] {
  const { fromXM, toXM } = laneEdges(lane);
  const left = fromXM + LOOP_MARGIN_M;
  const right = toXM - LOOP_MARGIN_M;
  const upstream = groundYM(zone.startM);
  const downstream = groundYM(zone.endM);
  return [
    [left, upstream],
    [right, upstream],
    [right, downstream],
    [left, downstream],
  ];
}
