/**
 * The audit chain, with its two ends beside it, so that entries cut off there are missed; and the commands that were
 * seen, so that none is carried out twice. `floor_ms`: commands that expired by then may have been forgotten.
 */
export const auditAndCommands = `
  CREATE TABLE audit (
    number INTEGER PRIMARY KEY,
    body   TEXT NOT NULL
  ) STRICT;
  CREATE TABLE audit_ends (
    only_row      INTEGER PRIMARY KEY CHECK (only_row = 1),
    before_number INTEGER NOT NULL,
    before_hash   TEXT NOT NULL,
    last_number   INTEGER NOT NULL,
    last_hash     TEXT NOT NULL
  ) STRICT;
  INSERT INTO audit_ends SELECT 1, 0, zeros, 0, zeros FROM (SELECT printf('%064d', 0) AS zeros);

  CREATE TABLE commands (
    id            TEXT PRIMARY KEY,
    digest        TEXT NOT NULL,
    expires_at_ms INTEGER NOT NULL,
    reply         TEXT
  ) STRICT;
  CREATE TABLE command_floor (
    only_row INTEGER PRIMARY KEY CHECK (only_row = 1),
    floor_ms INTEGER NOT NULL
  ) STRICT;
  INSERT INTO command_floor VALUES (1, 0);
`;
