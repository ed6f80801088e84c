/** How many reads a second, one outstanding: client and server share one core, clients take turns. */
import { availableParallelism } from 'node:os';
import { setTimeout as delay } from 'node:timers/promises';
import { type Program, startProgram } from '../common/programs.ts';
import { median } from '../common/quantile.ts';
import { figure, goal, note, say, table } from '../common/report.ts';
import type { BenchContext } from './bench-context.ts';
import { INPUTS } from './bus-plans.ts';
import { startNodeRed } from './node-red.ts';
import { startOurProcess, startOurReader } from './our-programs.ts';
import { within } from './polling-figures.ts';
import { openStampingServer } from './stamping-server.ts';

const UNIT = 1;
/** Devices on the one bus, each due every millisecond: together more than the bus can carry. */
const SATURATING_UNITS = Array.from({ length: 64 }, (_, index) => 100 + index);
/** Until a client runs at its pace: compilers, connection, Node-RED's start of the flow. */
const WARM_UP_MS = 3000;
const LONGEST_S = 5;

interface RateClient {
  readonly name: string;
  start(port: number, core: number): Promise<Program>;
}

export async function rate(context: BenchContext): Promise<void> {
  const { rounds, seconds } = context.options;
  const core = availableParallelism() - 1;
  const measuredS = Math.min(LONGEST_S, seconds);
  const clients = clientsOf(context);
  const rates = new Map<string, number[]>(clients.map(({ name }) => [name, []]));
  for (let round = 1; round <= rounds; round += 1) {
    for (const client of clients) {
      const perS = await rateOf(client, context, { core, measuredS });
      rates.get(client.name)?.push(perS);
      note(`rate, round ${round} of ${rounds}: ${client.name} ${perS.toFixed(0)}/s`);
    }
  }
  print(rates, `n = ${rounds} rounds of ${measuredS} s, client and server on core ${core}`);
}

function clientsOf({ programs, nodeRed }: BenchContext): readonly RateClient[] {
  const clients: RateClient[] = [
    {
      name: LIBMODBUS,
      start: async (port, core) => {
        const command = [programs.libmodbusClient, 'tcp', String(port), String(UNIT), '0'];
        return await Promise.resolve(startProgram({ name: LIBMODBUS, command, core }));
      },
    },
    { name: MASTER, start: (port, core) => startOurReader(port, UNIT, { core }) },
    {
      name: PROCESS,
      start: (port, core) => {
        const line = { kind: 'tcp', port } as const;
        return startOurProcess({ line, units: SATURATING_UNITS, everyMs: 1, realTime: false }, { core });
      },
    },
  ];
  if (nodeRed === null) return clients;
  const task = { unit: UNIT, pace: 'saturate' } as const;
  return [
    ...clients,
    { name: NODE_RED, start: (port, core) => startNodeRed(nodeRed, { ...task, port, core }) },
  ];
}

const LIBMODBUS = 'libmodbus (C)';
const MASTER = 'our master + decoder';
const PROCESS = 'our fieldbus process, under its contract';
const NODE_RED = 'Node-RED, queue off';

async function rateOf(
  client: RateClient,
  context: BenchContext,
  how: { readonly core: number; readonly measuredS: number },
): Promise<number> {
  const server = await openStampingServer(context.programs.stampingServer, { core: how.core });
  const program = await client.start(server.port, how.core);
  await delay(WARM_UP_MS + how.measuredS * 1000);
  const toMs = Date.now();
  await program.stop();
  const stamps = await server.stop();
  const span = { fromMs: toMs - how.measuredS * 1000, toMs };
  const reads = [...stamps.values()].reduce((sum, unit) => sum + within(unit, span).length, 0);
  return reads / how.measuredS;
}

function print(rates: ReadonlyMap<string, readonly number[]>, how: string): void {
  const limits = rates.get(LIBMODBUS) ?? [];
  const ratioOf = (name: string): number =>
    median((rates.get(name) ?? []).map((perS, round) => perS / (limits[round] ?? Number.NaN)));
  say(`Rate, one request outstanding, ${INPUTS} discrete inputs over TCP (${how})`);
  table([
    ['client', 'reads/s, median', 'least', 'most', 'of libmodbus, median of rounds'],
    ...[...rates].map(([name, all]) => [
      name,
      figure(median(all), 0),
      figure(Math.min(...all), 0),
      figure(Math.max(...all), 0),
      figure(ratioOf(name), 2),
    ]),
  ]);
  for (const name of [MASTER, PROCESS]) {
    goal(`${name} at least 0.8 of libmodbus`, ratioOf(name), (ratio) => ratio >= 0.8);
  }
  say();
}
