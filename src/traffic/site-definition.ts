import type { RoadPlane } from '../base/road-plane.ts';

/** The part of a site's configuration that the domain needs: plain, frozen, already checked by catalog/. */
export interface SiteDefinition {
  readonly site: string;
  /** Changes whenever the configuration that shapes the figures changes; part of every record. */
  readonly configRev: string;
  /** Widths of the flow intervals, in seconds; each divides an hour or a day, so that starts are aligned. */
  readonly intervalsS: readonly number[];
  /** Local time minus UTC, minutes: thresholds by time of day mean the time on the road. */
  readonly utcOffsetMin: number;
  readonly lanes: readonly LaneDefinition[];
  readonly cameras: readonly CameraDefinition[];
  readonly incidents: IncidentRules;
}

/** What a lane is for; fault limits differ by it (a stop line is occupied for a whole red, a ramp is often empty). */
export type LaneKind = 'through' | 'stop-line' | 'turn' | 'ramp' | 'bus' | 'non-motor';

export interface LaneDefinition {
  readonly lane: string;
  readonly approach: string;
  /** Counted from the median outwards; numbers that differ by one are neighbours. */
  readonly number: number;
  readonly kind: LaneKind;
  readonly speedLimitKmh: number;
  readonly station: StationDefinition | null;
  /** Which source leads while both can be believed. */
  readonly usualSource: 'loop' | 'camera';
  readonly classScheme: ClassScheme;
  readonly faultLimits: FaultLimits;
}

/** Length bins, shortest first; a length belongs to the first bin that it is below. */
export interface ClassScheme {
  readonly scheme: string;
  readonly bins: readonly { readonly name: string; readonly belowM: number }[];
}

/** When a loop's figures are no longer believed. All are per loop; 0 switches a rule off. */
export interface FaultLimits {
  /** An output that stays on longer than this is a locked-on detector, not traffic. */
  readonly lockedOnS: number;
  /** No vehicle for this long, counted in active hours only. */
  readonly noHitsS: number;
  /** More pulses than this in 30 s are chatter (IRIS: 37). */
  readonly chatterPer30S: number;
  /** 30 s occupancies above 0 that stay identical for this long (IRIS, PeMS). */
  readonly constantS: number;
  /** Jumps of at least this many percentage points between 30 s occupancies, held for spikeHoldS (IRIS: 25). */
  readonly spikePct: number;
  readonly spikeHoldS: number;
  /** Share of 30 s bins that contradict themselves (vehicles without occupancy or the reverse), percent (PeMS: 2). */
  readonly mismatchPct: number;
  /** Pulses shorter than this are no vehicles; as share of all pulses, percent. */
  readonly shortPulseMs: number;
  readonly shortPulsePct: number;
  /** Consecutive vehicles seen by one loop of a pair only (Siemens 3U: 1-32). */
  readonly pairMismatches: number;
  /** Share of pulses that coincide with a pulse of the neighbouring lane in both edges, percent. */
  readonly crosstalkPct: number;
  /** Loop and camera counts that differ by more than this share over the comparison window, percent. */
  readonly disagreementPct: number;
  /** Local hours [from, to) in which few vehicles come: noHitsS and constantS are multiplied. */
  readonly quietHours: { readonly fromH: number; readonly toH: number; readonly factor: number } | null;
}

/** The loops of one lane at one place. A dual-loop station has both `entry` and `exit`. */
export interface StationDefinition {
  /** The loop that a vehicle in the lane's direction meets first; its leading edge is the reference line. */
  readonly entry: LoopDefinition;
  readonly exit: LoopDefinition | null;
  /** Distance between the leading edges of the two loops, in metres. */
  readonly spacingM: number | null;
  /** Extent of one loop along the road, in metres. */
  readonly loopLengthM: number;
  /** Vehicle length plus loop length to begin with, m; the lane learns its own (PeMS, IRIS: 6.7 m). */
  readonly effectiveLengthM: number;
  /** True when the loops lie at the stop line: a standing vehicle there is a queue, not a fault. */
  readonly atStopLine: boolean;
}

/** What a device can tell about one loop; decides which figures can be made of it, and how. */
export type LoopEvidence =
  /** Presence found by polling: edges are as sharp as the poll period. */
  | { readonly kind: 'polled-edges'; readonly pollMs: number; readonly accumulatesOccupancy: boolean }
  /** Edges that the device stamps itself. */
  | { readonly kind: 'stamped-edges'; readonly resolutionMs: number }
  /** Whole vehicles, measured and stamped by the device. */
  | { readonly kind: 'vehicles' }
  /** Intervals that the device makes, every `periodS`; nothing is known about single vehicles. */
  | { readonly kind: 'intervals'; readonly periodS: number }
  /** A counter and nothing else. */
  | { readonly kind: 'counts' };

