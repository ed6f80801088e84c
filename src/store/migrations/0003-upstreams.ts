/**
 * Several upstreams, each with its own rows to acknowledge and its own totals, and as few pages as possible for
 * each commit, because flash memory wears: a record touches its page of `ledger` and one of `pending`.
 *
 * What an older file had pending belongs to the one platform that it knew. `pending` holds no foreign key: a
 * ledger row that the disk has lost must still be found missing. `crc` is over the row, like the ledger's.
 * `progress` tells where positions go on when the newest rows are gone, and how many positions hold no record.
 */
export const upstreams = `
  DROP INDEX ledger_by_stream;
  ALTER TABLE ledger RENAME TO old_ledger;
  CREATE TABLE ledger (
    position   INTEGER PRIMARY KEY,
    id         TEXT NOT NULL,
    stream     TEXT NOT NULL,
    made_at_ms INTEGER NOT NULL,
    body       TEXT NOT NULL,
    crc        INTEGER NOT NULL
  ) STRICT;
  INSERT INTO ledger SELECT position, id, stream, made_at_ms, body, crc FROM old_ledger;
  CREATE INDEX ledger_rare ON ledger (stream, position) WHERE stream IN ('incident', 'fault', 'gap');

  CREATE TABLE upstreams (
    number       INTEGER PRIMARY KEY,
    name         TEXT NOT NULL UNIQUE,
    acknowledged INTEGER NOT NULL DEFAULT 0,
    damaged      INTEGER NOT NULL DEFAULT 0,
    evicted      INTEGER NOT NULL DEFAULT 0
  ) STRICT;
  INSERT INTO upstreams (number, name, acknowledged, damaged)
    SELECT 1, 'platform', acknowledged, damaged FROM counters;

  CREATE TABLE pending (
    upstream INTEGER NOT NULL,
    class    INTEGER NOT NULL,
    position INTEGER NOT NULL,
    crc      INTEGER NOT NULL,
    PRIMARY KEY (upstream, class, position)
  ) STRICT, WITHOUT ROWID;
  INSERT INTO pending (upstream, class, position, crc)
    SELECT 1, class, position, pending_checksum(position, 1, class) FROM (
      SELECT position, CASE
        WHEN stream IN ('incident', 'fault') THEN 1
        WHEN stream IN ('flow', 'passage') THEN 3
        ELSE 4 END AS class
      FROM outbox JOIN old_ledger USING (position));

  CREATE TABLE progress (
    only_row      INTEGER PRIMARY KEY CHECK (only_row = 1),
    last_position INTEGER NOT NULL,
    skipped       INTEGER NOT NULL
  ) STRICT;
  INSERT INTO progress SELECT 1, last, last - stored
    FROM counters, (SELECT coalesce(max(seq), 0) AS last FROM sqlite_sequence WHERE name = 'old_ledger');

  DROP TABLE outbox;
  DROP TABLE counters;
  DROP TABLE old_ledger;

  ALTER TABLE open_faults ADD COLUMN crc INTEGER NOT NULL DEFAULT 0;
  UPDATE open_faults SET crc = text_checksum(body);
`;
