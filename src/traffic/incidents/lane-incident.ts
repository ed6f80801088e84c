import { assertNever } from '../../base/assert-never.ts';
import { MS_PER_S } from '../../base/units.ts';
import { lengthOf, subtract } from '../geometry.ts';
import type { LaneSource } from '../record.ts';
import type { LaneRule, PointPx } from '../site-definition.ts';
import { addGround, type Ground, withoutDoubtsOf } from './grounds.ts';

/**
 * The life of one kind of incident at one place. Evidence that has lasted opens it, further sensors confirm or
 * weaken it, absence clears it. It has one id from open to close, however many vehicles take part.
 */
export type LaneIncidentState =
  | { readonly kind: 'quiet' }
  | {
      readonly kind: 'open';
      readonly sinceMs: number;
      readonly openedMs: number;
      readonly lastMs: number;
      readonly grounds: readonly Ground[];
      /** Newest last. */
      readonly subjects: readonly Subject[];
      readonly rested: readonly Rested[];
    }
  /** Closed a moment ago. */
  | { readonly kind: 'resting'; readonly rested: readonly Rested[] };

/** What a closed incident was about does not raise it again before `untilMs`, whatever others do there meanwhile. */
export interface Rested {
  readonly subject: Subject;
  readonly untilMs: number;
}

/** What an incident is about, so that the same thing under another name is known again by its place. */
export interface Subject {
  /** The camera in whose picture it is; null for what any sensor may speak of, such as the lane itself. */
  readonly camera: string | null;
  /** A track, a pair of tracks, an object, or the lane itself. Cameras count anew when their process is started. */
  readonly name: string;
  readonly foot: PointPx | null;
  /** Height of its box; two feet within half of it are one thing. */
  readonly sizePx: number;
}

/** What a sensor says at a moment. */
export interface LaneEvidence {
  readonly sensor: string;
  readonly source: LaneSource;
  /** `confirms` raises it too: something beside the first sign bears it out. */
  readonly says: 'raises' | 'confirms';
  readonly subject: Subject;
  readonly sinceMs: number;
  readonly atMs: number;
  /** True when it needs no dwell, such as a dual-loop pair crossed in the wrong order. */
  readonly conclusive: boolean;
}

export type LaneIncidentInput =
  | { readonly kind: 'evidence'; readonly evidence: LaneEvidence }
  /** A sensor that does not raise this incident bears it out, or contradicts it. */
  | { readonly kind: 'saying'; readonly saying: Ground }
  /** Sensors are not believed any more: that they contradicted it counts no longer. */
  | { readonly kind: 'distrust'; readonly sensors: readonly string[] }
  /** Nothing until this moment, and the road was seen without a break since `fromMs`. */
  | { readonly kind: 'absence'; readonly fromMs: number; readonly nowMs: number }
  /** Nobody can see the road any more, or the agent stops. */
  | { readonly kind: 'end'; readonly nowMs: number };

/** Dwell, clearing and cool-down, seconds. */
export type LifeRule = Pick<LaneRule, 'dwellS' | 'clearS'> & { readonly coolDownS: number };

export type LaneIncidentChange = 'open' | 'update' | 'close' | null;

export interface LaneIncidentFold {
  readonly state: LaneIncidentState;
  readonly change: LaneIncidentChange;
}

const MOST_SUBJECTS = 16;
/** Box heights from one picture to the next that are not far for a fast vehicle, 120 km/h at 10 pictures a second. */
const FAR = 4;

/** The one transition function. */
export function nextLaneIncident(
  state: LaneIncidentState,
  input: LaneIncidentInput,
  rule: LifeRule,
): LaneIncidentFold {
  switch (state.kind) {
    case 'quiet':
      return input.kind === 'evidence' ? judge(state, input.evidence, rule) : { state, change: null };
    case 'resting': {
      if (input.kind === 'evidence') {
        return doesRest(state, input.evidence) ? { state, change: null } : judge(state, input.evidence, rule);
      }
      const over = input.kind === 'absence' && state.rested.every(({ untilMs }) => input.nowMs >= untilMs);
      return { state: over ? { kind: 'quiet' } : state, change: null };
    }
    case 'open':
      return nextOpen(state, input, rule);
    default:
      return assertNever(state);
  }
}

