import { INCIDENT_NAMES } from '../../app/incident-names.table.ts';
import type { Overview } from '../../app/overview.ts';
import type { LaneTruth } from '../../simulator/demo/road-truth.ts';
import type { LedgerTotals } from '../../simulator/platform/platform-ledger.ts';
import type { IncidentKind } from '../../traffic/record.ts';
import { alignColumns, SCREEN_COLUMNS, wrapText } from '../text-table.ts';
import type { MeasuredSite } from './measured-site.ts';

export interface LiveView {
  readonly elapsedS: number;
  readonly truth: readonly LaneTruth[];
  readonly measured: MeasuredSite;
  readonly ledger: LedgerTotals;
  readonly overview: Overview | null;
  readonly brokerAway: boolean;
}

/** What the subscriber knows, beside the truth: one screen of 80 columns. */
export function liveTable(view: LiveView): readonly string[] {
  const { measured, ledger, overview } = view;
  const rows = view.truth.map(({ lane, count }) => {
    const loop = measured.lane(lane, 'loop');
    const camera = measured.lane(lane, 'camera');
    return [
      lane,
      String(count),
      String(loop?.passages ?? 0),
      camera === null ? '-' : String(camera.passages),
      figure(loop?.flowVehH),
      figure(loop?.occupancyPct, 1),
      figure(loop?.spaceMeanSpeedKmh, 1),
      figure(camera?.timeMeanSpeedKmh, 1),
    ];
  });
  const incidents = measured
    .incidents()
    .filter(({ closedAtMs }) => closedAtMs === null)
    .map(({ kind, lane }) => `${incidentName(kind)} ${lane}`);
  const faults = measured
    .faults()
    .filter(({ closedAtMs }) => closedAtMs === null)
    .map(({ code, sensor }) => `${code} ${sensor}`);
  return [
    `Virtual intersection 虚拟路口   ${view.elapsedS.toFixed(0)} s   ${view.brokerAway ? 'BROKER AWAY 平台断开' : ''}`,
    '',
    ...alignColumns([
      ['lane', 'truth', 'loop', 'camera', 'flow', 'occ.', 'loop', 'camera'],
      ['车道', '真值', '线圈', '摄像机', 'veh/h', '占有率%', 'km/h', 'km/h'],
      ...rows,
    ]),
    '',
    ...wrapText(`incidents 事件: ${incidents.join(', ') || 'none 无'}`, SCREEN_COLUMNS, '  '),
    ...wrapText(`faults 故障: ${faults.join(', ') || 'none 无'}`, SCREEN_COLUMNS, '  '),
    `received 已收 ${ledger.received}  invalid 无效 ${ledger.invalid}  repeated 重复 ${ledger.duplicates}`,
    `acknowledged 已确认 ${overview?.store.acknowledged ?? '-'}  outbox 待发 ${overview?.store.pending ?? '-'}`,
  ];
}

/** A newer agent may tell of kinds that have no name here. */
function incidentName(kind: string): string {
  return Object.hasOwn(INCIDENT_NAMES, kind) ? `${kind} ${INCIDENT_NAMES[kind as IncidentKind]}` : kind;
}

function figure(value: number | null | undefined, decimals = 0): string {
  return value === null || value === undefined ? '-' : value.toFixed(decimals);
}
