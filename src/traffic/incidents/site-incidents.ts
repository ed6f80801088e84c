import type { Incident, IncidentKind } from '../record.ts';
import type { IncidentRules, PointPx } from '../site-definition.ts';
import type { LaneIncident } from '../site-state.ts';
import { type LaneEvidence, nextLaneIncident } from './lane-incident.ts';

export type Incidents = ReadonlyMap<string, LaneIncident>;

/** Evidence with the place it speaks of. */
export interface PlacedEvidence extends LaneEvidence {
  readonly lane: string;
  readonly incidentKind: IncidentKind;
  readonly camera: string | null;
  readonly positionPx: PointPx | null;
  readonly positionM: PointPx | null;
  readonly speedKmh: number | null;
}

/** An incident that has just opened, changed or closed. */
export interface IncidentTurn {
  readonly phase: Incident['phase'];
  readonly incident: LaneIncident;
  /** The state that the life cycle was in while open: a closed one no longer holds its times. */
  readonly sinceMs: number;
  readonly openedMs: number;
  readonly lastMs: number;
  readonly sensors: readonly string[];
}

export interface IncidentsFold {
  readonly incidents: Incidents;
  readonly turn: IncidentTurn | null;
}

const RULE_OF = { 'stopped-vehicle': 'stoppedVehicle', 'wrong-way': 'wrongWay' } as const;

/** Folds one piece of evidence into the incident of its lane and kind. */
export function foldEvidence(
  incidents: Incidents,
  evidence: PlacedEvidence,
  rules: IncidentRules,
  nameIncident: () => string,
): IncidentsFold {
  const { lane, incidentKind, camera, positionPx, positionM, speedKmh } = evidence;
  const key = `${lane}/${incidentKind}`;
  const known = incidents.get(key);
  const life = known?.life ?? { kind: 'quiet' };
  const next = nextLaneIncident(life, { evidence, nowMs: evidence.atMs }, rules[RULE_OF[incidentKind]]);
  const place = { lane, incidentKind, positionPx, positionM, speedKmh };
  const opening = next.change === 'open';
  const incident: LaneIncident = {
    ...(known !== undefined && positionPx === null ? known : place),
    lane,
    incidentKind,
    life: next.state,
    camera: known?.camera ?? camera,
    incident: opening ? nameIncident() : (known?.incident ?? null),
  };
  const open = next.state.kind === 'open' ? next.state : null;
  const turn = next.change === null || open === null ? null : { phase: next.change, incident, ...open };
  return { incidents: new Map(incidents).set(key, incident), turn };
}

/**
 * Lets time pass without evidence for one incident.
 *
 * @param nowMs the newest moment at which its sensors would have shown it: a stalled camera clears nothing
 */
export function foldAbsence(
  incidents: Incidents,
  key: string,
  rules: IncidentRules,
  nowMs: number,
): IncidentsFold {
  const known = incidents.get(key);
  if (known === undefined) return { incidents, turn: null };
  const next = nextLaneIncident(known.life, { evidence: null, nowMs }, rules[RULE_OF[known.incidentKind]]);
  if (next.state === known.life) return { incidents, turn: null };
  const remaining = new Map(incidents);
  if (next.state.kind === 'quiet') remaining.delete(key);
  else remaining.set(key, { ...known, life: next.state });
  const was = known.life.kind === 'open' ? known.life : null;
  const turn = next.change === null || was === null ? null : { phase: next.change, incident: known, ...was };
  return { incidents: remaining, turn };
}

/** The figures of an incident record, with times on the wall clock. */
export function incidentOf(turn: IncidentTurn, wallOf: (monoMs: number) => number): Incident {
  const { incident, phase, sinceMs, openedMs, lastMs, sensors } = turn;
  return {
    incident: incident.incident ?? '',
    incidentKind: incident.incidentKind,
    phase,
    lane: incident.lane,
    sensors,
    severity: incident.incidentKind === 'wrong-way' ? 'critical' : 'warning',
    startedAtMs: wallOf(sinceMs),
    openedAtMs: wallOf(openedMs),
    closedAtMs: phase === 'close' ? wallOf(lastMs) : null,
    positionPx: incident.positionPx,
    positionM: incident.positionM,
    speedKmh: incident.speedKmh,
  };
}
