/** What is printed of the agreement: one row a scenario and poll period. */
import { type Agreement, differencePct, type Pair, quantile, speedError } from './agreement.ts';
import type { TrafficScenario } from './sumo-scenarios.table.ts';

export const HEADINGS = [
  'traffic',
  'read ms',
  'veh',
  'count err',
  'changers',
  'occ mean',
  'occ max pp',
  'speed p50',
  'p95 %',
  'timed %',
  'spot %',
  'single p50',
  'p95 %',
  'in 2 s.e. %',
] as const;

export function rowOf(
  scenario: TrafficScenario,
  method: string,
  { dual, single }: { readonly dual: Agreement; readonly single: Agreement },
): string[] {
  const figure = (value: number | null, decimals: number) => value?.toFixed(decimals) ?? '-';
  return [
    scenario.name,
    method,
    String(dual.vehicles),
    String(dual.countErrors),
    String(dual.changers),
    figure(dual.occupancyMean, 2),
    figure(dual.occupancyMax, 2),
    figure(dual.speedP50, 2),
    figure(dual.speedP95, 2),
    figure(dual.speedSharePct, 1),
    figure(dual.spotSharePct, 1),
    figure(single.speedP50, 1),
    figure(single.speedP95, 1),
    figure(single.withinTwoErrorsPct, 0),
  ];
}

/** How far we are from the E1 in the middle, and that one from another 3 m before it, where vehicles stop. */
export function asideOf({ name }: TrafficScenario, pairs: readonly Pair[]): string {
  const differences = (of: (pair: Pair) => number | null): string => {
    const sorted = pairs
      .filter(({ truth: { speeds } }) => speeds['e1-middle'].sameVehicles && speeds['e1-begin'].sameVehicles)
      .flatMap((pair) => of(pair) ?? [])
      .sort((one, other) => one - other);
    const [p50, p95] = [quantile(sorted, 0.5), quantile(sorted, 0.95)];
    return `p50 ${p50?.toFixed(0)} %, p95 ${p95?.toFixed(0)} % (n=${sorted.length})`;
  };
  const ours = differences((pair) => speedError(pair, 'e1-middle'));
  const own = differences(({ truth: { speeds } }) =>
    differencePct(speeds['e1-begin'].kmh, speeds['e1-middle'].kmh),
  );
  return `${name}: we against E1 in the middle ${ours}; E1 at the begin against E1 in the middle ${own}`;
}
