/**
 * Since when the clock of the machine has not been set, and by how much it was wrong once that is known. At most one row:
 * it goes when the records that it concerns have been stamped anew.
 */
export const unsetClock = `
  CREATE TABLE unset_clock (
    only_row       INTEGER PRIMARY KEY CHECK (only_row = 1),
    machine_boot   TEXT NOT NULL,
    from_ms        INTEGER NOT NULL,
    after_position INTEGER NOT NULL,
    shift_ms       INTEGER,
    to_ms          INTEGER,
    up_to          INTEGER
  ) STRICT;
`;
