import { MS_PER_S } from '../../base/units.ts';

/** One whole picture. `pixels` is valid until the next `take`. */
export interface Frame {
  /** Planar G, B, R. */
  readonly pixels: Uint8Array;
  /** Monotonic time at which its first byte came out of the decoder. */
  readonly atMs: number;
}

/** Cuts a decoder's bytes into frames and keeps the newest one that is due. */
export interface NewestFrame {
  /** Takes bytes in; the number of frames that these bytes completed. */
  write(chunk: Uint8Array, atMs: number): number;
  /** The newest frame, if there is one that was not taken yet. The one taken before is written over. */
  take(): Frame | null;
  readonly isReady: boolean;
  /** Forgets a frame that is not whole: the next byte starts a new one. */
  discardPartial(): void;
  /** Frames that were due. */
  readonly dueFrames: number;
  /** Of those, how many were replaced by a newer one before anybody took them. */
  readonly droppedFrames: number;
}

/** A camera's pictures come unevenly: this share of the wanted interval may be missing. */
export const EARLY_SHARE = 0.25;

/**
 * Three buffers for the life of a camera: one is filled, one waits, one is in use. They are shared memory, so
 * that a detector in another thread reads them where they lie.
 */
export function createNewestFrame(options: {
  readonly frameBytes: number;
  /** Thins to this rate, by the times that are given; without it every frame is due. */
  readonly framesPerSecond?: number;
}): NewestFrame {
  const { framesPerSecond } = options;
  const isDue = framesPerSecond === undefined ? () => true : createFrameClock(framesPerSecond);
  const buffer = (): Uint8Array => new Uint8Array(new SharedArrayBuffer(options.frameBytes));
  let filling = { pixels: buffer(), atMs: 0 };
  let waiting = { pixels: buffer(), atMs: 0 };
  let taken = { pixels: buffer(), atMs: 0 };
  let filledBytes = 0;
  let isReady = false;
  let dueFrames = 0;
  let droppedFrames = 0;

  const keep = (): void => {
    if (!isDue(filling.atMs)) return;
    dueFrames += 1;
    if (isReady) droppedFrames += 1;
    [filling, waiting] = [waiting, filling];
    isReady = true;
  };

  return {
    write(chunk, atMs) {
      let frames = 0;
      for (let from = 0; from < chunk.length; ) {
        if (filledBytes === 0) filling.atMs = atMs;
        const part = chunk.subarray(from, from + options.frameBytes - filledBytes);
        filling.pixels.set(part, filledBytes);
        filledBytes += part.length;
        from += part.length;
        if (filledBytes < options.frameBytes) continue;
        filledBytes = 0;
        frames += 1;
        keep();
      }
      return frames;
    },
    take() {
      if (!isReady) return null;
      isReady = false;
      [waiting, taken] = [taken, waiting];
      return taken;
    },
    get isReady() {
      return isReady;
    },
    discardPartial() {
      filledBytes = 0;
    },
    get dueFrames() {
      return dueFrames;
    },
    get droppedFrames() {
      return droppedFrames;
    },
  };
}

/**
 * Thins a camera's frames to the wanted rate. Due times lie on a grid, so that 25 frames per second thin to
 * 10 and not to the 8.3 that "every third" gives; after a pause the grid starts anew.
 */
export function createFrameClock(framesPerSecond: number): (atMs: number) => boolean {
  const intervalMs = MS_PER_S / framesPerSecond;
  let dueAtMs = Number.NEGATIVE_INFINITY;
  return (atMs) => {
    if (atMs < dueAtMs - EARLY_SHARE * intervalMs) return false;
    dueAtMs = atMs - dueAtMs > intervalMs ? atMs + intervalMs : dueAtMs + intervalMs;
    return true;
  };
}
