import type { VehicleClass } from '../../traffic/observations/observation.ts';
import type { BodyName } from './bodies.table.ts';

export type ScriptName = 'stopped-vehicle' | 'wrong-way';

/** What truly happened on the road. Times are milliseconds of scenario time, to 0.01 ms. */
export type RoadChange = LoopChange | TruePassage | ScriptMark;

export interface LoopChange {
  readonly kind: 'loop';
  readonly loop: string;
  readonly occupied: boolean;
  readonly atMs: number;
}

export interface TruePassage {
  readonly kind: 'passage';
  readonly lane: string;
  readonly direction: 'forward' | 'reverse';
  /** The front is over the leading edge of the entry loop, the lane's reference line. */
  readonly atMs: number;
  /** The rear has left the station's last loop; passages are in order of this moment. */
  readonly completedAtMs: number;
  /** At `atMs`. */
  readonly speedKmh: number;
  readonly lengthM: number;
  readonly class: VehicleClass;
}

export interface ScriptMark {
  readonly kind: 'script';
  readonly script: ScriptName;
  readonly phase: 'start' | 'end';
  readonly lane: string;
  readonly atMs: number;
}

/** One vehicle on the road now, for whoever draws it. */
export interface RoadVehicle {
  /** Unique within its lane and, on `north`, within one cycle. */
  readonly id: number;
  readonly lane: string;
  readonly body: BodyName;
  /** 24-bit RGB. */
  readonly paint: number;
  readonly lengthM: number;
  readonly widthM: number;
  /** Where the front is, in metres from the lane's upstream end along its direction. */
  readonly frontM: number;
  readonly speedKmh: number;
  readonly direction: 'forward' | 'reverse';
}

/** The moment from which a change is known; changes are in this order. */
export function knownAtMs(change: RoadChange): number {
  return change.kind === 'passage' ? change.completedAtMs : change.atMs;
}
