import { MS_PER_S, roundOrNull } from '../base/units.ts';
import { foldEvidenceKept, rememberIncident, withEvidence } from './incidents/evidence-files.ts';
import { isWeakened } from './incidents/grounds.ts';
import {
  foldEvidence,
  foldIncident,
  type IncidentTurn,
  incidentKeyOf,
  incidentOf,
  type LaneIncident,
  type PlacedEvidence,
} from './incidents/incident-journal.ts';
import { ruleOf } from './incidents/incident-rule.ts';
import type { LaneIncidentInput } from './incidents/lane-incident.ts';
import { NO_WITNESS, noteHeard, notePassage, noteTransition } from './incidents/lane-witness.ts';
import { judgeWitness, loopWrongWay, sayingOf, type WitnessedLane } from './incidents/witness-evidence.ts';
import { laneIndex } from './lane-index.ts';
import type { EvidenceKept, Observation } from './observations/observation.ts';
import type { CompletedPassage } from './passages/passage.ts';
import type { IncidentClosing } from './record.ts';
import type { RecordDraft } from './record-draft.ts';
import type { LaneDefinition, SiteDefinition } from './site-definition.ts';
import { nameOf } from './site-faults.ts';
import type { SiteState } from './site-state.ts';
import type { Span } from './span.ts';

/** What loops and counting lines tell about incidents is judged so often. */
const JUDGE_EVERY_MS = 1000;
/** A camera without a trusted picture for longer than this is not asked for evidence. */
const SHOWN_WITHIN_MS = 2000;

/** Folds what sensors say into the site's incidents, and records what opens, changes and closes by it. */
export function raiseIncidents(
  definition: SiteDefinition,
  before: SiteState,
  evidence: readonly PlacedEvidence[],
  draft: RecordDraft,
): SiteState {
  if (evidence.length === 0) return before;
  const incidents = new Map(before.incidents);
  let state: SiteState = { ...before, incidents };
  for (const each of evidence) {
    const key = incidentKeyOf(incidents, each);
    const named = state;
    const fold = foldEvidence(incidents.get(key), each, definition.incidents, () =>
      nameOf(definition, named),
    );
    if (fold === null) continue;
    if (fold.incident !== null) incidents.set(key, fold.incident);
    state = settle(definition, state, fold.turn, draft);
  }
  return state;
}

/** Remembers what an observation of loops may mean for incidents. */
export function noteLoops(definition: SiteDefinition, state: SiteState, observation: Observation): SiteState {
  const { byLoop, byDevice } = laneIndex(definition);
  if (observation.kind === 'loop-transition') {
    const lane = byLoop.get(observation.loop)?.lane;
    return lane === undefined ? state : witness(state, lane, (known) => noteTransition(known, observation));
  }
  if (observation.kind !== 'sensor-sampling' || observation.received === 0) return state;
  return (byDevice.get(observation.sensor) ?? []).reduce(
    (next, { lane }) => witness(next, lane, (known) => noteHeard(known, observation)),
    state,
  );
}

/** Remembers who drove, and raises what went the wrong way. */
export function judgePassages(
  definition: SiteDefinition,
  before: SiteState,
  passages: readonly CompletedPassage[],
  draft: RecordDraft,
): SiteState {
  const noted = passages.reduce(
    (state, passage) => witness(state, passage.lane, (known) => notePassage(known, passage)),
    before,
  );
  const { lanes, incidents } = definition;
  const evidence = passages.flatMap((passage) => loopWrongWay(passage, lanes, incidents));
  return raiseIncidents(definition, noted, evidence, draft);
}

/** Lets time pass for every incident: loops say what they know, what lasts is confirmed, what is over closes. */
export function letIncidentsPass(
  definition: SiteDefinition,
  before: SiteState,
  nowMs: number,
  draft: RecordDraft,
): SiteState {
  const heard = definition.lanes.reduce(
    (state, lane) => hearLane(definition, state, { lane, nowMs }, draft),
    before,
  );
  return [...heard.incidents].reduce((state, [key, incident]) => {
    const seen = seenSpan(state, incident, nowMs);
    return isUnseen(definition, incident, { seen, nowMs })
      ? change(definition, state, { key, input: { kind: 'end', nowMs }, closing: 'unseen' }, draft)
      : change(definition, state, { key, input: absenceIn(seen) }, draft);
  }, heard);
}

