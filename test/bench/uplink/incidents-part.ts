/** How long an incident takes from before its storing to the receiver, while a backlog drains. */
import { setTimeout as pause } from 'node:timers/promises';
import { quantile } from '../common/quantile.ts';
import { figure, note, say, table } from '../common/report.ts';
import type { BenchContext } from './bench-context.ts';
import { copyOf, fillStore, type GatewayTask, UNPACED } from './our-programs.ts';
import type { Arrival } from './platform.ts';
import { loadOurs, onStand, type Stand } from './stand.ts';

const INCIDENT_EVERY_MS = 20;
/** Where the backlog does not end the measurement. */
const MEASURED_MS = 5000;
/** The uplink's default for `backfillPerS`. */
const DEFAULT_PACE = 100;

interface Situation {
  readonly name: string;
  readonly window: number;
  readonly backfillPerS: number;
  readonly backlog: 'none' | 'not drained' | 'drained';
}

const SITUATIONS: readonly Situation[] = [
  { name: 'no backlog', window: 100, backfillPerS: DEFAULT_PACE, backlog: 'none' },
  {
    name: 'backlog at the default pace, 100/s',
    window: 100,
    backfillPerS: DEFAULT_PACE,
    backlog: 'not drained',
  },
  { name: 'backlog without pace, window 100', window: 100, backfillPerS: UNPACED, backlog: 'drained' },
  { name: 'backlog without pace, window 1000', window: 1000, backfillPerS: UNPACED, backlog: 'drained' },
];

export async function incidents(context: BenchContext): Promise<void> {
  const { rounds } = context.options;
  const latencies = new Map<string, number[]>(SITUATIONS.map(({ name }) => [name, []]));
  for (let round = 1; round <= rounds; round += 1) {
    for (const situation of SITUATIONS) {
      const some = await latenciesIn(context, situation);
      latencies.get(situation.name)?.push(...some);
      note(`incidents, round ${round} of ${rounds}: ${situation.name}, n = ${some.length}`);
    }
  }
  say(
    `Incidents, one each ${INCIDENT_EVERY_MS} ms, from before the commit to the receiver, ms (${rounds} rounds)`,
  );
  table([
    ['situation', 'n', 'p50', 'p99', 'most'],
    ...[...latencies].map(([name, all]) => [
      name,
      figure(all.length, 0),
      figure(quantile(all, 0.5), 1),
      figure(quantile(all, 0.99), 1),
      figure(quantile(all, 1), 1),
    ]),
  ]);
}

async function latenciesIn(context: BenchContext, situation: Situation): Promise<readonly number[]> {
  const { backlog, window, backfillPerS } = situation;
  const how: Partial<GatewayTask> = { window, backfillPerS, incidentEveryMs: INCIDENT_EVERY_MS };
  return await onStand(context, { oneWayMs: 0 }, async (stand) => {
    const sender = await loadOurs(stand, { ...how, file: fileFor(context, stand, backlog) });
    const platform = await stand.platformComes();
    if (backlog === 'drained') await platform.untilCount(context.options.records);
    else {
      await platform.untilCount(1);
      await pause(MEASURED_MS);
    }
    await sender.kill();
    const latencies = latenciesOf(await platform.stop());
    if (latencies.length === 0) throw new Error(`${situation.name}: no incident came`);
    return latencies;
  });
}

function fileFor(context: BenchContext, stand: Stand, backlog: Situation['backlog']): string {
  if (backlog !== 'none') return copyOf(context, stand);
  const file = `${stand.folder}/empty.db`;
  fillStore(file, 0);
  return file;
}

/** Of the incidents that were made after the first record had arrived: the line stood. */
function latenciesOf(arrivals: readonly Arrival[]): readonly number[] {
  const onlineMs = arrivals[0]?.atMs ?? 0;
  return arrivals
    .filter(({ id, observedAtMs }) => id.includes('/live/incident/') && observedAtMs > onlineMs)
    .map(({ atMs, observedAtMs }) => atMs - observedAtMs);
}
