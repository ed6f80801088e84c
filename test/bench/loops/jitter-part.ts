/** Polling every 10 ms, everybody at the same time: on the machine as it is, and beside the cabinet's other work. */
import { readFileSync } from 'node:fs';
import { availableParallelism } from 'node:os';
import { setTimeout as delay } from 'node:timers/promises';
import { childrenOf } from '../common/process-usage.ts';
import { busyPctSince, processorTimes } from '../common/processors.ts';
import { nodeCommand, type Program, startProgram } from '../common/programs.ts';
import { median } from '../common/quantile.ts';
import { figure, goal, note, say, table } from '../common/report.ts';
import type { BenchContext } from './bench-context.ts';
import { startNodeRed } from './node-red.ts';
import { startOurProcess } from './our-programs.ts';
import { type PollingFigures, pollingFigures, within } from './polling-figures.ts';
import { openStampingServer } from './stamping-server.ts';

const PERIOD_MS = 10;
const SETTLE_MS = 4000;
/** Twice as much to do as there is time for, each in a session of its own, as services are. */
const VISION_PER_CORE = 2;
/** Above the pollers, so that it never delays a stamp or a reply. */
const SERVER_FIFO = 60;
const LIBMODBUS_FIFO = 30;

interface Poller {
  readonly name: string;
  readonly unit: number;
  start(port: number): Promise<Program>;
}

const OURS = 'our fieldbus process';
const OURS_FIFO = 'our fieldbus process, realTime';
const NODE_RED = 'Node-RED';

/** Figures of each poller in each round. */
type Rounds = ReadonlyMap<string, readonly PollingFigures[]>;

export async function jitter(context: BenchContext): Promise<void> {
  const { rounds, seconds } = context.options;
  const quiet = await measure(context, { name: 'quiet', rounds, load: null });
  printRounds(`Polling each ${PERIOD_MS} ms, the machine as it is`, quiet, { rounds, seconds });
  goal('ours at least 99.5 Hz on a quiet machine', worst(quiet.figures, OURS), (hz) => hz >= 99.5);
  say();
  const loads = Array.from({ length: VISION_PER_CORE * availableParallelism() + 1 }, (_, index) =>
    startProgram({
      name: 'the load',
      command: nodeCommand(import.meta.dirname, 'load.ts', index === 0 ? 'commits' : 'vision'),
    }),
  );
  const labels = await Promise.all(loads.map((load) => load.line((line) => line.startsWith('working'))));
  const label = `${labels[0]} and ${loads.length - 1} times ${labels[1]}`.replaceAll('working: ', '');
  await delay(SETTLE_MS);
  const busy = await measure(context, { name: 'loaded', rounds, load: label });
  for (const load of loads) await load.stop();
  printRounds(`The same beside ${label}`, busy, { rounds, seconds });
  const ratio = (of: string, take: (figures: PollingFigures) => number) =>
    ratioToNodeRed(busy.figures, of, take);
  goal('p99 at most 0.6 of Node-RED, ordinary class', ratio(OURS, p99), (value) => value <= 0.6);
  goal('p99 at most 0.15 of Node-RED, realTime', ratio(OURS_FIFO, p99), (value) => value <= 0.15);
  goal('max at most 0.1 of Node-RED, realTime', ratio(OURS_FIFO, max), (value) => value <= 0.1);
  say();
}

interface Measured {
  readonly figures: Rounds;
  readonly busyPct: readonly number[];
  readonly notes: readonly string[];
}

async function measure(
  context: BenchContext,
  phase: { readonly name: string; readonly rounds: number; readonly load: string | null },
): Promise<Measured> {
  const figures = new Map<string, PollingFigures[]>();
  const busyPct: number[] = [];
  const notes = new Set<string>();
  for (let round = 1; round <= phase.rounds; round += 1) {
    const server = await openStampingServer(
      context.programs.stampingServer,
      context.canUseFifo ? { fifo: SERVER_FIFO } : {},
    );
    const pollers = pollersOf(context);
    const programs: Program[] = [];
    for (const poller of pollers) programs.push(await poller.start(server.port));
    await delay(SETTLE_MS);
    for (const remark of remarks(pollers, programs)) notes.add(remark);
    const before = processorTimes();
    const fromMs = Date.now();
    await delay(context.options.seconds * 1000);
    const span = { fromMs, toMs: Date.now() };
    busyPct.push(busyPctSince(before));
    for (const program of programs) await program.stop();
    const stamps = await server.stop();
    for (const { name, unit } of pollers) {
      const found = pollingFigures(within(stamps.get(unit) ?? [], span), PERIOD_MS);
      if (found === null) throw new Error(`${name} did not poll`);
      figures.set(name, [...(figures.get(name) ?? []), found]);
    }
    note(`10 ms, ${phase.name}, round ${round} of ${phase.rounds} done`);
  }
  return { figures, busyPct, notes: [...notes] };
}

