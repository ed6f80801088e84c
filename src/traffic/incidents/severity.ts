import type { Incident, IncidentKind } from '../record.ts';

type Severity = Incident['severity'];

/** Critical is what may kill somebody within the next minute. */
const SEVERITY_OF: Readonly<Record<IncidentKind, Severity>> = {
  'wrong-way': 'critical',
  collision: 'critical',
  pedestrian: 'critical',
  'object-on-road': 'warning',
  'stopped-vehicle': 'warning',
  cyclist: 'warning',
  congestion: 'warning',
  'slow-traffic': 'notice',
};

const ONE_LOWER: Readonly<Record<Severity, Severity>> = {
  critical: 'warning',
  warning: 'notice',
  notice: 'notice',
};

/** One step lower for people on a shoulder, and one step lower while a sensor weakens it. */
export function severityOf(
  kind: IncidentKind,
  on: { readonly shoulder: boolean; readonly weakened: boolean },
): Severity {
  const onPlace = on.shoulder && kind === 'pedestrian' ? ONE_LOWER[SEVERITY_OF[kind]] : SEVERITY_OF[kind];
  return on.weakened ? ONE_LOWER[onPlace] : onPlace;
}
