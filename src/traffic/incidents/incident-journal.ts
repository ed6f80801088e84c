import type { Incident, IncidentClosing, IncidentKind } from '../record.ts';
import type { IncidentRules, PointPx } from '../site-definition.ts';
import { certaintyOf, isWeakened } from './grounds.ts';
import { lifeRuleOf } from './incident-rule.ts';
import {
  isStillAbout,
  type LaneEvidence,
  type LaneIncidentInput,
  type LaneIncidentState,
  nextLaneIncident,
} from './lane-incident.ts';
import { severityOf } from './severity.ts';

/** What a sensor says about one kind of incident, with the place it speaks of. */
export interface PlacedEvidence extends LaneEvidence {
  readonly lane: string;
  /** The shoulder it is on, or null in the lane. */
  readonly zone: string | null;
  readonly incidentKind: IncidentKind;
  readonly positionPx: PointPx | null;
  readonly positionM: PointPx | null;
  readonly speedKmh: number | null;
  readonly direction: Incident['direction'];
  readonly queueLengthM: number | null;
}

/** Newest figures of one incident, beside its life cycle. */
export interface LaneIncident
  extends Pick<
    PlacedEvidence,
    'lane' | 'zone' | 'incidentKind' | 'positionPx' | 'positionM' | 'speedKmh' | 'direction' | 'queueLengthM'
  > {
  readonly life: LaneIncidentState;
  /** Null until it opens. */
  readonly incident: string | null;
  /** The camera whose picture its figures are of: the first that raised or confirmed it; null when only loops did. */
  readonly camera: string | null;
}

/** By incidentKeyOf: `lane/kind`, or `lane/zone/kind` on a shoulder. */
export type Incidents = ReadonlyMap<string, LaneIncident>;

/** An incident that has just opened, changed or closed. */
export interface IncidentTurn {
  readonly phase: Incident['phase'];
  readonly incident: LaneIncident;
  /** The life that it had while it was open: a closed one no longer holds its times. */
  readonly life: Extract<LaneIncidentState, { kind: 'open' }>;
  readonly closing: IncidentClosing | null;
}

export interface IncidentFold {
  /** Null when it is over. */
  readonly incident: LaneIncident | null;
  readonly turn: IncidentTurn | null;
}

const QUIET: LaneIncidentState = { kind: 'quiet' };

/** Folds one piece of evidence into the incident of its place and kind; null when it changes nothing. */
export function foldEvidence(
  known: LaneIncident | undefined,
  evidence: PlacedEvidence,
  rules: IncidentRules,
  nameIncident: () => string,
): IncidentFold | null {
  const life = known?.life ?? QUIET;
  const next = nextLaneIncident(
    life,
    { kind: 'evidence', evidence },
    lifeRuleOf(rules, evidence.incidentKind),
  );
  if (next.state === life) return null;
  const { lane, zone, incidentKind, positionPx, positionM, speedKmh, direction, queueLengthM } = evidence;
  const camera = evidence.source === 'camera' ? evidence.sensor : null;
  const figures = { positionPx, positionM, speedKmh, direction, queueLengthM };
  const opening = next.change === 'open' || known === undefined;
  // Pixels and metres are those of one camera: another one that bears it out has its own.
  const isItsOwn = camera !== null && (known?.camera ?? camera) === camera;
  const incident: LaneIncident = {
    ...(opening
      ? { lane, zone, incidentKind, ...figures, incident: nameIncident(), camera }
      : { ...known, ...(isItsOwn ? figures : {}), camera: known.camera ?? camera }),
    life: next.state,
  };
  return { incident, turn: turnOf(incident, next, life, null) };
}

/** Anything else that happens to a known incident: what other sensors say, time that passes, the end. */
export function foldIncident(
  known: LaneIncident,
  input: Exclude<LaneIncidentInput, { kind: 'evidence' }>,
  rules: IncidentRules,
  closing: IncidentClosing = 'cleared',
): IncidentFold | null {
  const next = nextLaneIncident(known.life, input, lifeRuleOf(rules, known.incidentKind));
  if (next.state === known.life) return null;
  const incident = { ...known, life: next.state };
  const turn = turnOf(incident, next, known.life, closing);
  return { incident: next.state.kind === 'quiet' ? null : incident, turn };
}

function turnOf(
  incident: LaneIncident,
  next: ReturnType<typeof nextLaneIncident>,
  before: LaneIncidentState,
  closing: IncidentClosing | null,
): IncidentTurn | null {
  const life = next.state.kind === 'open' ? next.state : before;
  if (next.change === null || life.kind !== 'open') return null;
  return { phase: next.change, incident, life, closing: next.change === 'close' ? closing : null };
}

/**
 * The key of the incident that a piece of evidence is about: of its place, or of the open one of that kind that this
 * vehicle or person has made elsewhere: who stands astride two lanes, or moves on into the next, is one incident.
 */
export function incidentKeyOf(incidents: Incidents, evidence: PlacedEvidence): string {
  const place = placeKeyOf(evidence);
  const isOf = ({ life, incidentKind }: LaneIncident): boolean =>
    life.kind === 'open' && incidentKind === evidence.incidentKind && isStillAbout(life, evidence.subject);
  const here = incidents.get(place);
  if (evidence.subject.camera === null || (here !== undefined && isOf(here))) return place;
  for (const [key, incident] of incidents) if (isOf(incident)) return key;
  return place;
}

function placeKeyOf({ lane, zone, incidentKind }: PlacedEvidence): string {
  return zone === null ? `${lane}/${incidentKind}` : `${lane}/${zone}/${incidentKind}`;
}

/** The figures of an incident record, with times on the wall clock. */
export function incidentOf(
  { incident, life, phase, closing }: IncidentTurn,
  wallOf: (monoMs: number) => number,
): Incident {
  const { sinceMs, openedMs, lastMs, grounds } = life;
  const { incidentKind, zone } = incident;
  return {
    incident: incident.incident ?? '',
    incidentKind,
    phase,
    lane: incident.lane,
    zone,
    sensors: [...new Set(grounds.filter(({ says }) => says !== 'weakens').map(({ sensor }) => sensor))],
    grounds: grounds.map((ground) => ({ ...ground, atMs: wallOf(ground.atMs) })),
    certainty: certaintyOf(grounds),
    severity: severityOf(incidentKind, { shoulder: zone !== null, weakened: isWeakened(grounds) }),
    startedAtMs: wallOf(sinceMs),
    openedAtMs: wallOf(openedMs),
    closedAtMs: phase === 'close' ? wallOf(lastMs) : null,
    closing,
    positionPx: incident.positionPx,
    positionM: incident.positionM,
    speedKmh: incident.speedKmh,
    direction: incident.direction,
    queueLengthM: incident.queueLengthM,
    shownBy: incident.camera,
    evidence: [],
  };
}
