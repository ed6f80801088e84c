import type { EvidenceKept } from '../observations/observation.ts';
import type { EvidenceFile, Incident } from '../record.ts';

/**
 * The last that was said of each incident that is open, and of those that closed lately, by its id, oldest first:
 * files get ready seconds after an incident opened, and then it may have closed already.
 */
export type RecentIncidents = ReadonlyMap<string, Incident>;

/** More than close while the files of the oldest are made. Open are no more than places times kinds. */
const CLOSED_REMEMBERED = 64;

/** An incident as it is to be recorded: with the files that are there by now, and the camera that it opened with. */
export function withEvidence(recent: RecentIncidents, incident: Incident): Incident {
  const known = recent.get(incident.incident);
  return known === undefined ? incident : { ...incident, shownBy: known.shownBy, evidence: known.evidence };
}

export function rememberIncident(recent: RecentIncidents, incident: Incident): RecentIncidents {
  const remembered = new Map(recent);
  remembered.delete(incident.incident);
  remembered.set(incident.incident, incident);
  const closed = [...remembered].filter(([, { phase }]) => phase === 'close');
  for (const [id] of closed.slice(0, -CLOSED_REMEMBERED)) remembered.delete(id);
  return remembered;
}

/**
 * Files have come. The incident is told again with them, as an `update`; one that is closed is told as closed again,
 * with all that it was closed with, so that nobody takes it for open. Null for an incident that nobody remembers.
 */
export function foldEvidenceKept(
  recent: RecentIncidents,
  kept: EvidenceKept,
  wallOf: (monoMs: number) => number,
): Incident | null {
  const known = recent.get(kept.incident);
  if (known === undefined) return null;
  const files = kept.files.map(
    (file): EvidenceFile => ({ ...file, fromMs: wallOf(file.fromMs), toMs: wallOf(file.toMs) }),
  );
  const others = known.evidence.filter(({ name }) => !files.some((file) => file.name === name));
  return { ...known, phase: known.phase === 'close' ? 'close' : 'update', evidence: [...others, ...files] };
}

/** The clock was set: what is told again about earlier incidents is told in its time. */
export function onClockSetBy(stepMs: number, recent: RecentIncidents): RecentIncidents {
  const set = (wallMs: number): number => Math.round(wallMs + stepMs);
  return new Map(
    [...recent].map(([id, { startedAtMs, openedAtMs, closedAtMs, grounds, evidence, ...incident }]) => {
      const times = {
        startedAtMs: set(startedAtMs),
        openedAtMs: set(openedAtMs),
        closedAtMs: closedAtMs === null ? null : set(closedAtMs),
        grounds: grounds.map((ground) => ({ ...ground, atMs: set(ground.atMs) })),
        evidence: evidence.map((file) => ({ ...file, fromMs: set(file.fromMs), toMs: set(file.toMs) })),
      };
      return [id, { ...incident, ...times }];
    }),
  );
}
