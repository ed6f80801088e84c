/**
 * What a sensor may claim. Observations are plain data that cross a process wall; `atMs` is always the
 * machine's monotonic clock (see base/clock.ts), the moment the claim is true for, not the moment it was sent.
 */
export type Observation =
  | LoopTransition
  | LoopCounters
  | LoopOccupancy
  | VehicleDetection
  | DeviceInterval
  | VehicleTracks
  | RoadObject
  | EvidenceKept
  | SensorSampling
  | SensorFault;

/** A loop's output changed. With polling the edge lies within `atMs` ± `uncertaintyMs`. */
export interface LoopTransition {
  readonly kind: 'loop-transition';
  readonly loop: string;
  readonly occupied: boolean;
  readonly atMs: number;
  /**
   * Half of the time between the two reads that enclose the edge. Of an edge that the device has stamped: how
   * far its distance to other edges of this device may be off.
   */
  readonly uncertaintyMs: number;
  /** Of an edge that the device has stamped: how far all its edges together may be off, because its clock is. */
  readonly clockUncertaintyMs?: number;
  /** The state that a first read (or the first after silence) found: nobody saw its edge. */
  readonly found: boolean;
}

/** A detector card's own vehicle counter for one loop, as read. Wrap and restart are judged in traffic/. */
export interface LoopCounters {
  readonly kind: 'loop-counters';
  readonly loop: string;
  readonly count: number;
  /** Width of the counter: it wraps at 2^bits. */
  readonly bits: 8 | 16 | 32;
  /** True when the card keeps the counter through a power failure. */
  readonly nonVolatile: boolean;
  readonly atMs: number;
}

/**
 * Time that a card says one loop has been occupied in total, as it accumulates it itself. Only differences
 * mean something. It is exact where edges found by polling are not, so occupancy is taken from it.
 */
export interface LoopOccupancy {
  readonly kind: 'loop-occupancy';
  readonly loop: string;
  readonly occupiedMs: number;
  /** The accumulator begins again at 0 when it reaches this, ms. */
  readonly wrapsAtMs: number;
  readonly nonVolatile: boolean;
  readonly atMs: number;
}

/** One vehicle as the device itself measured and stamped it: a radar, or a classifier with its own clock. */
export interface VehicleDetection {
  readonly kind: 'vehicle-detection';
  /** The loop, or the zone of a radar that stands for one. */
  readonly loop: string;
  /** Front edge at the detector. */
  readonly atMs: number;
  /** Half width of what is not known about `atMs`: resolution of the stamp, and age of the device's clock offset. */
  readonly uncertaintyMs: number;
  readonly direction: 'forward' | 'reverse';
  readonly onTimeMs: number | null;
  readonly speedKmh: number | null;
  readonly lengthM: number | null;
  readonly class: VehicleClass | null;
  /** Vehicles that the device counted since the one before and could not report. */
  readonly missedBefore: number;
}

/** An interval that the device has made itself. What it does not measure or marks as invalid is null. */
export interface DeviceInterval {
  readonly kind: 'device-interval';
  /** The loop, or the zone of a radar that stands for one. */
  readonly loop: string;
  readonly fromMs: number;
  readonly toMs: number;
  readonly count: number | null;
  readonly occupancyPct: number | null;
  /** The device's mean speed; manuals seldom say which mean, so it is published as the device's. */
  readonly meanSpeedKmh: number | null;
  readonly speed85Kmh: number | null;
  readonly meanHeadwayS: number | null;
  readonly meanGapS: number | null;
  readonly meanLengthM: number | null;
  /** Vehicles by the device's own length classes, under the device's own names; null when it has none. */
  readonly classCounts: Readonly<Record<string, number>> | null;
}

/** What the detector calls a road user (COCO's road classes, and what lengths allow). */
export type VehicleClass = 'car' | 'van' | 'truck' | 'bus' | 'motorcycle' | 'bicycle' | 'person' | 'unknown';

/** All confirmed tracks of one camera in one picture. An empty list is a claim too: the road was seen empty. */
export interface VehicleTracks {
  readonly kind: 'vehicle-tracks';
  readonly camera: string;
  readonly atMs: number;
  readonly tracks: readonly TrackPoint[];
}

export interface TrackPoint {
  /** Unique within the camera process's life. */
  readonly track: number;
  readonly class: VehicleClass;
  readonly score: number;
  /** x1, y1, x2, y2 in pixels of the configured picture. */
  readonly box: readonly [number, number, number, number];
  /** Where the road user touches the road (bottom middle of the box), in pixels of the configured picture. */
  readonly foot: readonly [number, number];
  /** The foot on the ground plane in metres, when the camera is calibrated and the foot lies on the plane. */
  readonly groundM: readonly [number, number] | null;
  /** True when this picture did not show the road user and the position is the tracker's prediction. */
  readonly coasting: boolean;
}

/**
 * Something that has come to rest where the road was, and is no road user that the detector knows. Claimed at every
 * look while it lies there, and once more, with `present: false`, when the road is seen there again.
 */
export interface RoadObject {
  readonly kind: 'road-object';
  readonly camera: string;
  /** Unique within the camera process's life. */
  readonly object: number;
  readonly atMs: number;
  /** Since when it has been seen in this place. */
  readonly sinceMs: number;
  /** x1, y1, x2, y2 in pixels of the configured picture. */
  readonly box: readonly [number, number, number, number];
  /** Bottom middle of the box, in pixels of the configured picture. */
  readonly foot: readonly [number, number];
  /** The foot on the ground plane in metres, when the camera is calibrated and the foot lies on the plane. */
  readonly groundM: readonly [number, number] | null;
  readonly present: boolean;
}

/** Files that show an incident are on the disk. */
export interface EvidenceKept {
  readonly kind: 'evidence-kept';
  /** Id of the incident. */
  readonly incident: string;
  readonly camera: string;
  readonly files: readonly KeptFile[];
  readonly atMs: number;
}

export interface KeptFile {
  readonly kind: 'picture' | 'clip';
  readonly name: string;
  /** Of the file as it is stored, lower-case hexadecimal. */
  readonly sha256: string;
  readonly bytes: number;
  /** The stretch that it shows; of a picture both are its moment. */
  readonly fromMs: number;
  readonly toMs: number;
}

/** Why a stretch of time has no reading. */
export type GapCause = 'bus' | 'device' | 'detector' | 'camera' | 'agent' | 'clock';

/**
 * How many readings a sensor was to deliver in [fromMs, toMs) and how many came. It is what makes a count
 * of zero differ from no count: without it an interval has no coverage.
 */
export interface SensorSampling {
  readonly kind: 'sensor-sampling';
  /** Device id of a loop card, or camera id. */
  readonly sensor: string;
  readonly fromMs: number;
  readonly toMs: number;
  readonly expected: number;
  readonly received: number;
  /** Required when readings are missing. */
  readonly cause: GapCause | null;
}

/** Which layer failed, so that one dead port is not reported as sixteen dead loops. */
export type FaultLayer = 'port' | 'device' | 'channel' | 'camera' | 'model' | 'process';

/** A device's fault as its reader sees it: opened with `active: true`, closed with the same key and `false`. */
export interface SensorFault {
  readonly kind: 'sensor-fault';
  /** Bus, device, loop, camera, model or process id, according to `layer`. */
  readonly sensor: string;
  readonly layer: FaultLayer;
  /** What is wrong, kebab-case: `timeout`, `loop-open`, `stalled`, `unreachable`. */
  readonly code: string;
  readonly active: boolean;
  readonly atMs: number;
  /** For a technician, in English: what was seen. */
  readonly detail: string;
}
