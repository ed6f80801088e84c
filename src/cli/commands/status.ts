import { parseArgs } from 'node:util';
import type { Overview } from '../../app/overview.ts';
import type { CommandIo } from '../command-io.ts';
import { parseUsage } from '../command-options.ts';
import { askOverview, DEFAULT_SOCKET } from '../control-client.ts';
import { faultLines } from '../fault-lines.ts';
import { incidentLines } from '../incident-lines.ts';
import { lossLines, sensorLines } from '../sensor-lines.ts';
import { alignColumns, fitWidth, SCREEN_COLUMNS, wrapText } from '../text-table.ts';
import { uplinkLines } from '../uplink-lines.ts';
import { warningLines } from '../warning-lines.ts';

export const STATUS_USAGE = 'roadside status [--socket FILE] [--json]';

/** Shows how the running gateway is doing; 0 when nothing is wrong, 2 when a fault is open. */
export async function runStatus(args: readonly string[], io: CommandIo): Promise<number> {
  const values = parseUsage(STATUS_USAGE, () => {
    const options = {
      socket: { type: 'string', default: DEFAULT_SOCKET },
      json: { type: 'boolean', default: false },
    } as const;
    return parseArgs({ args: [...args], options }).values;
  });
  const overview = await askOverview(values.socket);
  io.out(values.json ? JSON.stringify(overview, null, 2) : formatOverview(overview));
  return overview.faults.length === 0 ? 0 : 2;
}

/** For an 80-column terminal, headings in English and Chinese. */
export function formatOverview(overview: Overview): string {
  const lanes = overview.lanes.flatMap(({ lane, measures }) =>
    measures.map((measure) => [
      lane,
      measure.source,
      measure.sensor,
      String(measure.countSinceStart),
      measure.lastSpeedKmh === null ? '-' : measure.lastSpeedKmh.toFixed(0),
      measure.occupied === null ? '-' : measure.occupied ? 'on' : 'off',
      measure.believed ? 'ok' : 'FAULT 故障',
    ]),
  );
  return [
    ...wrapText(headOf(overview), SCREEN_COLUMNS, '  '),
    '',
    'Lanes 车道',
    ...alignColumns([
      ['lane 车道', 'source 来源', 'sensor 设备', 'count 计数', 'km/h', 'loop 线圈', 'state 状态'],
      ...lanes,
    ]).map((line) => fitWidth(line, SCREEN_COLUMNS)),
    '',
    'Sensors 采集',
    ...sensorLines(overview.processes),
    '',
    `Incidents 事件: ${overview.incidents.length === 0 ? 'none 无' : ''}`,
    ...overview.incidents.flatMap((incident) => incidentLines(incident, overview.nowMs)),
    `Faults 故障: ${overview.faults.length === 0 ? 'none 无' : ''}`,
    ...overview.faults.flatMap((fault) => faultLines(fault, overview.nowMs)),
    ...uplinkLines(overview),
    ...lossLines(overview),
    ...overview.warnings.flatMap((warning) => warningLines({ ...warning, place: warning.path })),
  ].join('\n');
}

function headOf({ site, boot, upForS, clock, version, configRev }: Overview): string {
  return `${site}  boot ${boot}  up ${upForS} s  clock ${clock}  v${version}  configuration ${configRev}`;
}
