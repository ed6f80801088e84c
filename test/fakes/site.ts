import { calibrateRoad } from '../../src/base/road-plane.ts';
import type {
  CameraDefinition,
  ClassScheme,
  FaultLimits,
  IncidentRules,
  LaneDefinition,
  LaneKind,
  LoopDefinition,
  SiteDefinition,
  StationDefinition,
} from '../../src/traffic/site-definition.ts';

/** Definitions as a checked site file yields them, to be changed where a test cares. */

const CLASSES: ClassScheme = {
  scheme: 'gbt43229',
  bins: [
    { name: 'c', belowM: 6 },
    { name: 'b', belowM: 12 },
    { name: 'a', belowM: 100 },
  ],
};

const FAULT_LIMITS: FaultLimits = {
  lockedOnS: 120,
  noHitsS: 0,
  chatterPer30S: 0,
  constantS: 0,
  spikePct: 0,
  spikeHoldS: 0,
  mismatchPct: 0,
  shortPulseMs: 0,
  shortPulsePct: 0,
  pairMismatches: 0,
  crosstalkPct: 0,
  disagreementPct: 0,
  quietHours: null,
};

const ALL_LANES: readonly LaneKind[] = ['through', 'stop-line', 'turn', 'ramp', 'bus', 'non-motor'];

export const INCIDENT_RULES: IncidentRules = {
  coolDownS: 180,
  confirmS: 60,
  unseenS: 300,
  stoppedVehicle: {
    belowKmh: 5,
    dwellS: 5,
    clearS: 3,
    lanes: ALL_LANES,
    waitS: { through: 0, 'stop-line': 180, turn: 180, ramp: 0, bus: 120, 'non-motor': 0 },
  },
  wrongWay: { aboveKmh: 8, dwellS: 1, distanceM: 8, clearS: 3, lanes: ALL_LANES },
  pedestrian: { dwellS: 4, clearS: 3, lanes: ['through', 'ramp'] },
  cyclist: { dwellS: 4, clearS: 3, lanes: ['ramp'] },
  congestion: {
    dwellS: 10,
    clearS: 10,
    lanes: ALL_LANES,
    queueLengthM: 50,
    laneSharePct: 60,
    occupancyPct: 70,
    belowKmh: 20,
  },
  slowTraffic: { dwellS: 20, clearS: 20, lanes: ['through', 'ramp'], belowPct: 40, vehicles: 4 },
  objectOnRoad: { dwellS: 20, clearS: 10, lanes: ['through', 'ramp'] },
  collision: { dwellS: 0.2, clearS: 30, lanes: ALL_LANES },
};

export function loopDefinition(changes: Partial<LoopDefinition> & { readonly loop: string }): LoopDefinition {
  return {
    detector: 1,
    device: 'card',
    bus: 'rs485',
    evidence: { kind: 'polled-edges', pollMs: 10, accumulatesOccupancy: false },
    latencyMs: 0,
    ...changes,
  };
}

/** Loops `a` and `b`, 4.5 m apart and 2 m long. */
export function dualStation(changes: Partial<StationDefinition> = {}): StationDefinition {
  return {
    entry: loopDefinition({ loop: 'a', detector: 1 }),
    exit: loopDefinition({ loop: 'b', detector: 2 }),
    spacingM: 4.5,
    loopLengthM: 2,
    effectiveLengthM: 6.7,
    atStopLine: false,
    ...changes,
  };
}

/** Loop `a` alone. */
export function singleStation(changes: Partial<StationDefinition> = {}): StationDefinition {
  return { ...dualStation(), exit: null, spacingM: null, ...changes };
}

export function laneDefinition(
  changes: Partial<LaneDefinition> & { readonly faults?: Partial<FaultLimits> } = {},
): LaneDefinition {
  const { faults, ...lane } = changes;
  return {
    lane: 'north-1',
    approach: 'north',
    number: 1,
    kind: 'through',
    speedLimitKmh: 60,
    station: dualStation(),
    usualSource: 'loop',
    classScheme: CLASSES,
    faultLimits: { ...FAULT_LIMITS, ...faults },
    ...lane,
  };
}

export function siteDefinition(changes: Partial<SiteDefinition> = {}): SiteDefinition {
  return {
    site: 'test-site',
    configRev: 'abc',
    intervalsS: [20, 60],
    utcOffsetMin: 480,
    lanes: [laneDefinition()],
    cameras: [],
    incidents: INCIDENT_RULES,
    ...changes,
  };
}

/** A lane with loop `a` alone. */
export function singleLoopLane(changes: Parameters<typeof laneDefinition>[0] = {}): LaneDefinition {
  return laneDefinition({ station: singleStation(), ...changes });
}

/** A site with one lane, and a camera that looks down it: 1000 px long, 100 px wide, the line in the middle. */
export function siteWith(lane: LaneDefinition, changes: Partial<SiteDefinition> = {}): SiteDefinition {
  return siteDefinition({
    lanes: [lane],
    cameras: [
      {
        camera: 'cam',
        framesPerSecond: 10,
        lanes: [
          {
            lane: lane.lane,
            polygon: [
              [0, 0],
              [100, 0],
              [100, 1000],
              [0, 1000],
            ],
            countLine: [
              [0, 500],
              [100, 500],
            ],
            direction: [
              [50, 0],
              [50, 1000],
            ],
            stopLine: null,
          },
        ],
        zones: [],
        plane: null,
        visible: [0, 0, 100, 1000],
      },
    ],
    ...changes,
  });
}

/** The same camera straight above the road, ten pixels to the metre, its marks measured exactly. */
export function siteSeenFromAbove(
  lane = laneDefinition(),
  changes: Partial<CameraDefinition> = {},
): SiteDefinition {
  const corners: readonly (readonly [number, number])[] = [
    [0, 0],
    [100, 0],
    [100, 1000],
    [0, 1000],
  ];
  const marks = corners.map((px) => ({ px, m: [px[0] / 10, -px[1] / 10] as const }));
  const { plane } = calibrateRoad(marks, { marksAccuracyM: 0.02 });
  const site = siteWith(lane);
  return { ...site, cameras: site.cameras.map((camera) => ({ ...camera, plane, ...changes })) };
}
