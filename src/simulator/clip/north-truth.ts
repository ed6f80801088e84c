import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { type CameraView, NORTH_CAMERA } from '../scene/camera-view.ts';
import { drawLane, drawPoint, type LaneDrawing, type PicturePoint } from '../scene/lane-drawing.ts';
import { type GroundPoint, LANE_WIDTH_M, loopCorners, ROAD_WIDTH_M } from '../scene/road-layout.ts';
import { createIntersection } from '../traffic/intersection.ts';
import { NORTH_LANES } from '../traffic/lane-plan.ts';
import type { LoopChange, RoadChange, ScriptMark, TruePassage } from '../traffic/road-change.ts';
import { NORTH_CYCLE_MS } from '../traffic/scenario.ts';

/** The clip that the simulated camera shows: H.264, NORTH_CYCLE_MS long, made to be looped. */
export const NORTH_CLIP_FILE = join(import.meta.dirname, 'north.mp4');
/** What is true in it: a NorthTruth as JSON. */
export const NORTH_TRUTH_FILE = join(import.meta.dirname, 'north.truth.json');

/**
 * Everything that is known about one cycle of `north` because it was made up: where the camera stands, how
 * its picture and the road belong together, and who drove where when. Times are ms of the clip.
 */
export interface NorthTruth {
  readonly cycleMs: number;
  readonly camera: CameraView;
  /** Places on the road that the picture shows, for the calibration of the ground plane. */
  readonly groundPlane: readonly { readonly px: PicturePoint; readonly m: GroundPoint }[];
  readonly lanes: readonly LaneDrawing[];
  readonly loops: readonly {
    readonly loop: string;
    readonly cornersM: readonly GroundPoint[];
    readonly cornersPx: readonly PicturePoint[];
  }[];
  readonly passages: readonly TruePassage[];
  readonly loopChanges: readonly LoopChange[];
  readonly scripts: readonly ScriptMark[];
}

/** Works the truth out from the plan of the road, the camera and the scenario: what the clip has to show. */
export function buildNorthTruth(): NorthTruth {
  const changes = createIntersection({ seed: 0 }).advance(NORTH_CYCLE_MS).filter(isNorth);
  return {
    cycleMs: NORTH_CYCLE_MS,
    camera: NORTH_CAMERA,
    groundPlane: GROUND_MARKS.map((m) => ({ px: drawPoint(NORTH_CAMERA, m), m })),
    lanes: NORTH_LANES.map((lane) => drawLane(NORTH_CAMERA, lane)),
    loops: NORTH_LANES.flatMap((lane) =>
      lane.loops.map((zone) => {
        const cornersM = loopCorners(lane, zone);
        const cornersPx = cornersM.map((corner) => drawPoint(NORTH_CAMERA, corner));
        return { loop: zone.loop, cornersM, cornersPx };
      }),
    ),
    passages: changes.filter((change) => change.kind === 'passage'),
    loopChanges: changes.filter((change) => change.kind === 'loop'),
    scripts: changes.filter((change) => change.kind === 'script'),
  };
}

/** Reads the truth that was written together with the clip. */
export async function readNorthTruth(): Promise<NorthTruth> {
  return JSON.parse(await readFile(NORTH_TRUTH_FILE, 'utf8')) as NorthTruth;
}

/** Marks at lane edges, near and far, all within the picture. */
const GROUND_MARKS: readonly GroundPoint[] = [
  [0, 24],
  [LANE_WIDTH_M, 24],
  [ROAD_WIDTH_M, 24],
  [0, 10],
  [2 * LANE_WIDTH_M, 10],
  [ROAD_WIDTH_M, 10],
  [0, 0],
  [LANE_WIDTH_M, -4],
  [ROAD_WIDTH_M, -4],
];

function isNorth(change: RoadChange): boolean {
  return change.kind === 'loop'
    ? NORTH_LANES.some(({ loops }) => loops.some(({ loop }) => loop === change.loop))
    : NORTH_LANES.some(({ lane }) => lane === change.lane);
}
