/**
 * What the poller knows of a bus: devices, each with a list of things to ask. Modbus and frame protocols look
 * the same from here, so one scheduler serves both.
 */
import type { Observation } from '../../traffic/observations/observation.ts';
import type { LineChange } from './line-keeper.ts';

/** How asking a device ended. */
export type AskOutcome =
  | { readonly kind: 'answered' }
  /** A part is done; the ask wants another turn, after its neighbours have had theirs. */
  | { readonly kind: 'unfinished' }
  /** The device lives and will not answer this. `isTold`: the loops it concerns have been told already. */
  | { readonly kind: 'refused'; readonly why: string; readonly isTold: boolean }
  | { readonly kind: 'timeout'; readonly why: string }
  | { readonly kind: 'corrupt'; readonly why: string }
  /** The line is closed: nothing was learnt about the device. */
  | { readonly kind: 'closed' };

/** Something that a device is asked, or says by itself, again and again. */
export interface Ask {
  readonly everyMs: number;
  /** Said by the device without being asked: expected, never asked. */
  readonly pushed: boolean;
  /** Whether an answer is a reading of the loops. */
  readonly countsAsReading: boolean;
}

export interface PolledDevice {
  readonly id: string;
  readonly responseTimeoutMs: number;
  /** Silence the device needs between two requests to it. */
  readonly turnaroundMs: number;
  readonly asks: readonly Ask[];
  /** What the answer claims is observed before this resolves. One ask of a bus is outstanding at a time. */
  ask(index: number, nowMs: number): Promise<AskOutcome>;
}

export interface PolledBus {
  readonly isOpen: boolean;
  readonly devices: readonly PolledDevice[];
  /** Counters since the bus was made, for health. */
  readonly figures: Readonly<Record<string, number>>;
  close(): Promise<void>;
}

export interface BusListener {
  onLineChange(change: LineChange): void;
  observe(observations: readonly Observation[]): void;
  /** A device has said by itself what it says again and again. */
  onPushed(place: AskPlace): void;
  /** A device that had no connection has one, or may have. */
  onConnected(device: number): void;
}

/** Positions in the plan. */
export interface AskPlace {
  readonly device: number;
  readonly ask: number;
}
