import type { Overview } from '../../app/overview.ts';
import type { LaneTruth } from '../../simulator/demo/road-truth.ts';
import type { LedgerTotals } from '../../simulator/platform/platform-ledger.ts';
import { alignColumns } from '../text-table.ts';
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
  const openIncidents = measured.incidents().filter(({ closedAtMs }) => closedAtMs === null);
  const openFaults = measured.faults().filter(({ closedAtMs }) => closedAtMs === null);
  return [
    `Virtual intersection 虚拟路口   ${view.elapsedS.toFixed(0)} s   ${view.brokerAway ? 'BROKER AWAY 平台断开' : ''}`,
    '',
    ...alignColumns([
      ['lane', 'truth', 'loop', 'camera', 'flow', 'occ.', 'loop', 'camera'],
      ['车道', '真值', '线圈', '摄像机', 'veh/h', '占有率%', 'km/h', 'km/h'],
      ...rows,
    ]),
    '',
    `incidents 事件: ${openIncidents.map(({ kind, lane }) => `${kind} ${lane}`).join(', ') || 'none 无'}`,
    `faults 故障: ${openFaults.map(({ code, sensor }) => `${code} ${sensor}`).join(', ') || 'none 无'}`,
    `received 已收 ${ledger.received}  invalid 无效 ${ledger.invalid}  repeated 重复 ${ledger.duplicates}`,
    `acknowledged 已确认 ${overview?.store.acknowledged ?? '-'}  outbox 待发 ${overview?.store.pending ?? '-'}`,
  ];
}

function figure(value: number | null | undefined, decimals = 0): string {
  return value === null || value === undefined ? '-' : value.toFixed(decimals);
}
