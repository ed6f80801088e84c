import type { CameraView } from '../../../src/simulator/scene/camera-view.ts';
import type { LanePlan } from '../../../src/simulator/traffic/lane-plan.ts';

/**
 * A street of two carriageways, seen from a mast at the outer kerb. Ground x runs from that kerb to the right, y away
 * from the camera, metres; the counting lines of oncoming traffic lie at y = 0.
 */
export const STREET_CAMERA: CameraView = {
  positionM: [-2.4, 6.8, -16],
  lookAtM: [5.1, 0.4, 6.5],
  verticalFovDeg: 33,
  picture: { widthPx: 960, heightPx: 540 },
  crop: { x: 64, y: 28, widthPx: 832, heightPx: 512 },
  framesPerSecond: 10,
};

export interface StreetLane {
  readonly lane: string;
  /** Against or with the camera's view; also what the truth calls the direction. */
  readonly heading: 'toward' | 'away';
  readonly fromXM: number;
  readonly toXM: number;
  /** In the direction of travel. */
  readonly startYM: number;
  readonly endYM: number;
  readonly lineYM: number;
  readonly plan: LanePlan;
}

const LANE_WIDTH_M = 3.5;
const MEDIAN_M = 2.4;
/** Where along its plan a lane meets its counting line. */
const ALONG_LINE_M = 90;
const TUNNEL_MOUTH_YM = 84;

export const STREET_LANES: readonly StreetLane[] = [
  lane({ lane: 'clip-1', heading: 'toward', fromXM: LANE_WIDTH_M, startYM: 26, endYM: -7, lineYM: 0 }),
  lane({ lane: 'clip-2', heading: 'toward', fromXM: 0, startYM: 26, endYM: -7, lineYM: 0 }),
  lane({
    ...{ lane: 'clip-3', heading: 'away', fromXM: 2 * LANE_WIDTH_M + MEDIAN_M },
    ...{ startYM: -3, endYM: 30, lineYM: 7 },
  }),
];

/** What the page draws the surroundings from; x, y and overhang of each street lamp. */
export const STREET_LAYOUT = {
  roadWidth: 2 * LANE_WIDTH_M,
  laneWidth: LANE_WIDTH_M,
  tunnelMouth: TUNNEL_MOUTH_YM,
  tunnelDark: TUNNEL_MOUTH_YM + 3,
  loops: [],
  streetLamps: [
    ...[-4, 24, 52, 80].map((yM) => [-2.8, yM, 2.2]),
    ...[10, 38, 66].map((yM) => [19.2, yM, -2.2]),
  ],
};

/** Marks on the road for the calibration: ends of lane lines and kerbs. */
export const STREET_MARKS: readonly (readonly [number, number])[] = [
  [0, 24],
  [7, 24],
  [12.9, 24],
  [0, 8],
  [3.5, 10],
  [12.9, 8],
  [3.5, 0],
  [7, -4],
  [0, -3],
];

function lane(from: Omit<StreetLane, 'toXM' | 'plan'>): StreetLane {
  const station = (startM: number, name: string) => ({ loop: name, startM, endM: startM + 2 });
  return {
    ...from,
    toXM: from.fromXM + LANE_WIDTH_M,
    plan: {
      lane: from.lane,
      lengthM: ALONG_LINE_M + 60,
      loops: [station(ALONG_LINE_M, 'a'), station(ALONG_LINE_M + 4.5, 'b')],
      stopLineM: null,
      viewM: null,
    },
  };
}

/** From metres along a lane's plan to the ground's y. */
export function streetYM({ heading, lineYM }: StreetLane, alongM: number): number {
  const beyondM = alongM - ALONG_LINE_M;
  return heading === 'toward' ? lineYM - beyondM : lineYM + beyondM;
}

/** From the ground's y to metres along a lane's plan. */
export function alongStreetM({ heading, lineYM }: StreetLane, yM: number): number {
  return ALONG_LINE_M + (heading === 'toward' ? lineYM - yM : yM - lineYM);
}
