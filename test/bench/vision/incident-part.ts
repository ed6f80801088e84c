/** From the picture in which the dwell is reached to the record in the store and at the platform, by a real gateway. */
import { setTimeout as delay } from 'node:timers/promises';
import { connect } from 'mqtt';
import { MS_PER_S } from '../../../src/base/units.ts';
import { openDemoBroker } from '../../../src/simulator/platform/broker.ts';
import { openStore } from '../../../src/store/store.ts';
import type { IncidentRecord } from '../../../src/traffic/record.ts';
import { nodeCommand, startProgram } from '../common/programs.ts';
import { quantile } from '../common/quantile.ts';
import { figure, note, say, table } from '../common/report.ts';
import type { BenchContext } from './bench-context.ts';
import { SERVICE_FPS, writeBenchSite } from './bench-site.ts';
import { startCameras } from './cameras.ts';
import { CLIP_FPS } from './clips.ts';

const CAMERAS = 4;
/** Incidents are rare even here: this many stretches of `--seconds` in each round. */
const STRETCHES = 4;
const FIRST_WITHIN_MS = 60_000;
const LEDGER_LIMIT = 10_000;

type Opening = Pick<IncidentRecord, 'id' | 'openedAtMs'>;

export async function incident(context: BenchContext): Promise<void> {
  const { folder, clips, options } = context;
  const cameras = await startCameras({ clip: clips.standing, framesPerSecond: CLIP_FPS, count: CAMERAS });
  const broker = await openDemoBroker();
  const platform = await openPlatform(broker.url);
  const { sources } = cameras;
  const where = { folder, sources, framesPerSecond: SERVICE_FPS, brokerUrl: broker.url };
  const site = await writeBenchSite({ ...where, storeFile: 'incidents.db' });
  const command = nodeCommand(
    import.meta.dirname,
    '../../../src/processes/cli.ts',
    'run',
    site,
    '--log-level',
    'error',
  );
  const gateway = startProgram({ name: 'the gateway', command });
  const seconds = options.seconds * options.rounds * STRETCHES;
  try {
    await platform.first();
    note(`incident: the first has come; collecting for ${seconds} s`);
    await delay(seconds * MS_PER_S);
    await gateway.stop();
  } finally {
    await platform.close();
    await broker.close();
    await cameras.stop();
  }
  print(storedOpenings(`${folder}/incidents.db`), platform.received, seconds);
}

interface Platform {
  /** When each opening arrived, by its id; UTC ms. */
  readonly received: ReadonlyMap<string, number>;
  /** Resolves when one has arrived. */
  first(): Promise<void>;
  close(): Promise<void>;
}

async function openPlatform(url: string): Promise<Platform> {
  const client = connect(url, { clientId: 'bench' });
  const received = new Map<string, number>();
  client.on('message', (_topic, payload) => {
    const atMs = Date.now();
    const record = JSON.parse(payload.toString()) as IncidentRecord;
    if (record.phase === 'open') received.set(record.id, atMs);
  });
  await client.subscribeAsync('roadside/v1/bench/incident', { qos: 1 });
  return {
    received,
    async first() {
      const deadlineMs = performance.now() + FIRST_WITHIN_MS;
      while (received.size === 0) {
        if (performance.now() > deadlineMs) throw new Error('the gateway reported no incident');
        await delay(50);
      }
    },
    close: () => client.endAsync(true),
  };
}

/** Openings in the store, with the moment at which they were stored. */
function storedOpenings(file: string): readonly (Opening & { readonly storedAtMs: number })[] {
  const store = openStore({ file });
  const rows = store.readLedger({ stream: 'incident', limit: LEDGER_LIMIT });
  store.close();
  return rows.flatMap(({ body, madeAtMs }) => {
    const record = JSON.parse(body) as IncidentRecord;
    if (record.phase !== 'open' || record.incidentKind !== 'stopped-vehicle') return [];
    return [{ id: record.id, openedAtMs: record.openedAtMs, storedAtMs: madeAtMs }];
  });
}

function print(
  openings: ReturnType<typeof storedOpenings>,
  received: ReadonlyMap<string, number>,
  seconds: number,
): void {
  const toStore = openings.map(({ openedAtMs, storedAtMs }) => storedAtMs - openedAtMs);
  const toPlatform = openings.flatMap(({ id, openedAtMs }) => {
    const atMs = received.get(id);
    return atMs === undefined ? [] : [atMs - openedAtMs];
  });
  const row = (name: string, values: readonly number[]): readonly string[] => [
    name,
    String(values.length),
    figure(quantile(values, 0.5), 0),
    figure(quantile(values, 0.99), 0),
    figure(Math.max(...values), 0),
  ];
  say(`From the picture that opens an incident, as it leaves the decoder (${CAMERAS} cameras, ${seconds} s)`);
  table([
    ['to', 'n', 'p50 ms', 'p99 ms', 'max ms'],
    row('the record in the store', toStore),
    row('the record at the platform', toPlatform),
  ]);
  say('  From the camera: add the latency of a reader above.\n');
}