export interface LoopDefinition {
  readonly loop: string;
  /** Number of the detector in the high-resolution log: its place among all loops of the site file, from 1. */
  readonly detector: number;
  readonly device: string;
  readonly bus: string;
  readonly evidence: LoopEvidence;
  /** Readings may be this late: a batch device tells about vehicles only when it is asked. */
  readonly latencyMs: number;
}

export type PointPx = readonly [number, number];

export interface CameraDefinition {
  readonly camera: string;
  readonly framesPerSecond: number;
  readonly lanes: readonly CameraLaneDefinition[];
  readonly zones: readonly ZoneDefinition[];
  /** The road plane and how well it is known; null when nobody has measured marks. */
  readonly plane: RoadPlane | null;
  /** The part of the picture that is looked at: x1, y1, x2, y2 in pixels. A box at its border is cut off. */
  readonly visible: readonly [number, number, number, number];
}

/** One lane as one camera sees it, in pixels of the camera's configured picture. */
export interface CameraLaneDefinition {
  readonly lane: string;
  readonly polygon: readonly PointPx[];
  /** A vehicle whose foot crosses this segment in the lane's direction is one passage. */
  readonly countLine: readonly [PointPx, PointPx];
  /** From → to: the way that traffic in this lane is allowed to move. */
  readonly direction: readonly [PointPx, PointPx];
  /** Where vehicles wait at the signal; null where none do, or nobody drew it. */
  readonly stopLine: readonly [PointPx, PointPx] | null;
}

/**
 * What a part of the picture is, beside the lanes. `shoulder`: vehicles that stand and people there are incidents.
 * `crossing`, `bay`, `bus-stop`: who stands or walks there does what the place is for. `ignore`: nothing there is
 * counted or judged. `entry` and `exit`: the ends of turning movements.
 */
export type ZoneKind = 'shoulder' | 'crossing' | 'bay' | 'bus-stop' | 'ignore' | 'entry' | 'exit';

export interface ZoneDefinition {
  readonly zone: string;
  readonly kind: ZoneKind;
  readonly polygon: readonly PointPx[];
  /** The lane that the zone belongs to; null for none in particular. */
  readonly lane: string | null;
}

/** When incidents open, are confirmed, close, and may open again; docs/incidents.md explains the figures. */
export interface IncidentRules {
  /** After a close, the same object does not raise the same kind at the same place again for this long. */
  readonly coolDownS: number;
  /** What one camera has shown for this long without contradiction is confirmed. */
  readonly confirmS: number;
  /** An incident that nobody could see for this long closes as `unseen`. */
  readonly unseenS: number;
  readonly stoppedVehicle: LaneRule & {
    /** A vehicle slower than this stands. */
    readonly belowKmh: number;
    /** How long vehicles wait by design in each kind of lane: a red, a gap, passengers of a bus. */
    readonly waitS: Readonly<Record<LaneKind, number>>;
  };
  readonly wrongWay: LaneRule & {
    readonly aboveKmh: number;
    /** Distance travelled against the lane's direction before the incident opens, in metres. */
    readonly distanceM: number;
  };
  readonly pedestrian: LaneRule;
  readonly cyclist: LaneRule;
  readonly congestion: LaneRule & {
    /** A queue this long, where the camera is calibrated. */
    readonly queueLengthM: number;
    /** A queue over this share of the lane's length in the picture, percent, where it is not. */
    readonly laneSharePct: number;
    /** Occupancy of a loop over 30 s, percent … */
    readonly occupancyPct: number;
    /** … with vehicles slower than this, is a queue over the loop. */
    readonly belowKmh: number;
  };
  readonly slowTraffic: LaneRule & {
    /** Mean speed below this share of the lane's speed limit, percent … */
    readonly belowPct: number;
    /** … of at least so many vehicles in the last minute. */
    readonly vehicles: number;
  };
  readonly objectOnRoad: LaneRule;
  readonly collision: LaneRule;
}

/** What the rules of all kinds have in common. */
export interface LaneRule {
  /** How long it must last before the incident opens. */
  readonly dwellS: number;
  /** How long it must be gone before the incident closes. */
  readonly clearS: number;
  /** The kinds of lane in which it is an incident; none switches the rule off. */
  readonly lanes: readonly LaneKind[];
}
