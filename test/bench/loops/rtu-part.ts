/** RTU at the wire's own pace: reads a second against the least time that V1.02 allows for one read. */

import { setTimeout as delay } from 'node:timers/promises';
import { type Program, startProgram } from '../common/programs.ts';
import { median } from '../common/quantile.ts';
import { figure, goal, note, say, table } from '../common/report.ts';
import type { BenchContext } from './bench-context.ts';
import { INPUTS } from './bus-plans.ts';
import { startOurProcess } from './our-programs.ts';

const BAUDS = [9600, 19_200, 38_400, 115_200] as const;
const REQUEST_CHARS = 8;
const REPLY_CHARS = 9;
/** 8E1: start bit, eight data bits, parity, stop bit. */
const BITS_PER_CHAR = 11;
const UNIT = 1;
/** Above the masters, so that what it measures is their silence and not its own lateness. */
const SLAVE_FIFO = 60;
const WARM_UP_MS = 1000;
const LONGEST_S = 4;

interface RtuFigures {
  readonly perS: number;
  readonly leastGapMs: number;
  readonly meanGapMs: number;
  readonly violations: number;
}

interface RtuClient {
  readonly name: string;
  start(path: string, baud: number): Promise<Program>;
}

const OURS = 'our fieldbus process';
const LIBMODBUS = 'libmodbus (C)';

/** The least time of one read: both frames, and 3.5 characters of silence before each, 1.75 ms above 19200 Bd. */
function floorMs(baud: number): { readonly cycleMs: number; readonly silenceMs: number } {
  const charMs = (BITS_PER_CHAR * 1000) / baud;
  const silenceMs = baud > 19_200 ? 1.75 : 3.5 * charMs;
  return { cycleMs: (REQUEST_CHARS + REPLY_CHARS) * charMs + 2 * silenceMs, silenceMs };
}

export async function rtu(context: BenchContext): Promise<void> {
  const { rounds, seconds } = context.options;
  const measuredS = Math.min(LONGEST_S, seconds);
  say(`RTU, ${INPUTS} discrete inputs, 8E1, one slave on a pseudo-terminal that takes the wire's time`);
  say(`(n = ${rounds} rounds of ${measuredS} s, medians; gap: the master's silence as the slave saw it)`);
  const rows = [
    [
      'baud',
      'floor ms',
      'limit/s',
      'client',
      'reads/s',
      'of limit',
      'mean gap ms',
      'least',
      't3.5 ms',
      'too early',
    ],
  ];
  const shares: number[] = [];
  let tooEarly = 0;
  for (const baud of BAUDS) {
    const { cycleMs, silenceMs } = floorMs(baud);
    for (const client of clientsOf(context)) {
      const all: RtuFigures[] = [];
      for (let round = 1; round <= rounds; round += 1) {
        all.push(await measure(client, context, { baud, measuredS }));
        note(`RTU ${baud} Bd, ${client.name}, round ${round} of ${rounds}`);
      }
      const perS = median(all.map((round) => round.perS));
      const violations = all.reduce((sum, round) => sum + round.violations, 0);
      const share = (perS * cycleMs) / 1000;
      if (client.name === OURS) {
        shares.push(share);
        tooEarly += violations;
      }
      rows.push([
        String(baud),
        figure(cycleMs, 2),
        figure(1000 / cycleMs, 1),
        client.name,
        figure(perS, 1),
        figure(share, 3),
        figure(median(all.map((round) => round.meanGapMs)), 3),
        figure(Math.min(...all.map((round) => round.leastGapMs)), 3),
        figure(silenceMs, 3),
        String(violations),
      ]);
    }
  }
  table(rows);
  goal('ours at least 0.95 of the limit at every rate', Math.min(...shares), (share) => share >= 0.95);
  goal('requests of ours before t3.5 was over', tooEarly, (count) => count === 0);
  say();
}

function clientsOf({ programs }: BenchContext): readonly RtuClient[] {
  return [
    {
      name: LIBMODBUS,
      start: async (path, baud) => {
        const command = [programs.libmodbusClient, 'rtu', path, String(baud), '0'];
        return await Promise.resolve(startProgram({ name: LIBMODBUS, command }));
      },
    },
    {
      name: OURS,
      // Due every millisecond, which no serial line can carry: the next request goes out as soon as it may.
      start: (path, baud) => {
        const line = { kind: 'rtu', path, baud } as const;
        return startOurProcess({ line, units: [UNIT], everyMs: 1, realTime: false });
      },
    },
  ];
}

async function measure(
  client: RtuClient,
  { programs, canUseFifo }: BenchContext,
  how: { readonly baud: number; readonly measuredS: number },
): Promise<RtuFigures> {
  const slave = startProgram({
    name: 'the RTU slave',
    command: [programs.rtuSlave, String(how.baud)],
    ...(canUseFifo ? { fifo: SLAVE_FIFO } : {}),
  });
  const path = await slave.line((line) => line.startsWith('/dev/'));
  const program = await client.start(path, how.baud);
  await delay(WARM_UP_MS + how.measuredS * 1000);
  await program.stop();
  const output = await slave.stop();
  const [polls = 0, seconds = 0, leastGapUs = 0, meanGapUs = 0, violations = 0] = (
    output.trim().split('\n').at(-1) ?? ''
  )
    .split(' ')
    .map(Number);
  return { perS: polls / seconds, leastGapMs: leastGapUs / 1000, meanGapMs: meanGapUs / 1000, violations };
}
