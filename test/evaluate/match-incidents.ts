import { isIncidentKind } from '../../src/traffic/incidents/incident-rule.ts';
import type { Incident, IncidentKind } from '../../src/traffic/record.ts';
import type { TruthEvent } from './truth.ts';

/** An incident that the product opened, times in seconds of the clip. */
export interface OpenedIncident {
  readonly incidentKind: IncidentKind;
  readonly lane: string;
  readonly openedAtS: number;
  readonly positionPx: Incident['positionPx'];
}

export interface JudgedEvent {
  readonly type: string;
  /** The incidents that are about such an event; null when there are none. */
  readonly kind: IncidentKind | null;
  readonly benign: boolean;
  readonly truthStart: number;
  /** The first incident that is about it. */
  readonly openedAt: number | null;
  /** Opened no later than the product's dwell time plus OPEN_WITHIN_S after its beginning. */
  readonly inTime: boolean;
  /** The clip goes on long enough for its dwell time to pass; when not, no incident could be expected. */
  readonly judgeable: boolean;
}

export interface IncidentMatch {
  readonly events: readonly JudgedEvent[];
  /** Incidents that are about no event, or about a benign one, and not in the midst of a serious one. */
  readonly falseIncidents: readonly OpenedIncident[];
}

/** An officer wants to know within this, after the dwell time that the site itself asks for. */
const OPEN_WITHIN_S = 10;
/** Truth and product may differ by this about the beginning. */
const EARLY_S = 1;

/** What the product calls each type of event, where truths have words of their own. */
const OTHER_WORDS: Readonly<Record<string, IncidentKind>> = {
  pedestrian_on_road: 'pedestrian',
  cyclist_on_road: 'cyclist',
  overturned_vehicle: 'collision',
  accident: 'collision',
  queue: 'congestion',
  debris: 'object-on-road',
};

/** Null for a type that no incident is about. */
function kindOf({ type }: TruthEvent): IncidentKind | null {
  const kind = type.replaceAll('_', '-');
  if (Object.hasOwn(OTHER_WORDS, type)) return OTHER_WORDS[type] ?? null;
  return isIncidentKind(kind) ? kind : null;
}

/** @param dwellSOf how long a kind has to last before the product opens it */
export function matchIncidents(
  events: readonly TruthEvent[],
  incidents: readonly OpenedIncident[],
  { durationS, dwellSOf }: { readonly durationS: number; dwellSOf(kind: IncidentKind): number },
): IncidentMatch {
  const dwellS = (event: TruthEvent): number => {
    const kind = kindOf(event);
    return kind === null ? 0 : dwellSOf(kind);
  };
  const judged = events.map((event): JudgedEvent => {
    const about = incidents.filter((incident) => isAbout(incident, event, dwellS(event)));
    const openedAt = about.length === 0 ? null : Math.min(...about.map((each) => each.openedAtS));
    const limitS = event.t_start + dwellS(event) + OPEN_WITHIN_S;
    return {
      type: event.type,
      kind: kindOf(event),
      benign: event.benign,
      truthStart: event.t_start,
      openedAt,
      inTime: openedAt !== null && openedAt <= limitS,
      judgeable: Math.min(event.t_end, durationS) - event.t_start >= dwellS(event),
    };
  });
  const serious = events.filter(({ benign }) => !benign);
  const falseIncidents = incidents.filter(
    (incident) =>
      !serious.some((event) => isAbout(incident, event, dwellS(event)) || isInMidst(incident, event)),
  );
  return { events: judged, falseIncidents };
}

/** Same kind, at the time, and, where the truth names a place, not farther from it than its own size. */
function isAbout(incident: OpenedIncident, event: TruthEvent, dwellS: number): boolean {
  if (incident.incidentKind !== kindOf(event)) return false;
  const { openedAtS, positionPx } = incident;
  if (openedAtS < event.t_start - EARLY_S) return false;
  if (openedAtS > event.t_end + dwellS + OPEN_WITHIN_S) return false;
  const place = placeOf(event);
  return place === null || positionPx === null || isNear(positionPx, place);
}

/**
 * Of another kind, but while a serious event lasts and where it is: an officer who looks sees what is the matter.
 * It does not count as the event's own incident.
 */
function isInMidst({ openedAtS, positionPx }: OpenedIncident, event: TruthEvent): boolean {
  const place = placeOf(event);
  if (openedAtS < event.t_start || openedAtS > event.t_end) return false;
  return place !== null && positionPx !== null && isNear(positionPx, place);
}

type Place = readonly [x: number, y: number, width: number, height: number];

function placeOf({ bbox, path }: TruthEvent): Place | null {
  if (bbox !== undefined) return bbox;
  if (path === undefined || path.length === 0) return null;
  const xs = path.map(([, x]) => x);
  const ys = path.map(([, , y]) => y);
  const [left, top] = [Math.min(...xs), Math.min(...ys)];
  const side = Math.max(Math.max(...xs) - left, Math.max(...ys) - top);
  return [left, top, side, side];
}

function isNear([x, y]: readonly [number, number], [left, top, width, height]: Place): boolean {
  return x >= left - width && x <= left + 2 * width && y >= top - height && y <= top + 2 * height;
}
