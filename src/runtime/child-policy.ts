import { assertNever } from '../base/assert-never.ts';

/** Why a child is gone although nobody asked it to go. */
export type DownCause = 'ended' | 'silent' | 'garbage' | 'not-started';

/** What of the past decides about the next restart. */
export interface RestartHistory {
  readonly startedAtMs: number;
  /** Unasked ends within `windowMs`, oldest first, `budget + 1` at most. */
  readonly endsAtMs: readonly number[];
  /** Pauses since the budget was spent; 0 while restarts are quick. */
  readonly pauses: number;
}

export type ChildState =
  | { readonly kind: 'idle' }
  | { readonly kind: 'running'; readonly history: RestartHistory }
  /** Killed for a cause; its end has not been seen yet. */
  | { readonly kind: 'killed'; readonly cause: DownCause; readonly history: RestartHistory }
  | { readonly kind: 'pausing'; readonly history: RestartHistory }
  | { readonly kind: 'stopping' }
  | { readonly kind: 'stopped' };

export type ChildInput =
  | { readonly kind: 'start' }
  | { readonly kind: 'ended' }
  | { readonly kind: 'not-started' }
  | { readonly kind: 'silent' }
  | { readonly kind: 'garbage' }
  | { readonly kind: 'pause-over' }
  | { readonly kind: 'stop' };

export type ChildAction =
  | { readonly kind: 'spawn' }
  | { readonly kind: 'kill' }
  | { readonly kind: 'begin-stop' }
  | {
      readonly kind: 'pause';
      readonly cause: DownCause;
      readonly restartInMs: number;
      readonly budgetSpent: boolean;
    };

export interface RestartPolicy {
  /** This many ends within `windowMs` are answered by a quick restart. */
  readonly budget: number;
  readonly windowMs: number;
  readonly quickMs: number;
  /** The first pause after the budget is spent; it doubles up to `longestPauseMs`. */
  readonly firstPauseMs: number;
  readonly longestPauseMs: number;
}

export const RESTART_POLICY: RestartPolicy = {
  budget: 5,
  windowMs: 60_000,
  quickMs: 200,
  firstPauseMs: 1000,
  longestPauseMs: 60_000,
};

/** Time and chance are given, so that the same inputs always lead to the same state. */
export interface Moment {
  readonly nowMs: number;
  /** In [0, 1): spreads the restarts of several children. */
  readonly random: number;
  readonly policy: RestartPolicy;
}

export interface ChildStep {
  readonly state: ChildState;
  readonly action: ChildAction | null;
}

/** The whole life of a supervised child. An input that means nothing in a state changes nothing. */
export function stepChild(state: ChildState, input: ChildInput, moment: Moment): ChildStep {
  const unchanged: ChildStep = { state, action: null };
  switch (state.kind) {
    case 'idle':
      if (input.kind === 'start') return spawn({ endsAtMs: [], pauses: 0 }, moment);
      return input.kind === 'stop' ? { state: { kind: 'stopped' }, action: null } : unchanged;
    case 'running':
      switch (input.kind) {
        case 'ended':
        case 'not-started':
          return pause(state.history, input.kind, moment);
        case 'silent':
        case 'garbage':
          return {
            state: { kind: 'killed', cause: input.kind, history: state.history },
            action: { kind: 'kill' },
          };
        case 'stop':
          return { state: { kind: 'stopping' }, action: { kind: 'begin-stop' } };
        default:
          return unchanged;
      }
    case 'killed':
      if (input.kind === 'ended') return pause(state.history, state.cause, moment);
      return input.kind === 'stop' ? { state: { kind: 'stopping' }, action: null } : unchanged;
    case 'pausing':
      if (input.kind === 'pause-over') return spawn(state.history, moment);
      return input.kind === 'stop' ? { state: { kind: 'stopped' }, action: null } : unchanged;
    case 'stopping':
      return input.kind === 'ended' || input.kind === 'not-started'
        ? { state: { kind: 'stopped' }, action: null }
        : unchanged;
    case 'stopped':
      return unchanged;
    default:
      return assertNever(state);
  }
}

function spawn(history: Omit<RestartHistory, 'startedAtMs'>, { nowMs }: Moment): ChildStep {
  const { endsAtMs, pauses } = history;
  return {
    state: { kind: 'running', history: { startedAtMs: nowMs, endsAtMs, pauses } },
    action: { kind: 'spawn' },
  };
}

/**
 * Quick restarts while the budget lasts. Once it is spent the pauses grow, and only a run that lasts a whole
 * window ends that: otherwise a long pause would itself empty the window and earn a new burst of restarts.
 */
function pause(history: RestartHistory, cause: DownCause, moment: Moment): ChildStep {
  const { nowMs, random, policy } = moment;
  const recovered = nowMs - history.startedAtMs >= policy.windowMs;
  const recent = recovered ? [] : history.endsAtMs.filter((endMs) => nowMs - endMs < policy.windowMs);
  const endsAtMs = [...recent, nowMs].slice(-(policy.budget + 1));
  const budgetSpent = endsAtMs.length > policy.budget || (history.pauses > 0 && !recovered);
  const pauses = budgetSpent ? history.pauses + 1 : 0;
  const longestMs = Math.min(policy.longestPauseMs, policy.firstPauseMs * 2 ** (pauses - 1));
  const restartInMs = budgetSpent ? Math.round(longestMs * (0.5 + random / 2)) : policy.quickMs;
  return {
    state: { kind: 'pausing', history: { startedAtMs: history.startedAtMs, endsAtMs, pauses } },
    action: { kind: 'pause', cause, restartInMs, budgetSpent },
  };
}
