/** The part of a site's configuration that the domain needs: plain, frozen, already checked by catalog/. */
export interface SiteDefinition {
  readonly site: string;
  /** Changes whenever the configuration that shapes the figures changes; part of every record. */
  readonly configRev: string;
  /** Widths of the flow intervals, in seconds; each divides an hour or a day, so that starts are aligned. */
  readonly intervalsS: readonly number[];
  readonly lanes: readonly LaneDefinition[];
  readonly cameras: readonly CameraDefinition[];
  readonly incidents: IncidentRules;
}

export interface LaneDefinition {
  readonly lane: string;
  readonly approach: string;
  readonly station: StationDefinition | null;
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
  /** An output that stays on longer than this is a locked-on detector, not traffic. */
  readonly lockedOnS: number;
}

export interface LoopDefinition {
  readonly loop: string;
  readonly device: string;
  readonly bus: string;
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
