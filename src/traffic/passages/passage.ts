import { roundOrNull } from '../../base/units.ts';
import type { Headway } from '../flow/vehicle-tally.ts';
import type { VehicleClass } from '../observations/observation.ts';
import type { LaneSource, Passage } from '../record.ts';
import type { TravelSpeed } from './dual-loop.ts';

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
  /** When the vehicle was off the reference line: it belongs to the interval of this moment (as SUMO's E1). */
  readonly completedMs: number;
  readonly onTimeMs: number | null;
  readonly speedKmh: number | null;
  readonly speedMethod: Passage['speedMethod'];
  readonly speedUncertaintyPct: number | null;
  /** Without a spot speed: its mean speed over a dual-loop station, which goes into the space-mean speed alone. */
  readonly travel: TravelSpeed | null;
  readonly lengthM: number | null;
  readonly lengthClass: string | null;
  readonly class: VehicleClass | null;
  readonly counterOnly: boolean;
}

/** The figures of a passage record: as short as the sensors are sharp. */
export function passageOf(passage: CompletedPassage, headway: Headway): Passage {
  return {
    lane: passage.lane,
    source: passage.source,
    sensor: passage.sensor,
    direction: passage.direction,
    onTimeMs: roundOrNull(passage.onTimeMs, 0),
    speedKmh: roundOrNull(passage.speedKmh, 1),
    speedMethod: passage.speedMethod,
    speedUncertaintyPct: roundOrNull(passage.speedUncertaintyPct, 1),
    lengthM: roundOrNull(passage.lengthM, 1),
    lengthClass: passage.lengthClass,
    class: passage.class,
    headwayMs: roundOrNull(headway.headwayMs, 0),
    gapMs: roundOrNull(headway.gapMs, 0),
    counterOnly: passage.counterOnly,
  };
}
