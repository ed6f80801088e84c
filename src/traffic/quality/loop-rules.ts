import type { FaultLimits } from '../site-definition.ts';
import { type DerivedCode, LOOP_RULES, type LoopRule } from './fault-policy.table.ts';
import { type Chatter, foldChatter, NO_CHATTER } from './rules/chatter.ts';
import { type Constant, foldConstant, NOT_CONSTANT } from './rules/constant.ts';
import { foldMismatch, type Mismatch, NO_MISMATCH } from './rules/flow-occupancy-mismatch.ts';
import { foldLockedOn, type LockedOn, type LockedOnInput, NOT_LOCKED } from './rules/locked-on.ts';
import { foldNoHits, type NoHits, openNoHits } from './rules/no-hits.ts';
import { foldSpike, NO_SPIKE, type OccupancySpike } from './rules/occupancy-spike.ts';
import { BIN_MS, type BinFigures } from './rules/rule.ts';
import { EMPTY_SHARE, foldShare, type ShareWindow } from './rules/share-window.ts';

/** Pulses that make up one judgement of the short ones. */
export const SHORT_PULSE_WINDOW = 100;

/** The state of every rule about one loop by itself; those that do not apply stay as they began. */
export interface LoopRules {
  readonly 'no-hits': NoHits;
  readonly chatter: Chatter;
  readonly 'locked-on': LockedOn;
  readonly constant: Constant;
  readonly 'occupancy-spike': OccupancySpike;
  readonly 'flow-occupancy-mismatch': Mismatch;
  readonly 'short-pulses': ShareWindow;
}

export interface RuleTerms {
  readonly limits: FaultLimits;
  readonly applied: ReadonlySet<DerivedCode>;
}

/** @param faulty rules that hold the loop faulty since before a restart: each needs its own evidence to clear */
export function openLoopRules(nowMs: number, faulty: ReadonlyMap<string, number>): LoopRules {
  const since = (code: LoopRule): { readonly faultySinceMs: number | null } => ({
    faultySinceMs: faulty.get(code) ?? null,
  });
  const mismatched = since('flow-occupancy-mismatch');
  return {
    'no-hits': { ...openNoHits(nowMs), ...since('no-hits') },
    chatter: { ...NO_CHATTER, ...since('chatter') },
    'locked-on': { ...NOT_LOCKED, ...since('locked-on') },
    constant: { ...NOT_CONSTANT, ...since('constant') },
    'occupancy-spike': { ...NO_SPIKE, ...since('occupancy-spike') },
    'flow-occupancy-mismatch': {
      ...NO_MISMATCH,
      ...mismatched,
      share: { ...EMPTY_SHARE, ...mismatched },
    },
    'short-pulses': { ...EMPTY_SHARE, ...since('short-pulses') },
  };
}

/** Rules that hold the loop faulty, and since when. */
export function faultyRules(
  rules: LoopRules,
): readonly { readonly code: LoopRule; readonly sinceMs: number }[] {
  return LOOP_RULES.flatMap((code) => {
    const sinceMs = rules[code].faultySinceMs;
    return sinceMs === null ? [] : [{ code, sinceMs }];
  });
}

/** A vehicle came: `running` is what its bin holds by now, where there is one. */
export function noteHit(
  rules: LoopRules,
  terms: RuleTerms,
  hit: { readonly atMs: number; readonly running: { hits: number; fromMs: number } | null },
): LoopRules {
  const { limits } = terms;
  const alive = fold(rules, terms, 'no-hits', (state) =>
    foldNoHits(state, { kind: 'hit', atMs: hit.atMs }, limits.noHitsS),
  );
  if (hit.running === null) return alive;
  const { hits, fromMs } = hit.running;
  return fold(alive, terms, 'chatter', (state) =>
    foldChatter(state, { kind: 'running', per30S: hits, fromMs }, limits.chatterPer30S),
  );
}

export function noteOutput(rules: LoopRules, terms: RuleTerms, input: LockedOnInput): LoopRules {
  return fold(rules, terms, 'locked-on', (state) => foldLockedOn(state, input, terms.limits.lockedOnS));
}

/** A bin, or an interval of the device, has ended; null when it was not read well enough to say anything. */
export function judgeBin(
  before: LoopRules,
  terms: RuleTerms,
  bin: BinFigures | null,
  pulses: { readonly all: number; readonly short: number },
): LoopRules {
  const { limits } = terms;
  const mismatched = fold(before, terms, 'flow-occupancy-mismatch', (state) =>
    foldMismatch(state, bin, limits.mismatchPct),
  );
  if (bin === null) {
    const calm = fold(mismatched, terms, 'chatter', (state) =>
      foldChatter(state, { kind: 'unread' }, limits.chatterPer30S),
    );
    return fold(calm, terms, 'occupancy-spike', (state) => foldSpike(state, { kind: 'unread' }, limits));
  }
  const occupied = judgeOccupancy(mismatched, terms, bin);
  return judgeVehicles(occupied, terms, bin, pulses);
}

function judgeOccupancy(before: LoopRules, terms: RuleTerms, bin: BinFigures): LoopRules {
  const { limits } = terms;
  const { fromMs, activeMs, occupancyPct } = bin;
  if (occupancyPct === null) return before;
  const rules = fold(before, terms, 'constant', (state) =>
    foldConstant(state, { fromMs, activeMs, occupancyPct }, limits.constantS),
  );
  return fold(rules, terms, 'occupancy-spike', (state) =>
    foldSpike(state, { kind: 'bin', fromMs, occupancyPct }, limits),
  );
}

function judgeVehicles(
  before: LoopRules,
  terms: RuleTerms,
  bin: BinFigures,
  pulses: { readonly all: number; readonly short: number },
): LoopRules {
  const { limits } = terms;
  const { fromMs, toMs, vehicles } = bin;
  if (vehicles === null) return before;
  const isEmpty = vehicles === 0 && (bin.occupancyPct ?? 0) === 0;
  const rules = fold(before, terms, 'no-hits', (state) => {
    if (isEmpty) return foldNoHits(state, { kind: 'empty', activeMs: bin.activeMs }, limits.noHitsS);
    // Edges say themselves when a vehicle came; here speak devices that have none, and vehicles that stand.
    return state.lastHitMs >= fromMs ? state : foldNoHits(state, { kind: 'hit', atMs: toMs }, limits.noHitsS);
  });
  const per30S = (vehicles * BIN_MS) / (toMs - fromMs);
  const chattered = fold(rules, terms, 'chatter', (state) =>
    foldChatter(state, { kind: 'closed', per30S, fromMs }, limits.chatterPer30S),
  );
  // What chatters makes short pulses too; that is one fault and not two.
  if (limits.chatterPer30S > 0 && per30S > limits.chatterPer30S) return chattered;
  return fold(chattered, terms, 'short-pulses', (state) =>
    foldShare(
      state,
      { all: pulses.all, bad: pulses.short, atMs: fromMs },
      { window: SHORT_PULSE_WINDOW, limitPct: limits.shortPulsePct },
    ),
  );
}

function fold<C extends LoopRule>(
  rules: LoopRules,
  terms: RuleTerms,
  code: C,
  change: (state: LoopRules[C]) => LoopRules[C],
): LoopRules {
  if (!terms.applied.has(code)) return rules;
  const changed = change(rules[code]);
  return changed === rules[code] ? rules : { ...rules, [code]: changed };
}
