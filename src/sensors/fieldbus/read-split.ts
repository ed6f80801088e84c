/**
 * A device refuses a whole read when one address in it does not exist. A split finds out which: it halves what
 * was refused, between signals, until each refusing signal stands alone, and goes on reading the rest in as
 * few parts as the device accepts. Pure: the moment of a refusal comes with the call.
 */
import type { ReadPlan, SignalPlan } from '../contract.ts';
import type { ReadPart } from '../loops/loop-decoder.ts';
import { widthOf } from '../loops/read-plan.ts';

/** A read that is cut is tried whole again after this, then after ever longer pauses: some devices refuse while booting. */
export const FIRST_RECHECK_AFTER_MS = 10_000;
export const LONGEST_RECHECK_AFTER_MS = 300_000;

/** Signals whose bits or registers cannot be read apart, and where they are. */
export interface SignalGroup extends ReadPart {
  readonly signals: readonly SignalPlan[];
}

/** One round reads all parts once. `refused`: nothing of the read was answered in it. */
export type RoundState = 'unfinished' | 'answered' | 'refused';

export interface ReadSplit {
  readonly groups: readonly SignalGroup[];
  /** True while nothing speaks against the read as it is planned. */
  readonly isWhole: boolean;
  /** What to ask next of this round. */
  next(nowMs: number): ReadPart;
  settle(accepted: boolean, nowMs: number): RoundState;
  /** The round was broken off: the next one begins with its first part. */
  restart(): void;
  /** Null while it is not known whether the device answers this group. */
  isRefused(group: SignalGroup): boolean | null;
}

/** Groups `from` to `to` - 1. */
interface Part {
  readonly from: number;
  readonly to: number;
  readonly state: 'untried' | 'accepted' | 'refused';
}

interface Search {
  readonly accepted: number;
  readonly refused: number;
}

export function createReadSplit(plan: Pick<ReadPlan, 'quantity' | 'signals'>): ReadSplit {
  const groups = signalGroups(plan.signals);
  const whole: readonly Part[] = [{ from: 0, to: groups.length, state: 'untried' }];
  const recheck = { atMs: Number.POSITIVE_INFINITY, pauseMs: 0 };
  let parts = whole;
  /** The part to ask next. */
  let at = 0;
  /** While looking for what is refused in that part: so many groups from its first are accepted, or refused. */
  let search: Search | null = null;
  let inRound = false;
  let isAnswered = false;

  const begin = (nowMs: number): void => {
    if (nowMs >= recheck.atMs) {
      parts = whole;
      recheck.atMs = Number.POSITIVE_INFINITY;
    }
    // Where all is refused something has to be asked all the same.
    at = Math.max(
      0,
      parts.findIndex((part) => part.state !== 'refused'),
    );
    search = null;
    isAnswered = false;
    inRound = true;
  };
  const here = (): Part => parts[at] ?? { from: 0, to: groups.length, state: 'untried' };
  const replaceHere = (...pieces: readonly Part[]): void => {
    const kept = pieces.filter((part) => part.to > part.from);
    parts = [...parts.slice(0, at), ...kept, ...parts.slice(at + 1)];
  };
  const settlePart = (accepted: boolean, nowMs: number): void => {
    const part = here();
    if (!accepted && part.to - part.from > 1) {
      search = { accepted: 0, refused: part.to - part.from };
      return;
    }
    // What was refused is back: perhaps all is.
    if (accepted && part.state === 'refused') recheck.atMs = nowMs;
    const state = accepted ? 'accepted' : 'refused';
    if (part.state !== state) replaceHere({ ...part, state });
    at += 1;
  };
  const settleSearch = (known: Search, accepted: boolean): void => {
    const { from, to } = here();
    const isOneInQuestion = known.refused - known.accepted === 1;
    const length = prefixLength(known);
    const next = accepted ? { ...known, accepted: length } : { ...known, refused: length };
    if (!isOneInQuestion && next.refused > 1) {
      search = next;
      return;
    }
    // The group that was refused alone, or that made the part only too long for this device.
    const bad = isOneInQuestion ? from + known.accepted : from;
    const good: Part = { from, to: bad, state: 'accepted' };
    if (isOneInQuestion && accepted) replaceHere(good, { from: bad, to, state: 'untried' });
    else
      replaceHere(
        good,
        { from: bad, to: bad + 1, state: 'refused' },
        { from: bad + 1, to, state: 'untried' },
      );
    if (bad > from) at += 1;
    search = null;
  };
  const finish = (nowMs: number): RoundState => {
    inRound = false;
    const isAsPlanned = parts.length === 1 && parts[0]?.state === 'accepted';
    if (isAsPlanned) {
      recheck.pauseMs = 0;
    } else if (recheck.atMs === Number.POSITIVE_INFINITY) {
      const longerMs = Math.max(FIRST_RECHECK_AFTER_MS, recheck.pauseMs * 2);
      recheck.pauseMs = Math.min(longerMs, LONGEST_RECHECK_AFTER_MS);
      recheck.atMs = nowMs + recheck.pauseMs;
    }
    return isAnswered ? 'answered' : 'refused';
  };

  return {
    groups,
    get isWhole() {
      return parts.length === 1 && parts[0]?.state !== 'refused' && search === null;
    },
    next(nowMs) {
      if (!inRound) begin(nowMs);
      const part = here();
      let { from, to } = part;
      if (search !== null && search.refused - search.accepted === 1) {
        from += search.accepted;
        to = from + 1;
      } else if (search !== null) {
        to = from + prefixLength(search);
      }
      if (to - from === groups.length) return { first: 0, quantity: plan.quantity };
      const first = groups[from]?.first ?? 0;
      const last = groups[to - 1];
      return { first, quantity: last === undefined ? plan.quantity : last.first + last.quantity - first };
    },
    settle(accepted, nowMs) {
      isAnswered ||= accepted;
      if (search === null) settlePart(accepted, nowMs);
      else settleSearch(search, accepted);
      if (search !== null) return 'unfinished';
      while (parts[at]?.state === 'refused') at += 1;
      return at < parts.length ? 'unfinished' : finish(nowMs);
    },
    restart() {
      inRound = false;
      search = null;
    },
    isRefused(group) {
      const index = groups.indexOf(group);
      const part = parts.find(({ from, to }) => index >= from && index < to);
      return part === undefined || part.state === 'untried' ? null : part.state === 'refused';
    },
  };
}

/** Half way between what is known to be accepted and what is known to be refused. */
function prefixLength(known: Search): number {
  return known.accepted + Math.floor((known.refused - known.accepted) / 2);
}

/** Signals in order of their offset; those that share a register stay together. */
function signalGroups(signals: readonly SignalPlan[]): readonly SignalGroup[] {
  const groups: SignalGroup[] = [];
  for (const signal of signals.toSorted((a, b) => a.offset - b.offset)) {
    const last = groups.at(-1);
    const end = signal.offset + widthOf(signal);
    if (last === undefined || signal.offset >= last.first + last.quantity) {
      groups.push({ first: signal.offset, quantity: widthOf(signal), signals: [signal] });
    } else {
      const quantity = Math.max(last.first + last.quantity, end) - last.first;
      groups[groups.length - 1] = { first: last.first, quantity, signals: [...last.signals, signal] };
    }
  }
  return groups;
}
