/**
 * A minimal receiver of the roadside contract: takes each record once, tells live from replayed, finds what is
 * missing, and knows which incidents are void. MQTT 5, package `mqtt`. Run it with Node 22.18 or later:
 *
 *     MQTT_USERNAME=… MQTT_PASSWORD=… MQTT_CA_FILE=… node consumer.ts mqtts://broker.example:8883 platform
 *
 * `platform` is the receiver's name in the site file: one of `furtherUplinks` has its own. A line is printed for
 * each record, and the books as JSON when the program is asked to end (SIGTERM or Ctrl-C).
 * In service keep `books` in your database, changed in the transaction that stores the record, and check each
 * payload with the schemas of asyncapi.json. Fields and streams that you do not know belong to a later version.
 */
import { readFileSync } from 'node:fs';
import { connect } from 'mqtt';

/** Numbers from and to, both included. */
type Range = readonly [number, number];

type Names = Readonly<Record<'id' | 'site' | 'boot' | 'stream', string>>;
type RoadsideRecord = Names & { readonly [field: string]: unknown; seq: number; replayed: boolean };

const [url = 'mqtt://127.0.0.1', upstream = 'platform'] = process.argv.slice(2);

const books = {
  live: 0,
  replayed: 0,
  duplicates: 0,
  corrected: 0,
  /** By `site boot stream`: the numbers that came, and these together with those that never will. */
  come: new Map<string, Range[]>(),
  accounted: new Map<string, Range[]>(),
  declared: [] as string[],
  /** Declared records whose numbers the site itself could not read any more. */
  unnamed: 0,
  /** By site: the run that its last birth told of. */
  session: new Map<string, string>(),
  offline: new Set<string>(),
  /** By `site incident`: the run that opened it. */
  open: new Map<string, string>(),
  voided: new Set<string>(),
};

/** Joins a range to others, so that a year of records without a hole is one range. */
function addRange(series: Map<string, Range[]>, key: string, [from, to]: Range): void {
  const ranges = series.get(key) ?? [];
  const touching = ranges.filter(([a, b]) => a <= to + 1 && b >= from - 1);
  const low = Math.min(from, ...touching.map(([a]) => a));
  const high = Math.max(to, ...touching.map(([, b]) => b));
  const others = ranges.filter((range) => !touching.includes(range));
  series.set(key, [...others, [low, high] as const].sort(([a], [b]) => a - b));
}

/** The id is `site/boot/stream/seq`, so a known number is a known id. */
function takeRecord(record: RoadsideRecord): void {
  const { id, site, boot, stream, seq, replayed } = record;
  if (id !== [site, boot, stream, seq].join('/')) throw new Error(`not the id of its record: ${id}`);
  const key = `${site} ${boot} ${stream}`;
  if ((books.come.get(key) ?? []).some(([from, to]) => from <= seq && seq <= to)) {
    // A restamped copy has the right times where the known one may not: store it in its place.
    const kind = record['clock'] === 'restamped' ? 'corrected' : 'duplicates';
    books[kind] += 1;
    return console.log(`${kind} ${id}`);
  }
  for (const series of [books.come, books.accounted]) addRange(series, key, [seq, seq]);
  books[replayed ? 'replayed' : 'live'] += 1;
  if (stream === 'gap') declare(record);
  if (stream === 'incident') follow(record);
  // Live views and alarms take live records only; the archive takes both.
  console.log(`${replayed ? 'replayed' : 'live'} ${id}`);
}

/** What the site says will never come to this receiver is not missing; what others lose is not ours. */
function declare({ site, ...gap }: RoadsideRecord): void {
  if (gap['upstream'] !== upstream) return;
  books.unnamed += Number(gap['unnamed']);
  const ranges = gap['ranges'] as { boot: string; stream: string; fromSeq: number; toSeq: number }[];
  for (const { boot, stream, fromSeq, toSeq } of ranges) {
    const key = `${site} ${boot} ${stream}`;
    addRange(books.accounted, key, [fromSeq, toSeq]);
    books.declared.push(`${key} ${fromSeq}-${toSeq}`);
  }
}

/** Nobody watches any more whether an incident of an earlier run is over: it is void. */
function follow({ site, boot, ...step }: RoadsideRecord): void {
  const key = `${site} ${step['incident']}`;
  const session = books.session.get(site) ?? boot;
  if (step['phase'] === 'close') books.open.delete(key);
  else if (boot === session) books.open.set(key, boot);
  else books.voided.add(key);
}

/** Birth and will: retained, so that a receiver which comes later learns them, too. */
function takeState({ site, session, state }: { site: string; session: string; state: string }): void {
  console.log(`${state} ${site} ${session}`);
  if (state !== 'online') {
    // The will of an earlier run may come late: it says nothing of the present one.
    if ((books.session.get(site) ?? session) === session) books.offline.add(site);
    return;
  }
  books.offline.delete(site);
  books.session.set(site, session);
  for (const [key, boot] of books.open) {
    if (!key.startsWith(`${site} `) || boot === session) continue;
    books.open.delete(key);
    books.voided.add(key);
  }
}

/** Neither come nor declared. While a backlog drains they still arrive; what stays is for a backfill command. */
function missing(): string[] {
  return [...books.accounted].flatMap(([key, ranges]) =>
    ranges.flatMap(([from], index) => {
      const next = (ranges[index - 1]?.[1] ?? 0) + 1;
      return from > next ? [`${key} ${next}-${from - 1}`] : [];
    }),
  );
}

function report(): string {
  const { live, replayed, duplicates, corrected, declared, unnamed, voided, open, offline } = books;
  const lists = { missing: missing(), declared, voided, open: open.keys(), offline };
  const sorted = Object.entries(lists).map(([name, list]) => [name, [...list].sort()] as const);
  return JSON.stringify({ live, replayed, duplicates, corrected, unnamed, ...Object.fromEntries(sorted) });
}

const { MQTT_USERNAME: username, MQTT_PASSWORD: password, MQTT_CA_FILE: caFile } = process.env;
// A durable session under a fixed name: the broker keeps what comes while this receiver is away.
const durable = { protocolVersion: 5, clean: false, properties: { sessionExpiryInterval: 604_800 } } as const;
const account = username === undefined ? {} : { username, password: password ?? '' };
const authority = caFile === undefined ? {} : { ca: readFileSync(caFile) };
const client = connect(url, { clientId: `receiver-${upstream}`, ...durable, ...account, ...authority });
client.on('error', (error) => console.error(error.message));
client.on('connect', () => client.subscribe('roadside/v1/#', { qos: 1 }, () => console.log('subscribed')));
// The acknowledgement goes out when this returns: what is not in the books by then comes again.
client.on('message', (topic, bytes) => {
  try {
    const payload = JSON.parse(bytes.toString());
    if (!/^roadside\.[a-z]+\/1$/.test(payload.schema)) throw new Error('not of this contract');
    if (payload.schema === 'roadside.state/1') takeState(payload);
    else if ('seq' in payload) takeRecord(payload);
  } catch (error) {
    console.error(`${topic}: ${error}`);
  }
});
for (const signal of ['SIGTERM', 'SIGINT'] as const) {
  process.once(signal, () => {
    console.log(report());
    client.end(true, () => process.exit());
  });
}
