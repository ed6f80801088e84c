/**
 * Several upstreams, each with its own rows to acknowledge and its own totals. What an older file had pending
 * belongs to the one platform that it knew. `pending` holds no foreign key: a ledger row that the disk has lost
 * must still be found missing, row by row. `crc` is over the row, like the ledger's.
 */
export const upstreams = `
  CREATE TABLE upstreams (
    number       INTEGER PRIMARY KEY,
    name         TEXT NOT NULL UNIQUE,
    relayed      INTEGER NOT NULL DEFAULT 0,
    acknowledged INTEGER NOT NULL DEFAULT 0,
    damaged      INTEGER NOT NULL DEFAULT 0,
    evicted      INTEGER NOT NULL DEFAULT 0
  ) STRICT;
  INSERT INTO upstreams (number, name, relayed, acknowledged, damaged)
    SELECT 1, 'platform', relayed, acknowledged, damaged FROM counters;

  CREATE TABLE pending (
    position INTEGER NOT NULL,
    upstream INTEGER NOT NULL,
    class    INTEGER NOT NULL,
    crc      INTEGER NOT NULL,
    PRIMARY KEY (position, upstream)
  ) STRICT, WITHOUT ROWID;
  INSERT INTO pending (position, upstream, class, crc)
    SELECT position, 1, class, pending_checksum(position, 1, class) FROM (SELECT position, CASE
      WHEN stream IN ('incident', 'fault') THEN 1
      WHEN stream IN ('flow', 'passage') THEN 3
      ELSE 4 END AS class
    FROM outbox JOIN ledger USING (position));
  CREATE INDEX pending_in_order ON pending (upstream, class, position);
  DROP TABLE outbox;

  ALTER TABLE open_faults ADD COLUMN crc INTEGER NOT NULL DEFAULT 0;
  UPDATE open_faults SET crc = text_checksum(body);

  ALTER TABLE counters DROP COLUMN relayed;
  ALTER TABLE counters DROP COLUMN acknowledged;
  ALTER TABLE counters DROP COLUMN damaged;
`;
