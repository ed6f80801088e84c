import type { Overview, ProcessOverview } from '../app/overview.ts';
import { TROUBLE_FIGURES } from './sensor-figures.table.ts';
import { alignColumns, fitWidth, SCREEN_COLUMNS, wrapText } from './text-table.ts';

type Sensor = ProcessOverview['sensors'][number];

/** The processes and their sensors; below a sensor what went wrong with it since the start, if anything did. */
export function sensorLines(processes: Overview['processes']): readonly string[] {
  const rows = processes.flatMap((child) => [
    {
      cells: [child.process, child.state, `pid ${child.pid ?? '-'}  restarts ${child.restarts}`],
      below: [],
    },
    ...child.sensors.map((sensor) => ({
      cells: [`  ${sensor.sensor}`, sensor.state, noteOf(sensor)],
      below: troubleLines(sensor),
    })),
  ]);
  const lines = alignColumns(rows.map(({ cells }) => cells));
  return rows.flatMap(({ below }, at) => [...wrapped(lines[at] ?? ''), ...below]);
}

/** How many pictures a camera's lanes are counted from comes first: it says more than any state. */
function noteOf({ figures, note }: Sensor): string {
  const { framesPerS } = figures;
  return framesPerS === undefined ? note : `${framesPerS} frames/s 帧/秒  ${note}`.trimEnd();
}

function troubleLines({ figures }: Sensor): readonly string[] {
  const troubles = namedFigures(figures, TROUBLE_FIGURES);
  return troubles.length === 0 ? [] : wrapped(`    ${troubles.join(', ')}`);
}

/** A word that is wider than the screen, such as a path, is cut. */
function wrapped(line: string): readonly string[] {
  return wrapText(line, SCREEN_COLUMNS, '    ').map((part) => fitWidth(part, SCREEN_COLUMNS));
}

const LOSSES: Readonly<Record<string, string>> = {
  refused: 'observations over the limit 超限观测',
  unstored: 'records waiting for the disk 待写记录',
  lost: 'records lost 丢失记录',
  damaged: 'records unreadable 损坏记录',
  evicted: 'records given up (no room, or too large) 放弃（空间不足或过大）',
};

/** What the gateway itself had to give up since its start; nothing when it did not. */
export function lossLines({ inbox, store }: Pick<Overview, 'inbox' | 'store'>): readonly string[] {
  const { unstored, lost, damaged, evicted } = store;
  const losses = namedFigures({ refused: inbox.refused, unstored, lost, damaged, evicted }, LOSSES);
  return losses.length === 0 ? [] : wrapText(`Losses 损失: ${losses.join(', ')}`, SCREEN_COLUMNS, '  ');
}

/** Those above zero that have a name. */
function namedFigures(
  figures: Readonly<Record<string, number>>,
  names: Readonly<Record<string, string>>,
): readonly string[] {
  return Object.entries(names).flatMap(([figure, name]) => {
    const times = figures[figure] ?? 0;
    return times > 0 ? [`${name} ${times}`] : [];
  });
}
