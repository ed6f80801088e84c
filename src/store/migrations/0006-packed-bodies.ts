/**
 * From here on `body` is written with marks for what most records hold (packed-body.ts), which an earlier program cannot
 * read. Nothing is rewritten: text from before unpacks to itself, and rows that became shorter where they lie would give
 * the disk nothing back. They go with the retention time.
 */
export const packedBodies = '';
