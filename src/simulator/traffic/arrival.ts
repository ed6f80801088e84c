import type { BodyName } from './bodies.table.ts';

/** A vehicle that wants to enter a lane; it waits while there is no room. */
export interface Arrival {
  readonly atMs: number;
  readonly body: BodyName;
  readonly paint: number;
  /** This driver's speed on a free road. */
  readonly freeSpeedMs: number;
  readonly script: ArrivalScript | null;
}

/** What a scripted driver does instead of merely following. */
export type ArrivalScript =
  /** Halts with the front at `restAtM` and drives on at `untilMs`. */
  | { readonly script: 'stopped-vehicle'; readonly restAtM: number; readonly untilMs: number }
  /** Enters at the lane's downstream end and drives against it, slowly while the camera judges it. */
  | { readonly script: 'wrong-way'; readonly viewSpeedMs: number };

/** The next vehicle of a lane, in order of `atMs`; null when no more will come. */
export type ArrivalSource = () => Arrival | null;
