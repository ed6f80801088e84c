import type { Incident, IncidentKind } from '../traffic/record.ts';
import type { SiteState } from '../traffic/site-state.ts';

/** An incident that is open, as it was told last. */
export interface IncidentOverview
  extends Pick<Incident, 'incident' | 'lane' | 'zone' | 'severity' | 'certainty'> {
  readonly kind: IncidentKind;
  /** When it began on the road, UTC ms. */
  readonly sinceMs: number;
  /** Pictures and clips that are kept by now. */
  readonly files: readonly Pick<Incident['evidence'][number], 'kind' | 'name'>[];
}

const BY_SEVERITY: readonly Incident['severity'][] = ['critical', 'warning', 'notice'];

/** What is open now, the gravest first, and of those the oldest. */
export function openIncidents({
  recentIncidents,
}: Pick<SiteState, 'recentIncidents'>): readonly IncidentOverview[] {
  const rankOf = ({ severity }: Incident): number => BY_SEVERITY.indexOf(severity);
  return [...recentIncidents.values()]
    .filter(({ phase }) => phase !== 'close')
    .toSorted((a, b) => rankOf(a) - rankOf(b) || a.startedAtMs - b.startedAtMs)
    .map(({ incident, incidentKind, lane, zone, severity, certainty, startedAtMs, evidence }) => ({
      ...{ incident, kind: incidentKind, lane, zone, severity, certainty },
      sinceMs: startedAtMs,
      files: evidence.map(({ kind, name }) => ({ kind, name })),
    }));
}
