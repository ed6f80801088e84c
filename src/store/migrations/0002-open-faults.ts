/**
 * The faults whose newest record says open, each with that record. They are kept beside the ledger because a
 * fault may last longer than the records of the retention time. Nothing is taken over from an older file: the
 * program that wrote it said that a new boot voids its open faults.
 */
export const openFaults = `
  CREATE TABLE open_faults (
    key  TEXT PRIMARY KEY,
    body TEXT NOT NULL
  ) STRICT;
`;
