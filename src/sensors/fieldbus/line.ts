/** An open serial line or TCP connection: bytes out. Bytes in and its end go to the LineListener. */
export interface Line {
  write(bytes: Uint8Array): void;
  /** Resolves when the line is given back, at the latest after CLOSE_LIMIT_MS. Calls no listener. */
  close(): Promise<void>;
}

export interface LineListener {
  /** The bytes are the listener's only during the call. */
  onBytes(bytes: Uint8Array): void;
  /** Once, when the line ends by itself: adapter unplugged, peer gone. */
  onClosed(why: string): void;
}

/** Acquires a line. Rejects with RoadsideError `bus-unreachable`, within the line's own connect deadline. */
export type OpenLine = (listener: LineListener) => Promise<Line>;

/** Drivers of unplugged adapters have been seen to swallow a close. */
export const CLOSE_LIMIT_MS = 1000;