/** Pictures and clips of an incident have been kept: it is told again with them. */
export function attachEvidence(state: SiteState, kept: EvidenceKept, draft: RecordDraft): SiteState {
  const incident = foldEvidenceKept(state.recentIncidents, kept, draft.wallOf);
  if (incident === null) return state;
  draft.incident(incident, kept.atMs);
  return { ...state, recentIncidents: rememberIncident(state.recentIncidents, incident) };
}

/** The agent stops: what is open closes, for nobody will say when it ends. */
export function endIncidents(
  definition: SiteDefinition,
  before: SiteState,
  nowMs: number,
  draft: RecordDraft,
): SiteState {
  const end = { input: { kind: 'end', nowMs }, closing: 'agent-stopped' } as const;
  return [...before.incidents.keys()].reduce(
    (state, key) => change(definition, state, { key, ...end }, draft),
    before,
  );
}

/** Lets the sensors of one lane say what they know about it. */
function hearLane(
  definition: SiteDefinition,
  before: SiteState,
  at: { readonly lane: LaneDefinition; readonly nowMs: number },
  draft: RecordDraft,
): SiteState {
  const { lane, nowMs } = at;
  const known = before.witnesses.get(lane.lane);
  if (known !== undefined && nowMs - known.judgedMs < JUDGE_EVERY_MS) return before;
  const hasStopLine = definition.cameras.some(({ lanes }) =>
    lanes.some((seen) => seen.lane === lane.lane && seen.stopLine !== null),
  );
  const isCongested = [...before.incidents.values()].some(
    (known) => known.lane === lane.lane && known.incidentKind === 'congestion' && known.life.kind === 'open',
  );
  const here: WitnessedLane = { ...at, hasStopLine, isCongested, loop: believedLoop(before, lane) };
  const judged = judgeWitness(known ?? NO_WITNESS, here, definition.incidents);
  const noted = witness(before, lane.lane, () => judged.witness);
  const raised = raiseIncidents(definition, noted, judged.evidence, draft);
  return [...raised.incidents].reduce((state, [key, incident]) => {
    const { life, incidentKind, zone } = incident;
    if (incident.lane !== lane.lane || life.kind !== 'open') return state;
    const borneOut = lastingOf(incident, definition.incidents.confirmS);
    const lasted = borneOut === null ? state : change(definition, state, { key, input: borneOut }, draft);
    const distrust = { kind: 'distrust', sensors: doubtedLoops(lasted, lane) } as const;
    const next = change(definition, lasted, { key, input: distrust }, draft);
    const by = here.loop;
    if (by === null || zone !== null || life.grounds[0]?.sensor === by) return next;
    const says = sayingOf(judged.witness, { incidentKind, life }, here, definition.incidents);
    if (says === null) return next;
    const input = { kind: 'saying', saying: { sensor: by, source: 'loop', says, atMs: nowMs } } as const;
    return change(definition, next, { key, input }, draft);
  }, raised);
}

/** What one camera has gone on showing, and no sensor contradicts, is borne out by that. */
function lastingOf(
  { life, camera }: LaneIncident,
  confirmS: number,
): Extract<LaneIncidentInput, { kind: 'saying' }> | null {
  if (camera === null || life.kind !== 'open' || isWeakened(life.grounds)) return null;
  if (life.lastMs - life.openedMs < confirmS * MS_PER_S) return null;
  return {
    kind: 'saying',
    saying: { sensor: camera, source: 'camera', says: 'confirms', atMs: life.lastMs },
  };
}

/** The loop that may speak for a lane: its entry loop, or the exit loop while that is not believed. */
function believedLoop({ loops }: SiteState, { lane, station }: LaneDefinition): string | null {
  const state = loops.get(lane);
  if (station === null || state === undefined) return null;
  if (state.distrust.size === 0) return station.entry.loop;
  return state.exitDistrusted ? null : (station.exit?.loop ?? null);
}

