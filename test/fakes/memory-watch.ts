/** Tells a buffer that grows with what it is fed from one that does not. */
import assert from 'node:assert/strict';
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';

export interface MemoryWatch {
  /** Notes what is held now; only the first call counts. */
  begin(): void;
  /** Throws AssertionError when much more is held than at `begin`. */
  assertBounded(): void;
}

/** The runtime's own tables move by some 100 KiB; a megabyte of noise kept would be several times this. */
const GROWTH_BYTES = 512 * 1024;
const COLLECTIONS = 4;

export function createMemoryWatch(): MemoryWatch {
  setFlagsFromString('--expose-gc');
  const collect = runInNewContext('gc') as () => void;
  const heldOnce = (): number => {
    collect();
    const { heapUsed, arrayBuffers } = process.memoryUsage();
    return heapUsed + arrayBuffers;
  };
  // Buffers are swept beside the program, after a collection has returned: the least of several counts.
  const heldBytes = (): number => Math.min(...Array.from({ length: COLLECTIONS }, heldOnce));
  let before: number | null = null;
  return {
    begin() {
      before ??= heldBytes();
    },
    assertBounded() {
      const grown = heldBytes() - (before ?? 0);
      assert.ok(before !== null && grown < GROWTH_BYTES, `${grown} bytes more are held after the noise`);
    },
  };
}
