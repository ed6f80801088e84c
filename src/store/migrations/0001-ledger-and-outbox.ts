/**
 * `ledger` holds every record of the retention time, `outbox` the positions of those that the platform has
 * not acknowledged, `counters` the totals that outlive both. Positions are never reused, so they order
 * records across restarts. SQLite has no page checksums, hence `crc` over the row.
 */
export const ledgerAndOutbox = `
  CREATE TABLE ledger (
    position   INTEGER PRIMARY KEY AUTOINCREMENT,
    id         TEXT NOT NULL UNIQUE,
    stream     TEXT NOT NULL,
    made_at_ms INTEGER NOT NULL,
    body       TEXT NOT NULL,
    crc        INTEGER NOT NULL
  ) STRICT;
  CREATE INDEX ledger_by_stream ON ledger (stream, position);

  CREATE TABLE outbox (
    position INTEGER PRIMARY KEY REFERENCES ledger (position),
    class    INTEGER NOT NULL
  ) STRICT;
  CREATE INDEX outbox_by_class ON outbox (class, position);

  CREATE TABLE counters (
    only_row     INTEGER PRIMARY KEY CHECK (only_row = 1),
    stored       INTEGER NOT NULL,
    relayed      INTEGER NOT NULL,
    acknowledged INTEGER NOT NULL,
    damaged      INTEGER NOT NULL
  ) STRICT;
  INSERT INTO counters VALUES (1, 0, 0, 0, 0);
`;
