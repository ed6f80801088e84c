import {
  CERTAINTY_NAMES,
  EVIDENCE_NAMES,
  INCIDENT_NAMES,
  SEVERITY_NAMES,
} from '../app/incident-names.table.ts';
import type { IncidentOverview } from '../app/overview.ts';
import { SCREEN_COLUMNS, wrapText } from './text-table.ts';

/** An open incident as a technician reads it, and how its evidence is fetched once there is some. */
export function incidentLines(incident: IncidentOverview, nowMs: number): readonly string[] {
  const kinds = incident.files.map(({ kind }) => `${kind} ${EVIDENCE_NAMES[kind]}`).join(', ');
  const fetching = `    ${kinds}: roadside evidence get ${incident.incident}`;
  return [incidentHead(incident, nowMs), ...(kinds === '' ? [] : [fetching])].flatMap((line) =>
    wrapText(line, SCREEN_COLUMNS, '      '),
  );
}

/** How grave, what, where, how sure, and since when. */
export function incidentHead(incident: IncidentOverview, nowMs: number): string {
  const { severity, kind, lane, zone, certainty, sinceMs } = incident;
  const since = `${Math.max(0, Math.round((nowMs - sinceMs) / 1000))} s`;
  const what = `${severity} ${SEVERITY_NAMES[severity]}  ${kind} ${INCIDENT_NAMES[kind]}`;
  const where = zone === null ? lane : `${lane}, shoulder 路肩 ${zone}`;
  return `  ${what}  ${where}  ${certainty} ${CERTAINTY_NAMES[certainty]}  ${since}`;
}
