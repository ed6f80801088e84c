import { assertNever } from '../../base/assert-never.ts';
import { MS_PER_S } from '../../base/units.ts';

/**
 * The life of one kind of incident in one lane. Evidence raises it, dwell confirms it, absence clears it.
 * One incident has one id from open to close, however many vehicles take part.
 */
export type LaneIncidentState =
  | { readonly kind: 'quiet' }
  | { readonly kind: 'suspected'; readonly sinceMs: number; readonly lastMs: number }
  | {
      readonly kind: 'open';
      readonly sinceMs: number;
      readonly openedMs: number;
      readonly lastMs: number;
      readonly sensors: readonly string[];
    };

/** What the sensors say about this lane at a moment. */
export interface LaneEvidence {
  readonly sensor: string;
  readonly sinceMs: number;
  readonly atMs: number;
  /** True when the evidence needs no dwell, such as a dual-loop pair crossed in the wrong order. */
  readonly conclusive: boolean;
}

export interface LaneIncidentRule {
  readonly dwellS: number;
  readonly clearS: number;
}

export type LaneIncidentChange = 'open' | 'update' | 'close' | null;

/** A suspicion that is not renewed for this long was a wrong one. */
const SUSPICION_LAPSES_MS = 1000;

/** Folds one piece of evidence, or the absence of any, at a moment. The one transition function. */
export function nextLaneIncident(
  state: LaneIncidentState,
  input: { readonly evidence: LaneEvidence | null; readonly nowMs: number },
  rule: LaneIncidentRule,
): { readonly state: LaneIncidentState; readonly change: LaneIncidentChange } {
  const { evidence, nowMs } = input;
  switch (state.kind) {
    case 'quiet':
      if (evidence === null) return { state, change: null };
      return judge({ sinceMs: evidence.sinceMs, evidence }, rule);
    case 'suspected':
      if (evidence !== null) {
        return judge({ sinceMs: Math.min(state.sinceMs, evidence.sinceMs), evidence }, rule);
      }
      if (nowMs - state.lastMs > SUSPICION_LAPSES_MS) return { state: { kind: 'quiet' }, change: null };
      return { state, change: null };
    case 'open': {
      if (evidence === null) {
        if (nowMs - state.lastMs < rule.clearS * MS_PER_S) return { state, change: null };
        return { state: { kind: 'quiet' }, change: 'close' };
      }
      const lastMs = Math.max(state.lastMs, evidence.atMs);
      if (state.sensors.includes(evidence.sensor)) return { state: { ...state, lastMs }, change: null };
      return { state: { ...state, lastMs, sensors: [...state.sensors, evidence.sensor] }, change: 'update' };
    }
    default:
      return assertNever(state);
  }
}

function judge(
  raised: { readonly sinceMs: number; readonly evidence: LaneEvidence },
  rule: LaneIncidentRule,
): { readonly state: LaneIncidentState; readonly change: LaneIncidentChange } {
  const { sinceMs, evidence } = raised;
  const lastMs = evidence.atMs;
  if (!evidence.conclusive && lastMs - sinceMs < rule.dwellS * MS_PER_S) {
    return { state: { kind: 'suspected', sinceMs, lastMs }, change: null };
  }
  const open = { kind: 'open', sinceMs, openedMs: lastMs, lastMs, sensors: [evidence.sensor] } as const;
  return { state: open, change: 'open' };
}
