import type { FaultOverview, IncidentOverview, LoopOverview, WatchView } from '../../app/overview.ts';
import { faultLines } from '../fault-lines.ts';
import { incidentHead } from '../incident-lines.ts';
import { alignColumns, displayWidth, fitWidth, SCREEN_COLUMNS } from '../text-table.ts';

const LANE_COLUMNS = 12;
const LOOP_COLUMNS = 18;
/** The gravest; the test is about loops. */
const MOST_INCIDENTS = 3;

/** The drive-over test on one screen: a lamp per loop, in the order of the site file. */
export function lampBoard(view: WatchView, options: { readonly rows: number }): readonly string[] {
  const faults = view.faults.flatMap((fault) => faultLines(fault, view.nowMs));
  const incidents = view.incidents.slice(0, MOST_INCIDENTS).map((each) => incidentHead(each, view.nowMs));
  const fixed = 6 + incidents.length;
  const room = Math.max(4, options.rows - fixed - Math.min(faults.length, 8));
  const shown = view.loops.slice(0, room);
  const hidden = view.loops.length - shown.length;
  return [
    `${fitWidth(view.site, 24)}  drive over it 过车测试  ${clock(view.nowMs)}  Ctrl-C: end 结束`,
    ...alignColumns([
      ['lane', 'loop', 'lamp', 'on-time', 'count', 'speed', 'last hit', ''],
      ['车道', '线圈', '状态', '占用 ms', '计数', 'km/h', '距上次', '故障'],
      ...shown.map((loop) => rowOf(loop, view.nowMs)),
    ]).map((line) => fitWidth(line, SCREEN_COLUMNS)),
    ...(hidden > 0 ? [`… ${hidden} more 其余 ${hidden} 个: --lane LANE`] : []),
    `Incidents 事件: ${view.incidents.length || 'none 无'}`,
    ...incidents.map((line) => fitWidth(line, SCREEN_COLUMNS)),
    `Faults 故障: ${faults.length === 0 ? 'none 无' : ''}`,
    ...faults.slice(0, Math.max(3, options.rows - fixed - shown.length)),
  ];
}

/** One change as one line, for what is not a terminal. */
export function lampLine(loop: LoopOverview, nowMs: number): string {
  const [lane = '', name = '', lamp = '', onTime = '', count = '', speed = ''] = rowOf(loop, nowMs);
  const faults = loop.faults.join(' ');
  const figures = `on-time ${onTime} ms  count ${count}  ${speed} km/h  ${faults}`.trimEnd();
  return fitWidth(`${clock(nowMs)}  ${lane}  ${name}  ${lamp}  ${figures}`, SCREEN_COLUMNS);
}

export function faultChangeLine(fault: FaultOverview, nowMs: number, isOpen: boolean): readonly string[] {
  if (isOpen) return faultLines(fault, nowMs);
  return [fitWidth(`  ${fault.code}  ${fault.layer} ${fault.sensor}: over 已恢复`, SCREEN_COLUMNS)];
}

export function incidentChangeLine(incident: IncidentOverview, nowMs: number, isOpen: boolean): string {
  const over = isOpen ? '' : ': over 已结束';
  return `${fitWidth(incidentHead(incident, nowMs), SCREEN_COLUMNS - displayWidth(over))}${over}`;
}

function rowOf(loop: LoopOverview, nowMs: number): readonly string[] {
  return [
    fitWidth(loop.lane, LANE_COLUMNS),
    fitWidth(loop.loop, LOOP_COLUMNS),
    loop.occupied === null ? '? -' : loop.occupied ? '● on 有车' : '○ off 空',
    loop.lastOnTimeMs === null ? '-' : String(loop.lastOnTimeMs),
    String(loop.count),
    loop.lastSpeedKmh === null ? '-' : loop.lastSpeedKmh.toFixed(0),
    loop.lastHitMs === null ? '-' : ageText(nowMs - loop.lastHitMs),
    loop.faults.length === 0 ? '' : '!',
  ];
}

/** Seconds, then minutes, then hours: never wider than 7 columns. */
export function ageText(ms: number): string {
  const s = Math.max(0, ms) / 1000;
  if (s < 100) return `${s.toFixed(1)} s`;
  return s < 6000 ? `${Math.floor(s / 60)} min` : `${Math.floor(s / 3600)} h`;
}

function clock(wallMs: number): string {
  return new Date(wallMs).toISOString().slice(11, 19);
}
