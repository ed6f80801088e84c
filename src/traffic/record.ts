import type { ClockQuality } from '../base/clock.ts';
import type { MovementInterval } from './movements/movement-interval.ts';
import type { FaultLayer, GapCause, VehicleClass } from './observations/observation.ts';

/** What the fold says of the road and of its sensors. `stream` discriminates. */
export type TrafficRecord =
  | PassageRecord
  | FlowRecord
  | MovementRecord
  | IncidentRecord
  | FaultRecord
  | HiResRecord;
export type TrafficStream = TrafficRecord['stream'];

/**
 * How far the stamps of a record can be trusted. `restamped`: it was made before the clock was set, and its stamps were put
 * right when the error was known; it takes the place of a copy of the same id.
 */
export type RecordClock = ClockQuality | 'restamped';

/** The same for every record. Order is by `seq` within (boot, stream), never by clock. */
export interface RecordHead {
  /** `site/boot/stream/seq`: the key by which a receiver recognises a redelivery. */
  readonly id: string;
  readonly site: string;
  /** Names one run of the agent. */
  readonly boot: string;
  /** Starts at 1 for each boot and stream; a missing number is a missing record. */
  readonly seq: number;
  /** UTC, ms since 1970: when the thing was true on the road. */
  readonly observedAtMs: number;
  readonly clock: RecordClock;
  readonly configRev: string;
}

export type LaneSource = 'loop' | 'camera';

/**
 * How a speed was obtained. `dual-loop`: travel time between two loops. `device`: the detector's own figure.
 * `camera`: displacement on the ground plane. `single-loop`: from flow, occupancy and the lane's learned
 * effective length, for means only, never for one vehicle.
 */
export type SpeedMethod = 'dual-loop' | 'single-loop' | 'device' | 'camera';

/** How occupancy was obtained: from the loop's edges, from the card's own accumulator, from the device's interval. */
export type OccupancyMethod = 'edges' | 'accumulated' | 'device';

/** From what an effective length is known, poorest first: the site file, free flow, a camera, the lane's own pair. */
export type LengthBasis = 'configured' | 'free-flow' | 'camera' | 'measured';

/** What turns flow and occupancy into a mean speed. */
export interface LaneLength {
  /** Vehicle plus loop, as the lane's loop sees them. */
  readonly lengthM: number;
  readonly basis: LengthBasis;
  /** How many vehicles of this basis it rests on. */
  readonly vehicles: number;
}

/** One vehicle over one lane's reference line. */
export interface Passage {
  readonly lane: string;
  readonly source: LaneSource;
  /** Loop id of the reference loop, or camera id. */
  readonly sensor: string;
  readonly direction: 'forward' | 'reverse';
  /** Time the reference loop was occupied, ms. Null when an edge was not seen. */
  readonly onTimeMs: number | null;
  /** Spot speed, km/h. Null where the sensor cannot carry one. */
  readonly speedKmh: number | null;
  readonly speedMethod: Exclude<SpeedMethod, 'single-loop'> | null;
  /**
   * Half width of the interval that holds the true speed, percent of it: of loops surely, as far as the timing of
   * the edges goes; of cameras in 95 of 100 cases, calibration and box jitter included.
   */
  readonly speedUncertaintyPct: number | null;
  /** Vehicle length, m. */
  readonly lengthM: number | null;
  /** The bin of the lane's class scheme that `lengthM` falls into. */
  readonly lengthClass: string | null;
  readonly class: VehicleClass | null;
  /** Front edge to front edge of the vehicle before, ms. */
  readonly headwayMs: number | null;
  /** Rear edge of the vehicle before to this front edge, ms. */
  readonly gapMs: number | null;
  /** True when only the card's counter knew of this vehicle: its moment is uncertain, its speed unknown. */
  readonly counterOnly: boolean;
}

export interface PassageRecord extends RecordHead, Passage {
  readonly stream: 'passage';
}

export interface Gap {
  readonly fromMs: number;
  readonly toMs: number;
  readonly cause: GapCause;
}

/**
 * A lane's aggregate over [startMs, endMs). Every figure is null, never zero, when nothing was measured.
 * Formulas: facts of FHWA/SUMO E1: flow = N·3600/T, occupancy = clipped on-time/T.
 */
