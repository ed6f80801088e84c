import { laneId } from '../base/ids.ts';
import { calibrateRoad } from '../base/road-plane.ts';
import { round, roundOrNull } from '../base/units.ts';
import { cameraOf } from '../catalog/derive/site-definition.ts';
import type { Camera, Site } from '../catalog/schema/site.ts';
import { MAX_SPEED_UNCERTAINTY_PCT } from '../traffic/passages/ground-speed.ts';
import { lineViewOf } from '../traffic/passages/line-view.ts';

/** How well a camera is calibrated, and what that is worth at each counting line. */
export interface CameraGeometry {
  readonly marks: number;
  readonly marksAccuracyM: number;
  /** Root mean square of how far the marks are from where the plane puts them; four marks always fit. */
  readonly errorPx: number;
  readonly errorM: number;
  /** The mark, from 1, that lies farthest from where the others put it; null with four. */
  readonly worstMark: { readonly mark: number; readonly errorM: number } | null;
  readonly lines: readonly LineGeometry[];
}

export interface LineGeometry {
  readonly lane: string;
  /** Metres along the lane for one pixel, at the line's nearer and farther end. */
  readonly nearMPerPx: number;
  readonly farMPerPx: number;
  /** Of a car at the lane's speed limit; null where the plane does not reach. */
  readonly speedKmh: number;
  readonly speedUncertaintyPct: number | null;
  readonly hasSpeed: boolean;
  readonly hasLength: boolean;
}

/** @returns null for a camera without marks */
export function cameraGeometry(camera: Camera, site: Site): CameraGeometry | null {
  const { groundPlane, marksAccuracyM } = camera;
  if (groundPlane === undefined) return null;
  const { marks, rmsPx, rmsM } = calibrateRoad(groundPlane, { marksAccuracyM });
  const [worst] = marks
    .flatMap(({ leftOut }, index) => (leftOut === null ? [] : [{ mark: index + 1, errorM: leftOut.errorM }]))
    .toSorted((a, b) => b.errorM - a.errorM);
  return {
    marks: marks.length,
    marksAccuracyM,
    errorPx: round(rmsPx, 1),
    errorM: round(rmsM, 2),
    worstMark: worst === undefined ? null : { ...worst, errorM: round(worst.errorM, 2) },
    lines: linesOf(camera, site),
  };
}

function linesOf(camera: Camera, { approaches }: Site): readonly LineGeometry[] {
  const limits = new Map(
    approaches.flatMap(({ id, lanes }) =>
      lanes.map(({ number, speedLimitKmh }) => [laneId(id, number), speedLimitKmh] as const),
    ),
  );
  const definition = cameraOf(camera);
  return definition.lanes.flatMap((lane): LineGeometry[] => {
    const speedKmh = limits.get(lane.lane);
    const view = speedKmh === undefined ? null : lineViewOf(definition, lane, speedKmh);
    if (speedKmh === undefined || view === null) return [];
    const uncertaintyPct = view.speed?.uncertaintyPct ?? null;
    return [
      {
        lane: lane.lane,
        nearMPerPx: round(view.nearMPerPx, 3),
        farMPerPx: round(view.farMPerPx, 3),
        speedKmh,
        speedUncertaintyPct: roundOrNull(uncertaintyPct, 1),
        hasSpeed: uncertaintyPct !== null && uncertaintyPct <= MAX_SPEED_UNCERTAINTY_PCT,
        hasLength: view.showsLength,
      },
    ];
  });
}