function pollersOf({ programs, nodeRed, canUseFifo }: BenchContext): readonly Poller[] {
  const libmodbus = (unit: number, fifo?: number): Poller => ({
    name: fifo === undefined ? 'libmodbus (C)' : 'libmodbus (C), SCHED_FIFO',
    unit,
    start: async (port) => {
      const command = [programs.libmodbusClient, 'tcp', String(port), String(unit), String(PERIOD_MS * 1000)];
      const how = fifo === undefined ? {} : { fifo };
      return await Promise.resolve(startProgram({ name: 'libmodbus', command, ...how }));
    },
  });
  const ours = (unit: number, realTime: boolean): Poller => ({
    name: realTime ? OURS_FIFO : OURS,
    unit,
    start: (port) => {
      const line = { kind: 'tcp', port } as const;
      return startOurProcess({ line, units: [unit], everyMs: PERIOD_MS, realTime });
    },
  });
  return [
    libmodbus(1),
    ours(2, false),
    ...(nodeRed === null
      ? []
      : [
          {
            name: NODE_RED,
            unit: 3,
            start: (port: number) => startNodeRed(nodeRed, { port, unit: 3, pace: { everyMs: PERIOD_MS } }),
          },
        ]),
    ...(canUseFifo ? [libmodbus(4, LIBMODBUS_FIFO), ours(5, true)] : []),
  ];
}

/** `realTime` may be refused by the system: what the process got is looked up, not believed. */
function remarks(pollers: readonly Poller[], programs: readonly Program[]): readonly string[] {
  return pollers.flatMap(({ name }, index) => {
    const pid = programs[index]?.pid;
    if (name !== OURS_FIFO || pid === undefined) return [];
    return childrenOf(pid).some(isFifo) ? [] : [`${name}: the process did not get SCHED_FIFO`];
  });
}

/** Field 41 of /proc/PID/stat is the scheduling policy; 1 is SCHED_FIFO (proc(5), sched(7)). */
function isFifo(pid: number): boolean {
  const stat = readFileSync(`/proc/${pid}/stat`, 'utf8');
  return stat.slice(stat.lastIndexOf(')') + 2).split(' ')[41 - 3] === '1';
}

const p99 = (figures: PollingFigures): number => figures.jitterP99Ms;
const max = (figures: PollingFigures): number => figures.jitterMaxMs;

/** Median over the rounds of the ratio within each round; null when one of the two did not take part. */
function ratioToNodeRed(
  rounds: Rounds,
  of: string,
  take: (figures: PollingFigures) => number,
): number | null {
  const ours = rounds.get(of);
  const theirs = rounds.get(NODE_RED);
  if (ours === undefined || theirs === undefined) return null;
  return median(ours.map((figures, round) => take(figures) / take(theirs[round] ?? figures)));
}

function worst(rounds: Rounds, of: string): number | null {
  const hz = (rounds.get(of) ?? []).map((figures) => figures.hz);
  return hz.length === 0 ? null : Math.min(...hz);
}

function printRounds(
  title: string,
  { figures, busyPct, notes }: Measured,
  of: { readonly rounds: number; readonly seconds: number },
): void {
  const busy = figure(median(busyPct), 0);
  say(`${title} (n = ${of.rounds} rounds of ${of.seconds} s, medians; processors ${busy} % busy)`);
  const row = ([name, rounds]: readonly [string, readonly PollingFigures[]]) => [
    name,
    figure(median(rounds.map(({ hz }) => hz)), 1),
    figure(median(rounds.map(({ jitterP50Ms }) => jitterP50Ms)), 3),
    figure(median(rounds.map(p99)), 2),
    figure(median(rounds.map(max)), 1),
    figure(Math.max(...rounds.map(max)), 1),
    figure(median(rounds.map(({ missedSlots }) => missedSlots)), 0),
  ];
  table([
    ['client', 'Hz', 'jitter p50 ms', 'p99', 'max', 'max of all', 'slots missed'],
    ...[...figures].map(row),
  ]);
  for (const remark of notes) say(`  ${remark}`);
}
