import { describe, expect, it } from 'vitest';
import {
  type ChildInput,
  type ChildState,
  type Moment,
  RESTART_POLICY,
  type RestartHistory,
  stepChild,
} from './child-policy.ts';

const HISTORY: RestartHistory = { startedAtMs: 1000, endsAtMs: [], pauses: 0 };
const IDLE: ChildState = { kind: 'idle' };
const RUNNING: ChildState = { kind: 'running', history: HISTORY };
const KILLED: ChildState = { kind: 'killed', cause: 'silent', history: HISTORY };
const PAUSING: ChildState = { kind: 'pausing', history: HISTORY };
const STOPPING: ChildState = { kind: 'stopping' };
const STOPPED: ChildState = { kind: 'stopped' };

const INPUTS: readonly ChildInput['kind'][] = [
  'start',
  'ended',
  'not-started',
  'silent',
  'garbage',
  'pause-over',
  'stop',
];

const at = (nowMs: number, random = 0): Moment => ({ nowMs, random, policy: RESTART_POLICY });

/** start state, input, target state, action; every pair that is not listed changes nothing. */
const TABLE: readonly [ChildState, ChildInput['kind'], ChildState['kind'], string | null][] = [
  [IDLE, 'start', 'running', 'spawn'],
  [IDLE, 'stop', 'stopped', null],
  [RUNNING, 'ended', 'pausing', 'pause'],
  [RUNNING, 'not-started', 'pausing', 'pause'],
  [RUNNING, 'silent', 'killed', 'kill'],
  [RUNNING, 'garbage', 'killed', 'kill'],
  [RUNNING, 'stop', 'stopping', 'begin-stop'],
  [KILLED, 'ended', 'pausing', 'pause'],
  [KILLED, 'stop', 'stopping', null],
  [PAUSING, 'pause-over', 'running', 'spawn'],
  [PAUSING, 'stop', 'stopped', null],
  [STOPPING, 'ended', 'stopped', null],
  [STOPPING, 'not-started', 'stopped', null],
];

describe('the life of a supervised child', () => {
  for (const state of [IDLE, RUNNING, KILLED, PAUSING, STOPPING, STOPPED]) {
    for (const kind of INPUTS) {
      const row = TABLE.find(([from, input]) => from === state && input === kind);
      const target = row?.[2] ?? state.kind;
      it(`${state.kind} + ${kind} → ${target}`, () => {
        const step = stepChild(state, { kind }, at(2000));
        expect(step.state.kind).toBe(target);
        expect(step.action?.kind ?? null).toBe(row?.[3] ?? null);
        if (row === undefined) expect(step.state).toBe(state);
      });
    }
  }

  it('a kill is reported with the cause that led to it, not with the end that followed', () => {
    expect(stepChild(KILLED, { kind: 'ended' }, at(2000)).action).toMatchObject({ cause: 'silent' });
  });
});

/** Runs a child that lives `livesMs` each time, and returns the pauses it was given. */
function pausesOf(options: { livesMs: number; times: number; random?: number }): number[] {
  const pauses: number[] = [];
  let nowMs = 0;
  let step = stepChild(IDLE, { kind: 'start' }, at(nowMs));
  for (let n = 0; n < options.times; n += 1) {
    nowMs += options.livesMs;
    step = stepChild(step.state, { kind: 'ended' }, at(nowMs, options.random));
    if (step.action?.kind !== 'pause') throw new Error('no pause');
    pauses.push(step.action.restartInMs);
    nowMs += step.action.restartInMs;
    step = stepChild(step.state, { kind: 'pause-over' }, at(nowMs));
  }
  return pauses;
}

describe('restarts', () => {
  it('five ends within a minute are answered quickly, then the pauses double up to a minute', () => {
    const pauses = pausesOf({ livesMs: 0, times: 14, random: 0.999_999 });
    expect(pauses.slice(0, 5)).toEqual([200, 200, 200, 200, 200]);
    expect(pauses.slice(5)).toEqual([1000, 2000, 4000, 8000, 16_000, 32_000, 60_000, 60_000, 60_000]);
  });

  it('a pause is never shorter than half of its length', () => {
    expect(pausesOf({ livesMs: 0, times: 8, random: 0 }).slice(5)).toEqual([500, 1000, 2000]);
  });

  it('a child that ends twice a minute stays within the budget for ever', () => {
    expect(new Set(pausesOf({ livesMs: 30_000, times: 50 }))).toEqual(new Set([200]));
  });

  it('a run of a whole window earns a new budget', () => {
    const spent: ChildState = {
      kind: 'running',
      history: { startedAtMs: 100_000, endsAtMs: [99_000], pauses: 7 },
    };
    const almost = stepChild(spent, { kind: 'ended' }, at(100_000 + RESTART_POLICY.windowMs - 1));
    const whole = stepChild(spent, { kind: 'ended' }, at(100_000 + RESTART_POLICY.windowMs));
    expect(almost.action).toMatchObject({ budgetSpent: true });
    expect(whole.action).toMatchObject({ budgetSpent: false, restartInMs: RESTART_POLICY.quickMs });
  });

  it('the history never grows beyond what the decision needs', () => {
    let step = stepChild(IDLE, { kind: 'start' }, at(0));
    for (let nowMs = 1; nowMs < 1000; nowMs += 1) {
      step = stepChild(step.state, { kind: 'ended' }, at(nowMs));
      if (step.state.kind !== 'pausing') throw new Error('not pausing');
      expect(step.state.history.endsAtMs.length).toBeLessThanOrEqual(RESTART_POLICY.budget + 1);
      step = stepChild(step.state, { kind: 'pause-over' }, at(nowMs));
    }
  });
});
