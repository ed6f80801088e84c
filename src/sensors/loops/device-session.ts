/**
 * One device behind a frame protocol. A session is pure: the bus brings bytes and moments, the session brings
 * requests and claims. It survives anything that a line can deliver: noise, halves, doubles, other devices'
 * frames; it resynchronises by itself and never claims what no valid frame said.
 */
import type { Observation } from '../../traffic/observations/observation.ts';

/** When bytes were sent or received. Device stamps are wall times; observations are monotonic. */
export interface Moment {
  readonly monoMs: number;
  readonly wallMs: number;
}

/** Something that the device is asked, or says by itself, again and again. */
export interface Exchange {
  readonly name: string;
  readonly everyMs: number;
  /** The device says it without being asked, about each `everyMs`; it is expected, never sent. */
  readonly pushed: boolean;
  /** Whether it counts as a reading of the loops (else it is housekeeping). */
  readonly countsAsReading: boolean;
}

export type SessionSays =
  /** The exchange has been answered, wholly and validly; `exchange` is its index. */
  | { readonly kind: 'answered'; readonly exchange: number }
  /** The device lives and will not answer this. */
  | { readonly kind: 'refused'; readonly exchange: number; readonly why: string }
  /** A frame meant for us was damaged; bytes that belong to nobody are only counted (`discardedBytes`). */
  | { readonly kind: 'corrupt'; readonly why: string }
  | { readonly kind: 'observations'; readonly observations: readonly Observation[] }
  /** To be sent at once: an acknowledgement, or the next part of an exchange. */
  | { readonly kind: 'send'; readonly bytes: Uint8Array };

export interface DeviceSession {
  readonly exchanges: readonly Exchange[];
  /** Bytes thrown away while looking for a frame, since the session began. */
  readonly discardedBytes: number;
  /** Begins an exchange that is not pushed: what to send. */
  ask(exchange: number, at: Moment): Uint8Array;
  /** Bytes from the line in any portions. They are the session's only during the call. */
  receive(bytes: Uint8Array, at: Moment): readonly SessionSays[];
  /** The exchange's deadline has passed, or the line was lost: partial frames are forgotten. */
  interrupt(why: 'timeout' | 'line-lost'): void;
}
