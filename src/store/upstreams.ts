import type { Database } from './database.ts';

/** Totals of one upstream since it was first configured. They change in the transaction of the rows they count. */
export interface UpstreamTotals {
  readonly acknowledged: number;
  /** Taken out of its queue because the row on disk was no longer what was stored. */
  readonly damaged: number;
  /** Taken out of its queue to make room, or because they are too large for it. */
  readonly evicted: number;
}

/** An upstream as the store knows it. */
export interface Upstream {
  readonly number: number;
  readonly name: string;
  totals(): UpstreamTotals;
  add(amounts: Partial<UpstreamTotals>): void;
  /** The last `keepBacklog`; what the disk has altered reaches no further than the newest row. */
  backlogUpTo(): number;
  /** Rows up to this position are backlog from now on, in later runs of the gateway as well. */
  keepBacklog(upTo: number): void;
}

interface Known {
  readonly number: number;
  readonly name: string;
}

/**
 * The rows of these upstreams, made where they are missing. An upstream that is no longer configured is forgotten
 * with all that waited for it: nobody will ever fetch it.
 */
export function openUpstreams(database: Database, names: readonly string[]): readonly Upstream[] {
  const insert = database.prepare<[string]>('INSERT OR IGNORE INTO upstreams (name) VALUES (?)');
  const forget = database.prepare<[number]>('DELETE FROM upstreams WHERE number = ?');
  const forgetRows = database.prepare<[number]>('DELETE FROM pending WHERE upstream = ?');
  database.transaction(() => {
    for (const { number, name } of knownIn(database)) {
      if (names.includes(name)) continue;
      forgetRows.run(number);
      forget.run(number);
    }
    for (const name of names) insert.run(name);
  })();
  return readUpstreams(database);
}

/** The upstreams that the file knows, as they are: for tools that only look. */
export function readUpstreams(database: Database): readonly Upstream[] {
  return knownIn(database).map((known) => upstreamOf(database, known));
}

function knownIn(database: Database): readonly Known[] {
  return database.prepare<[], Known>('SELECT number, name FROM upstreams ORDER BY number').all();
}

function upstreamOf(database: Database, { number, name }: Known): Upstream {
  const select = database.prepare<[number], UpstreamTotals>(
    'SELECT acknowledged, damaged, evicted FROM upstreams WHERE number = ?',
  );
  const update = database.prepare<UpstreamTotals & { readonly number: number }>(
    `UPDATE upstreams SET acknowledged = acknowledged + @acknowledged, damaged = damaged + @damaged,
       evicted = evicted + @evicted WHERE number = @number`,
  );
  const backlog = database
    .prepare<[number], number>(
      `SELECT min(backlog_up_to, (SELECT coalesce(max(position), 0) FROM ledger)) FROM upstreams WHERE number = ?`,
    )
    .pluck();
  const keep = database.prepare<[number, number]>('UPDATE upstreams SET backlog_up_to = ? WHERE number = ?');
  return {
    number,
    name,
    backlogUpTo: () => backlog.get(number) ?? 0,
    keepBacklog: (upTo) => void keep.run(upTo, number),
    totals: () => select.get(number) ?? { acknowledged: 0, damaged: 0, evicted: 0 },
    add: (amounts) => void update.run({ number, acknowledged: 0, damaged: 0, evicted: 0, ...amounts }),
  };
}
