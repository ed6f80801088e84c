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
}

/** One lane as one camera sees it, in pixels of the camera's configured picture. */
export interface CameraLaneDefinition {
  readonly lane: string;
  readonly polygon: readonly PointPx[];
  /** A vehicle whose foot crosses this segment in the lane's direction is one passage. */
  readonly countLine: readonly [PointPx, PointPx];
  /** From → to: the way that traffic in this lane is allowed to move. */
  readonly direction: readonly [PointPx, PointPx];
}

export interface IncidentRules {
  readonly stoppedVehicle: {
    /** A vehicle slower than this stands. */
    readonly belowKmh: number;
    /** How long it must stand before the incident opens. */
    readonly dwellS: number;
    /** How long the lane must be free of standing vehicles before it closes. */
    readonly clearS: number;
  };
  readonly wrongWay: {
    readonly aboveKmh: number;
    readonly dwellS: number;
    /** Distance travelled against the lane's direction before the incident opens, in metres. */
    readonly distanceM: number;
    readonly clearS: number;
  };
}
