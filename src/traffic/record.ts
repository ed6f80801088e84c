import type { ClockQuality } from '../base/clock.ts';
import type { FaultLayer, GapCause, VehicleClass } from './observations/observation.ts';

/** What is stored and relayed. `stream` discriminates. */
export type TrafficRecord = PassageRecord | FlowRecord | IncidentRecord | FaultRecord;
export type StreamName = TrafficRecord['stream'];

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
  readonly clock: ClockQuality;
  readonly configRev: string;
}

export type LaneSource = 'loop' | 'camera';

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
  /** Vehicle length, m. */
  readonly lengthM: number | null;
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
  /** True when the interval was cut short (start, stop, clock step): `endMs - startMs` < width. */
  readonly partial: boolean;
  /** Vehicles in the lane's direction. */
  readonly count: number | null;
  /** Vehicles against the lane's direction; they are not in `count`. */
  readonly reverseCount: number | null;
  /** Vehicles of `count` that only the card's counter knew. */
  readonly counterOnlyCount: number;
  /** veh/h, extrapolated from the measured part of the interval. */
  readonly flowVehH: number | null;
  /** Share of the measured time that the reference loop was occupied, percent. Cameras: null. */
  readonly occupancyPct: number | null;
  /** Arithmetic mean of spot speeds, km/h. */
  readonly timeMeanSpeedKmh: number | null;
  /** Harmonic mean of spot speeds, km/h. */
  readonly spaceMeanSpeedKmh: number | null;
  /** How many vehicles the two mean speeds rest on. */
  readonly speedCount: number;
  readonly meanHeadwayS: number | null;
  readonly expected: number;
  readonly received: number;
  /** Measured share of the interval, percent. */
  readonly coveragePct: number;
  readonly gaps: readonly Gap[];
}

export interface FlowRecord extends RecordHead, FlowInterval {
  readonly stream: 'flow';
}

export type Phase = 'open' | 'update' | 'close';
export type IncidentKind = 'stopped-vehicle' | 'wrong-way';

export interface Incident {
  /** Stays the same from open to close. */
  readonly incident: string;
  readonly incidentKind: IncidentKind;
  readonly phase: Phase;
  readonly lane: string;
  /** Sensors whose observations raised or confirmed it. */
  readonly sensors: readonly string[];
  readonly severity: 'warning' | 'critical';
  /** When it began on the road, UTC ms (before it could be recognised). */
  readonly startedAtMs: number;
  readonly openedAtMs: number;
  readonly closedAtMs: number | null;
  /** Where, in pixels of the camera's configured picture; null when loops raised it. */
  readonly positionPx: readonly [number, number] | null;
  /** Where, in metres on the camera's ground plane. */
  readonly positionM: readonly [number, number] | null;
  readonly speedKmh: number | null;
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