export interface FlowInterval {
  readonly lane: string;
  readonly source: LaneSource;
  readonly sensor: string;
  readonly startMs: number;
  readonly endMs: number;
  readonly widthS: number;
  /** True for the one source of this lane and interval to use; the others stand beside it for comparison. */
  readonly lead: boolean;
  /** Why another source leads than the lane's usual one; null when the usual one does. */
  readonly leadReason: 'coverage' | 'distrust' | null;
  /** True when the interval was cut short (start, stop, clock step): `endMs - startMs` < width. */
  readonly partial: boolean;
  /** Vehicles in the lane's direction. */
  readonly count: number | null;
  /** Vehicles against the lane's direction; they are not in `count`. */
  readonly reverseCount: number | null;
  /** Vehicles of `count` that only the card's counter knew. */
  readonly counterOnlyCount: number;
  /** Vehicles of earlier intervals that became known after those had ended; they are not in `count`. */
  readonly lateCount: number;
  /**
   * Whether the readings were close enough together for every vehicle: `coarse` when the poll period exceeds
   * half of the shortest on-time expected in this lane, `resolved` when not, `device` when the device itself
   * detects and counts. Null for cameras.
   */
  readonly resolution: 'resolved' | 'coarse' | 'device' | null;
  /** veh/h, over the time that was observed: silence is left out, readings that are lost here and there are not. */
  readonly flowVehH: number | null;
  /** Share of the observed time that the reference loop was occupied, percent. Cameras: null. */
  readonly occupancyPct: number | null;
  readonly occupancyMethod: OccupancyMethod | null;
  /**
   * Half width of what is left open about `occupancyPct`, percentage points: by the timing of the edges, by
   * differences that an accumulator lost, by vehicles that only the counter knew.
   */
  readonly occupancyUncertaintyPct: number | null;
  /** Arithmetic mean of spot speeds, km/h. Null where less than half of the vehicles have one. */
  readonly timeMeanSpeedKmh: number | null;
  /** Harmonic mean of spot speeds, and of mean speeds over the station of those that did not keep one, km/h. */
  readonly spaceMeanSpeedKmh: number | null;
  /** 85 % of the spot speeds were not above this, km/h. Null below SPEED85_MIN_VEHICLES. */
  readonly speed85Kmh: number | null;
  /** How many vehicles `spaceMeanSpeedKmh` rests on. */
  readonly speedCount: number;
  /** How many of them have a spot speed: `timeMeanSpeedKmh` and `speed85Kmh` rest on those alone. */
  readonly spotSpeedCount: number;
  readonly speedMethod: SpeedMethod | null;
  /** One standard error of `spaceMeanSpeedKmh`, percent of it; for a single loop mostly that of its g-factor. */
  readonly speedUncertaintyPct: number | null;
  /**
   * What was known of the lane's effective length: a `single-loop` speed rests on it, and the next run of the agent
   * goes on from it. Null where no speed may be estimated.
   */
  readonly effectiveLength: LaneLength | null;
  /** Null where more than a twentieth of the vehicles was known to the counter only. */
  readonly meanHeadwayS: number | null;
  readonly meanGapS: number | null;
  readonly meanLengthM: number | null;
  /** Vehicles of `count` by the bins of `classScheme`; `unclassified` holds those without a length. */
  readonly classScheme: string | null;
  readonly classCounts: Readonly<Record<string, number>> | null;
  /** Time that a vehicle stood on the stop-line loop, s. Null where the lane has none. */
  readonly queuePresenceS: number | null;
  /**
   * Longest queue that the camera saw, from the stop line back to the rear of the last vehicle that stood, and its
   * mean over the interval, m. Null without a stop line or calibration.
   */
  readonly queueLengthM: number | null;
  readonly meanQueueLengthM: number | null;
  readonly expected: number;
  readonly received: number;
  /** Measured share of the interval, percent; a lost reading lowers it even where it hides nothing. */
  readonly coveragePct: number;
  readonly gaps: readonly Gap[];
}

export interface FlowRecord extends RecordHead, FlowInterval {
  readonly stream: 'flow';
}