function judge(
  state: Extract<LaneIncidentState, { kind: 'quiet' | 'resting' }>,
  evidence: LaneEvidence,
  rule: LifeRule,
): LaneIncidentFold {
  const { sinceMs, atMs, sensor, source, says, subject } = evidence;
  if (!evidence.conclusive && atMs - sinceMs < rule.dwellS * MS_PER_S) return { state, change: null };
  const raised = addGround([], { sensor, source, says: 'raises', atMs });
  const grounds = says === 'raises' ? raised : addGround(raised, { sensor, source, says, atMs });
  const times = { sinceMs: Math.min(sinceMs, atMs), openedMs: atMs, lastMs: atMs };
  const rested = state.kind === 'quiet' ? [] : state.rested;
  return { state: { kind: 'open', ...times, grounds, subjects: [subject], rested }, change: 'open' };
}

function nextOpen(
  state: Extract<LaneIncidentState, { kind: 'open' }>,
  input: LaneIncidentInput,
  rule: LifeRule,
): LaneIncidentFold {
  switch (input.kind) {
    case 'evidence': {
      const { evidence } = input;
      const { sensor, source, atMs } = evidence;
      const isItsOwn = state.subjects.some((subject) => isSame(subject, evidence.subject));
      if (!isItsOwn && doesRest(state, evidence)) return { state, change: null };
      // A second sensor that raises the same bears the first out, also one that has contradicted it before.
      const before = state.grounds.findLast((ground) => ground.sensor === sensor)?.says ?? null;
      const isSecond = before === null || before === 'weakens';
      const says = isSecond ? 'confirms' : evidence.says;
      const grounds = addGround(state.grounds, { sensor, source, says, atMs });
      const { camera, name } = evidence.subject;
      const others = state.subjects.filter((other) => other.camera !== camera || other.name !== name);
      const subjects = [...others, evidence.subject].slice(-MOST_SUBJECTS);
      const lastMs = Math.max(state.lastMs, atMs);
      const change = grounds === state.grounds ? null : 'update';
      return { state: { ...state, lastMs, grounds, subjects }, change };
    }
    case 'saying':
      return withGrounds(state, addGround(state.grounds, input.saying));
    case 'distrust':
      return withGrounds(state, withoutDoubtsOf(state.grounds, input.sensors));
    case 'absence':
      // Time in which nobody looked is no time in which it was gone.
      if (input.nowMs - Math.max(state.lastMs, input.fromMs) < rule.clearS * MS_PER_S) {
        return { state, change: null };
      }
      return closed(state, input.nowMs, rule);
    case 'end':
      return closed(state, input.nowMs, rule);
    default:
      return assertNever(input);
  }
}

function withGrounds(
  state: Extract<LaneIncidentState, { kind: 'open' }>,
  grounds: readonly Ground[],
): LaneIncidentFold {
  return grounds === state.grounds
    ? { state, change: null }
    : { state: { ...state, grounds }, change: 'update' };
}

function closed(
  { subjects, rested }: Extract<LaneIncidentState, { kind: 'open' }>,
  nowMs: number,
  rule: LifeRule,
): LaneIncidentFold {
  const untilMs = nowMs + rule.coolDownS * MS_PER_S;
  const resting = [
    ...rested.filter((earlier) => earlier.untilMs > nowMs),
    ...subjects.map((subject) => ({ subject, untilMs })),
  ];
  return { state: { kind: 'resting', rested: resting.slice(-MOST_SUBJECTS) }, change: 'close' };
}

function doesRest(
  { rested }: { readonly rested: readonly Rested[] },
  { subject, atMs }: LaneEvidence,
): boolean {
  return rested.some((known) => atMs < known.untilMs && isSame(known.subject, subject));
}

/** Whether an incident is about this vehicle, person or object, which has not gone far since it was about it last. */
export function isStillAbout(
  { subjects }: { readonly subjects: readonly Subject[] },
  subject: Subject,
): boolean {
  return subjects.some((known) => isSame(known, subject) && apartPx(known, subject) <= FAR * subject.sizePx);
}

function apartPx(a: Subject, b: Subject): number {
  return a.foot === null || b.foot === null ? 0 : lengthOf(subtract(a.foot, b.foot));
}

function isSame(a: Subject, b: Subject): boolean {
  if (a.camera !== b.camera) return false;
  if (a.name === b.name) return true;
  if (a.foot === null || b.foot === null) return false;
  return apartPx(a, b) <= Math.max(a.sizePx, b.sizePx) / 2;
}
