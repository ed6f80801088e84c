import type { FaultLimits, LaneKind } from '../../traffic/site-definition.ts';

/** The part that depends on the lane; the quiet hours belong to the site. */
export type LaneFaultLimits = Omit<FaultLimits, 'quietHours'>;

const HOUR_S = 3600;

/*
 * Sources of the figures:
 * - IRIS, the open-source traffic management system of the Minnesota DOT, DetectorImpl.java and LaneCode.java: more
 *   than 37 pulses in 30 s; locked on after 2 min on the mainline and 30 min on ramps; no hits after 4 h on the
 *   mainline, 8 h on exits and HOV lanes, 12 h in queue and merge lanes, 24 h in auxiliary lanes; the same
 *   occupancy for 24 h; spikes of 25 % that add up to 60 s. Its Canoga driver takes no pulse below 20 ms.
 * - PeMS, as rebuilt in public for Caltrans (github cagov/caldata-mdsa-caltrans-pems): occupancy without vehicles in
 *   2 % of the samples, on the mainline only.
 * - Siemens 3U outstation handbook: a pair is faulty after 1 to 32 consecutive detections on one loop only.
 * - NTCIP 1202 controllers in the field: maximum presence 10 min.
 * - Ours, because no published figure was found: shortPulsePct, crosstalkPct, disagreementPct, and what is said beside
 *   a figure below.
 */
const THROUGH: LaneFaultLimits = {
  lockedOnS: 120, // IRIS, mainline
  noHitsS: 4 * HOUR_S, // IRIS, mainline
  chatterPer30S: 37, // IRIS
  constantS: 24 * HOUR_S, // IRIS
  spikePct: 25, // IRIS
  spikeHoldS: 60, // IRIS
  mismatchPct: 2, // PeMS
  shortPulseMs: 20, // IRIS, Canoga
  shortPulsePct: 5, // ours
  pairMismatches: 8, // within the range of the Siemens 3U
  crosstalkPct: 20, // ours
  disagreementPct: 30, // ours
};

/**
 * Where vehicles wait, an output that stays on for a red, occupancies that jump by 100 % and bins with
 * occupancy and no new vehicle are traffic: the rules about them are wider or off.
 */
const WAITING: LaneFaultLimits = {
  ...THROUGH,
  lockedOnS: 1800, // IRIS, ramps: vehicles queue there
  noHitsS: 12 * HOUR_S, // IRIS, queue lanes
  spikePct: 0,
  mismatchPct: 0,
};

export const FAULT_LIMITS_BY_KIND: Readonly<Record<LaneKind, LaneFaultLimits>> = {
  through: THROUGH,
  'stop-line': WAITING,
  turn: { ...WAITING, noHitsS: 8 * HOUR_S }, // IRIS, exits
  ramp: WAITING, // IRIS, ramps and merge lanes
  bus: {
    ...WAITING,
    lockedOnS: 600, // NTCIP 1202 practice: a bus stands for minutes at most
    noHitsS: 8 * HOUR_S, // IRIS, HOV lanes
  },
  'non-motor': {
    ...WAITING,
    noHitsS: 24 * HOUR_S, // IRIS, auxiliary lanes
    chatterPer30S: 75, // ours: bicycles come in bunches and side by side
    pairMismatches: 32, // the widest of the Siemens 3U: a bicycle often crosses the edge of one loop only
  },
};
