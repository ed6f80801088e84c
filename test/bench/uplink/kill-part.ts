/** What a sender that dies in mid-drain loses and repeats. */
import { figure, goal, note, say, table } from '../common/report.ts';
import type { BenchContext } from './bench-context.ts';
import { copyOf } from './our-programs.ts';
import { type Tally, tallyOf } from './platform.ts';
import { BRIDGE_AUTOSAVE_S, loadBridge, loadOurs, onStand, type Sender, type Stand } from './stand.ts';

interface Death extends Tally {
  /** Copies that had come when it was killed. */
  readonly killedAt: number;
  readonly lost: number;
}

const WINDOW = 100;
const EAGER_AUTOSAVE_S = 1;
const KILLED_AT_SHARE = 0.3;
const OURS = `our store and uplink, window ${WINDOW}`;

export async function kill(context: BenchContext): Promise<void> {
  const { rounds, records } = context.options;
  const deaths: [name: string, death: Death][] = [];
  const dies = async (name: string, load: (stand: Stand) => Promise<Sender>): Promise<void> => {
    const death = await killInMidDrain(context, load);
    deaths.push([name, death]);
    note(`kill: ${name}: ${death.lost} lost, ${death.duplicates} twice`);
  };
  for (const autosaveS of [BRIDGE_AUTOSAVE_S, EAGER_AUTOSAVE_S]) {
    const name = `Mosquitto bridge, autosave ${autosaveS} s`;
    await dies(name, (stand) => loadBridge(context, stand, autosaveS));
  }
  for (let round = 1; round <= rounds; round += 1) {
    await dies(OURS, (stand) => loadOurs(stand, { file: copyOf(context, stand), window: WINDOW }));
  }
  print(deaths, records);
}

async function killInMidDrain(
  context: BenchContext,
  load: (stand: Stand) => Promise<Sender>,
): Promise<Death> {
  const { records } = context.options;
  return await onStand(context, { oneWayMs: 0 }, async (stand) => {
    const sender = await load(stand);
    const platform = await stand.platformComes();
    await platform.untilCount(records * KILLED_AT_SHARE);
    await sender.kill();
    const killedAt = platform.count();
    await sender.restart();
    await platform.untilCount(Number.POSITIVE_INFINITY);
    const tally = tallyOf(await platform.stop());
    await sender.stop();
    return { ...tally, killedAt, lost: records - tally.distinct };
  });
}

function print(deaths: readonly (readonly [string, Death])[], records: number): void {
  const ours = deaths.filter(([name]) => name === OURS).map(([, death]) => death);
  const worst = (of: (death: Death) => number): number => Math.max(...ours.map(of));
  say(`Killed with SIGKILL in the middle of a drain of ${records} records, and started again`);
  table([
    ['sender', 'had arrived', 'lost', 'came twice'],
    ...deaths.map(([name, { killedAt, lost, duplicates }]) => [
      name,
      figure(killedAt, 0),
      figure(lost, 0),
      figure(duplicates, 0),
    ]),
  ]);
  const lost = worst((death) => death.lost);
  const twice = worst(({ duplicates }) => duplicates);
  goal('of ours none is lost, at worst', lost, (value) => value === 0);
  goal(`of ours at most a window of ${WINDOW} comes twice`, twice, (value) => value <= WINDOW);
  say();
}