/** Whether nobody can tell any more: no picture for long, or for long none between that shows the road long enough. */
function isUnseen(
  { incidents }: SiteDefinition,
  { life, incidentKind }: LaneIncident,
  { seen, nowMs }: { readonly seen: Span; readonly nowMs: number },
): boolean {
  if (life.kind !== 'open') return false;
  const { clearS } = ruleOf(incidents, incidentKind);
  const unseenMs = incidents.unseenS * MS_PER_S;
  const blindMs = nowMs - Math.max(life.lastMs, seen.toMs);
  return blindMs >= unseenMs || nowMs - life.lastMs >= unseenMs + clearS * MS_PER_S;
}

/** Its loops that are not believed. */
function doubtedLoops({ loops }: SiteState, { lane, station }: LaneDefinition): readonly string[] {
  const state = loops.get(lane);
  if (station === null || state === undefined) return [];
  const entry = state.distrust.size > 0 ? [station.entry.loop] : [];
  return state.exitDistrusted && station.exit !== null ? [...entry, station.exit.loop] : entry;
}

/** The newest stretch in which its sensors would have shown it: a camera without pictures clears nothing. */
function seenSpan({ cameras, witnesses }: SiteState, incident: LaneIncident, nowMs: number): Span {
  const camera = incident.camera === null ? undefined : cameras.get(incident.camera);
  if (camera !== undefined) return { fromMs: camera.shownSinceMs, toMs: camera.pictureMs };
  return witnesses.get(incident.lane)?.heard ?? { fromMs: Number.NEGATIVE_INFINITY, toMs: nowMs };
}

function absenceIn({ fromMs, toMs }: Span): Extract<LaneIncidentInput, { kind: 'absence' }> {
  return { kind: 'absence', fromMs, nowMs: toMs };
}

function witness(
  state: SiteState,
  lane: string,
  note: (known: typeof NO_WITNESS) => typeof NO_WITNESS,
): SiteState {
  const known = state.witnesses.get(lane) ?? NO_WITNESS;
  return { ...state, witnesses: new Map(state.witnesses).set(lane, note(known)) };
}

function change(
  definition: SiteDefinition,
  state: SiteState,
  to: {
    readonly key: string;
    readonly input: Exclude<LaneIncidentInput, { kind: 'evidence' }>;
    readonly closing?: IncidentClosing;
  },
  draft: RecordDraft,
): SiteState {
  const known = state.incidents.get(to.key);
  const fold = known && foldIncident(known, to.input, definition.incidents, to.closing);
  if (!fold) return state;
  const incidents = new Map(state.incidents);
  if (fold.incident === null) incidents.delete(to.key);
  else incidents.set(to.key, fold.incident);
  return settle(definition, { ...state, incidents }, fold.turn, draft);
}

function settle(
  definition: SiteDefinition,
  state: SiteState,
  turn: IncidentTurn | null,
  draft: RecordDraft,
): SiteState {
  if (turn === null) return state;
  const turned = incidentOf(turn, draft.wallOf);
  const { openedMs, lastMs, grounds } = turn.life;
  const atMs = { open: openedMs, update: Math.max(lastMs, grounds.at(-1)?.atMs ?? 0), close: lastMs };
  const figures = {
    speedKmh: roundOrNull(turned.speedKmh, 1),
    queueLengthM: roundOrNull(turned.queueLengthM, 0),
    shownBy: turned.shownBy ?? cameraThatShows(definition, state, { lane: turned.lane, atMs: openedMs }),
  };
  const incident = withEvidence(state.recentIncidents, { ...turned, ...figures });
  draft.incident(incident, atMs[turn.phase]);
  const recentIncidents = rememberIncident(state.recentIncidents, incident);
  const named = state.named + (turn.phase === 'open' ? 1 : 0);
  return { ...state, recentIncidents, named };
}

/** What loops raised is shown by the first camera of the lane that has shown the road just before. */
function cameraThatShows(
  { cameras }: SiteDefinition,
  state: SiteState,
  { lane, atMs }: { readonly lane: string; readonly atMs: number },
): string | null {
  const shows = cameras.find(({ camera, lanes }) => {
    const pictureMs = state.cameras.get(camera)?.pictureMs ?? Number.NEGATIVE_INFINITY;
    return atMs - pictureMs <= SHOWN_WITHIN_MS && lanes.some((seen) => seen.lane === lane);
  });
  return shows?.camera ?? null;
}
