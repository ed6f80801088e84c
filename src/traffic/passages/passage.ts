import type { VehicleClass } from '../observations/observation.ts';
import type { LaneSource } from '../record.ts';

/** A vehicle that has completely passed, before headways are known and a record is made of it. Monotonic ms. */
export interface CompletedPassage {
  readonly lane: string;
  readonly source: LaneSource;
  readonly sensor: string;
  readonly direction: 'forward' | 'reverse';
  /** Front edge over the reference line. */
  readonly frontMs: number;
  /** Rear edge off the reference line; a camera does not see it. */
  readonly rearMs: number | null;
  /** When the passage was complete: it belongs to the interval that contains this moment (as SUMO's E1). */
  readonly completedMs: number;
  readonly onTimeMs: number | null;
  readonly speedKmh: number | null;
  readonly lengthM: number | null;
  readonly class: VehicleClass | null;
  readonly counterOnly: boolean;
}