export interface MovementRecord extends RecordHead, MovementInterval {
  readonly stream: 'movement';
}

/**
 * One entry of the high-resolution log: milliseconds since `fromMs`, event code, parameter (detector number, or
 * what the code defines). Codes: Indiana/Purdue Hi-Res Data Logger Enumerations (TPF-5(377), 2020).
 */
export type HiResEntry = readonly [offsetMs: number, code: number, parameter: number];

/** Some seconds of the high-resolution log. Kept locally; sent only where the site asks for it. */
export interface HiResLog {
  readonly fromMs: number;
  readonly toMs: number;
  readonly entries: readonly HiResEntry[];
}

export interface HiResRecord extends RecordHead, HiResLog {
  readonly stream: 'hires';
}

export type Phase = 'open' | 'update' | 'close';
export type IncidentKind =
  | 'stopped-vehicle'
  | 'wrong-way'
  | 'pedestrian'
  | 'cyclist'
  | 'congestion'
  | 'slow-traffic'
  | 'object-on-road'
  | 'collision';

/** Which sensor said what about an incident. A sensor that says the same again adds no second ground. */
export interface IncidentGround {
  readonly sensor: string;
  readonly source: LaneSource;
  readonly says: 'raises' | 'confirms' | 'weakens';
  /** UTC, ms: when it first said so. */
  readonly atMs: number;
}

/** A picture or a clip that shows an incident, kept at the cabinet. */
export interface EvidenceFile {
  readonly kind: 'picture' | 'clip';
  readonly name: string;
  /** Of the file as it is stored, lower-case hexadecimal. */
  readonly sha256: string;
  readonly bytes: number;
  /** The stretch that it shows, UTC ms; of a picture both are its moment. */
  readonly fromMs: number;
  readonly toMs: number;
}

/** `cleared`: the road was seen free of it; `unseen`: nobody could see it for too long; `agent-stopped`. */
export type IncidentClosing = 'cleared' | 'unseen' | 'agent-stopped';

export interface Incident {
  /** Stays the same from open to close. */
  readonly incident: string;
  readonly incidentKind: IncidentKind;
  readonly phase: Phase;
  readonly lane: string;
  /** The shoulder on which it happened, beside `lane`; null in the lane itself. */
  readonly zone: string | null;
  /** Sensors whose observations raised or confirmed it. */
  readonly sensors: readonly string[];
  readonly grounds: readonly IncidentGround[];
  /** `confirmed` once something else than what raised it bears it out, or it has lasted. */
  readonly certainty: 'suspected' | 'confirmed';
  readonly severity: 'notice' | 'warning' | 'critical';
  /** When it began on the road, UTC ms (before it could be recognised). */
  readonly startedAtMs: number;
  readonly openedAtMs: number;
  readonly closedAtMs: number | null;
  /** Why it closed; null while it is open. */
  readonly closing: IncidentClosing | null;
  /** Where, in pixels of the camera's configured picture; null when loops raised it. */
  readonly positionPx: readonly [number, number] | null;
  /** Where, in metres on the camera's ground plane. */
  readonly positionM: readonly [number, number] | null;
  readonly speedKmh: number | null;
  /** How its vehicle moves or moved relative to the lane; null when it has not been seen to move. */
  readonly direction: 'forward' | 'reverse' | null;
  /** Length of the queue, metres; null without one, or where the camera is not calibrated. */
  readonly queueLengthM: number | null;
  /** The camera whose evidence is kept; null when none that worked saw the lane when it opened. */
  readonly shownBy: string | null;
  readonly evidence: readonly EvidenceFile[];
}

export interface IncidentRecord extends RecordHead, Incident {
  readonly stream: 'incident';
}

export interface Fault {
  /** Stays the same from open to close. */
  readonly fault: string;
  readonly phase: 'open' | 'close';
  readonly layer: FaultLayer;
  /** Bus, device, loop, camera, model or process id. */
  readonly sensor: string;
  readonly code: string;
  readonly detail: string;
  /** Lanes whose figures it touches. */
  readonly lanes: readonly string[];
  readonly openedAtMs: number;
  readonly closedAtMs: number | null;
}

export interface FaultRecord extends RecordHead, Fault {
  readonly stream: 'fault';
}
