import type { VehicleClass } from '../../traffic/observations/observation.ts';

export type BodyName = 'sedan' | 'suv' | 'hatch' | 'van' | 'truck' | 'bus' | 'motorcycle';

/** What a body looks like from the road, and how its driver follows (IDM parameters, SI units). */
export interface Body {
  readonly class: VehicleClass;
  readonly lengthM: number;
  readonly widthM: number;
  /** Speed on a free road. */
  readonly freeSpeedMs: number;
  /** Time gap that the driver keeps to the leader. */
  readonly timeGapS: number;
  readonly accelerationMs2: number;
  readonly brakingMs2: number;
  /**
   * Gap at standstill. More than the 2 m of a loop, so that the loop sees daylight between two vehicles
   * of a queue; denser queues would need a longer model than ours to be counted by anyone.
   */
  readonly standstillGapM: number;
}

/** Urban values within the ranges of Treiber & Kesting, Traffic Flow Dynamics, table 11.2. */
export const BODIES: Readonly<Record<BodyName, Body>> = {
  sedan: body({ class: 'car', lengthM: 4.6, widthM: 1.82 }),
  suv: body({ class: 'car', lengthM: 4.7, widthM: 1.9 }),
  hatch: body({ class: 'car', lengthM: 4.1, widthM: 1.76 }),
  van: body({ class: 'van', lengthM: 5.4, widthM: 1.95, freeSpeedMs: 13, accelerationMs2: 1.4 }),
  truck: body({
    class: 'truck',
    lengthM: 7.5,
    widthM: 2.3,
    freeSpeedMs: 12,
    timeGapS: 1.7,
    accelerationMs2: 0.9,
    brakingMs2: 1.6,
    standstillGapM: 4,
  }),
  bus: body({
    class: 'bus',
    lengthM: 10.5,
    widthM: 2.5,
    freeSpeedMs: 12,
    timeGapS: 1.7,
    accelerationMs2: 1,
    brakingMs2: 1.6,
    standstillGapM: 4,
  }),
  motorcycle: body({ class: 'motorcycle', lengthM: 2.1, widthM: 0.8, accelerationMs2: 2.5 }),
};

function body(from: Partial<Body> & Pick<Body, 'class' | 'lengthM' | 'widthM'>): Body {
  return {
    freeSpeedMs: 13.9,
    timeGapS: 1.3,
    accelerationMs2: 1.8,
    brakingMs2: 2,
    standstillGapM: 3.5,
    ...from,
  };
}
