/** Finds frames in a stream of bytes: any portions, noise between them, halves, doubles, other devices' frames. */

export type FrameVerdict =
  /** The bytes so far may begin a frame. */
  | { readonly kind: 'incomplete' }
  /** So many bytes belong to nobody. */
  | { readonly kind: 'noise'; readonly bytes: number }
  /** It begins as a frame for us and is none. The scan goes on one byte later: a true one may hide in it. */
  | { readonly kind: 'damaged'; readonly why: string }
  | { readonly kind: 'frame'; readonly bytes: number };

export type Scanned =
  | { readonly kind: 'frame'; readonly frame: Uint8Array }
  | { readonly kind: 'damaged'; readonly why: string };

export interface FrameScanner {
  readonly discardedBytes: number;
  /** Frames and damage in order. Frames are copies. */
  scan(bytes: Uint8Array): readonly Scanned[];
  /** Partial frames are thrown away. */
  forget(): void;
}

/** `judge` looks at the beginning of what is held, at least one byte; `longestBytes` is its longest frame. */
export function createFrameScanner(options: {
  readonly longestBytes: number;
  readonly judge: (held: Uint8Array) => FrameVerdict;
}): FrameScanner {
  const buffer = new Uint8Array(options.longestBytes * 2);
  let length = 0;
  let discardedBytes = 0;

  /** Judges what is held until a verdict needs more; what remains moves to the front. */
  const judgeHeld = (found: Scanned[]): void => {
    let from = 0;
    while (from < length) {
      const verdict = options.judge(buffer.subarray(from, length));
      if (verdict.kind === 'incomplete' && length - from < options.longestBytes) break;
      if (verdict.kind === 'frame') {
        found.push({ kind: 'frame', frame: buffer.slice(from, from + verdict.bytes) });
        from += verdict.bytes;
        continue;
      }
      if (verdict.kind === 'damaged') found.push(verdict);
      const bytes = verdict.kind === 'noise' ? verdict.bytes : 1;
      discardedBytes += bytes;
      from += bytes;
    }
    buffer.copyWithin(0, from, length);
    length -= from;
  };

  return {
    get discardedBytes() {
      return discardedBytes;
    },
    scan(bytes) {
      const found: Scanned[] = [];
      for (let taken = 0; taken < bytes.length; ) {
        const portion = bytes.subarray(taken, taken + buffer.length - length);
        buffer.set(portion, length);
        length += portion.length;
        taken += portion.length;
        judgeHeld(found);
      }
      return found;
    },
    forget() {
      discardedBytes += length;
      length = 0;
    },
  };
}

/** How many bytes precede the first `start` byte; all of them when there is none. */
export function bytesBefore(held: Uint8Array, start: number): number {
  const index = held.indexOf(start);
  return index === -1 ? held.length : index;
}
