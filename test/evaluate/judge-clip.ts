import { MS_PER_S, round } from '../../src/base/units.ts';
import { ruleOf } from '../../src/traffic/incidents/incident-rule.ts';
import type { IncidentRecord, PassageRecord, TrafficRecord } from '../../src/traffic/record.ts';
import type { SiteDefinition } from '../../src/traffic/site-definition.ts';
import { type Counted, matchCrossings } from './match-crossings.ts';
import { type JudgedEvent, matchIncidents, type OpenedIncident } from './match-incidents.ts';
import type { Scene, SceneLane } from './scene.ts';
import { laneIdAt } from './scene-site.ts';
import type { Truth } from './truth.ts';
import { EPOCH_MS } from './watch-clip.ts';

/** Counts over one line in one direction. */
export interface JudgedLine {
  readonly id: string;
  readonly direction: string;
  readonly truth: number;
  readonly matched: number;
  readonly missed: number;
  readonly extra: number;
  /** Null without a counted vehicle. */
  readonly precision: number | null;
  /** Null without a crossing. */
  readonly recall: number | null;
  /** Seconds into the clip, to look the pictures up. */
  readonly missedAt: readonly number[];
  readonly extraAt: readonly number[];
}

/** `openedAt` in seconds of the clip. */
export interface FalseIncident {
  readonly kind: string;
  readonly lane: string;
  readonly openedAt: number;
}

export interface JudgedClip {
  readonly clip: string;
  /** A scene was drawn for it. Without one, the truth's own lines are counted by, and no incident is judged. */
  readonly drawn: boolean;
  readonly lines: readonly JudgedLine[];
  readonly events: readonly JudgedEvent[];
  readonly falseIncidents: number;
  readonly falseAt: readonly FalseIncident[];
}

/** Vehicle pixels cover the line from `t_in` to `t_out`; our moment is that of the foot, give or take this. */
export const CROSSING_TOLERANCE_S = 0.3;

export function judgeClip(options: {
  readonly clip: string;
  readonly truth: Truth;
  readonly scene: Scene;
  readonly drawn: boolean;
  readonly definition: SiteDefinition;
  readonly records: readonly TrafficRecord[];
}): JudgedClip {
  const { clip, truth, scene, drawn, definition, records } = options;
  const passages = records.filter((record): record is PassageRecord => record.stream === 'passage');
  const opened = records.filter(
    (record): record is IncidentRecord => drawn && record.stream === 'incident' && record.phase === 'open',
  );
  const incidents = opened.map(
    ({ incidentKind, lane, openedAtMs, positionPx }): OpenedIncident => ({
      incidentKind,
      lane,
      openedAtS: secondsOf(openedAtMs),
      positionPx,
    }),
  );
  const { events, falseIncidents } = matchIncidents(truth.events, incidents, {
    durationS: truth.duration,
    dwellSOf: (kind) => ruleOf(definition.incidents, kind).dwellS,
  });
  return {
    clip,
    drawn,
    lines: judgeLines(truth, scene, passages),
    events,
    falseIncidents: falseIncidents.length,
    falseAt: falseIncidents.map(({ incidentKind: kind, lane, openedAtS: openedAt }) => ({
      kind,
      lane,
      openedAt,
    })),
  };
}

function judgeLines(truth: Truth, scene: Scene, passages: readonly PassageRecord[]): readonly JudgedLine[] {
  const counted = new Map<string, Counted[]>();
  for (const line of truth.lines) {
    for (const { direction } of line.crossings) counted.set(keyOf(line.id, direction), []);
  }
  for (const passage of passages) {
    const lane = scene.lanes.find((_, index) => laneIdAt(index) === passage.lane);
    const key =
      lane?.counts === undefined ? null : keyOf(lane.counts.line, directionOf(lane.counts, passage));
    if (key === null) continue;
    const vehicle = { atS: secondsOf(passage.observedAtMs), class: passage.class };
    counted.set(key, [...(counted.get(key) ?? []), vehicle]);
  }
  return [...counted].map(([key, vehicles]): JudgedLine => {
    const [id = '', direction = ''] = key.split('\t');
    const crossings = truth.lines
      .filter((line) => line.id === id)
      .flatMap((line) => line.crossings.filter((crossing) => crossing.direction === direction));
    const match = matchCrossings(crossings, vehicles, CROSSING_TOLERANCE_S);
    return {
      id,
      direction,
      truth: match.truth,
      matched: match.matched,
      missed: match.missed.length,
      extra: match.extra.length,
      ...ratesOf({ matched: match.matched, missed: match.missed.length, extra: match.extra.length }),
      missedAt: match.missed.map(({ t }) => t),
      extraAt: match.extra.map(({ atS }) => round(atS, 2)),
    };
  });
}

export function ratesOf(counts: {
  readonly matched: number;
  readonly missed: number;
  readonly extra: number;
}): { readonly precision: number | null; readonly recall: number | null } {
  const { matched, missed, extra } = counts;
  return {
    precision: matched + extra === 0 ? null : round(matched / (matched + extra), 3),
    recall: matched + missed === 0 ? null : round(matched / (matched + missed), 3),
  };
}

function directionOf(
  counts: NonNullable<SceneLane['counts']>,
  { direction }: Pick<PassageRecord, 'direction'>,
): string {
  return direction === 'forward' ? counts.forward : (counts.reverse ?? `against ${counts.forward}`);
}

function keyOf(line: string, direction: string): string {
  return `${line}\t${direction}`;
}

function secondsOf(wallMs: number): number {
  return round((wallMs - EPOCH_MS) / MS_PER_S, 2);
}
