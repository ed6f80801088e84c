import type { Database } from './database.ts';

/** Totals of one upstream since it was first configured. They change in the transaction of the rows they count. */
export interface UpstreamTotals {
  /** Queued for it. */
  readonly relayed: number;
  readonly acknowledged: number;
  /** Taken out of its queue because the row on disk was no longer what was stored. */
  readonly damaged: number;
  /** Taken out of its queue to make room. */
  readonly evicted: number;
}

/** An upstream as the store knows it. */
export interface Upstream {
  readonly number: number;
  readonly name: string;
  totals(): UpstreamTotals;
  add(amounts: Partial<UpstreamTotals>): void;
}

/**
 * The rows of these upstreams, made where they are missing. An upstream that is no longer configured is forgotten
 * with all that waited for it: nobody will ever fetch it.
 */
export function openUpstreams(database: Database, names: readonly string[]): readonly Upstream[] {
  const known = database
    .prepare<[], { readonly number: number; readonly name: string }>('SELECT number, name FROM upstreams')
    .all();
  const insert = database.prepare<[string]>('INSERT OR IGNORE INTO upstreams (name) VALUES (?)');
  const forget = database.prepare<[number]>('DELETE FROM upstreams WHERE number = ?');
  const forgetRows = database.prepare<[number]>('DELETE FROM pending WHERE upstream = ?');
  const numberOf = database.prepare<[string], { readonly number: number }>(
    'SELECT number FROM upstreams WHERE name = ?',
  );
  database.transaction(() => {
    for (const { number, name } of known) {
      if (names.includes(name)) continue;
      forgetRows.run(number);
      forget.run(number);
    }
    for (const name of names) insert.run(name);
  })();
  return names.map((name) => upstreamOf(database, { name, number: numberOf.get(name)?.number ?? 0 }));
}

/** The upstreams that the file knows, as they are: for tools that only look. */
export function readUpstreams(database: Database): readonly Upstream[] {
  const known = database
    .prepare<[], { readonly number: number; readonly name: string }>(
      'SELECT number, name FROM upstreams ORDER BY number',
    )
    .all();
  return known.map((each) => upstreamOf(database, each));
}

function upstreamOf(
  database: Database,
  { number, name }: { readonly number: number; readonly name: string },
): Upstream {
  const select = database.prepare<[number], UpstreamTotals>(
    'SELECT relayed, acknowledged, damaged, evicted FROM upstreams WHERE number = ?',
  );
  const update = database.prepare<UpstreamTotals & { readonly number: number }>(
    `UPDATE upstreams SET relayed = relayed + @relayed, acknowledged = acknowledged + @acknowledged,
       damaged = damaged + @damaged, evicted = evicted + @evicted WHERE number = @number`,
  );
  return {
    number,
    name,
    totals: () => select.get(number) ?? { relayed: 0, acknowledged: 0, damaged: 0, evicted: 0 },
    add: (amounts) =>
      void update.run({ number, relayed: 0, acknowledged: 0, damaged: 0, evicted: 0, ...amounts }),
  };
}
