import type { RuleState } from './rule.ts';

/** Pulses of the quieter of two lanes that make up one judgement. */
export const CROSSTALK_WINDOW_PULSES = 40;
/** Judgements in a row that must find it. */
const WINDOWS_TO_OPEN = 2;
/** Beside what the edges leave open: a coupled loop answers a little later and lets go a little earlier. */
const COUPLING_MS = 30;
/** Edges known less sharply than this would find coincidences in any dense traffic. */
const MAX_TOLERANCE_MS = 80;
/**
 * Lanes that start together at a green light agree by chance, and then almost agree still more often; a coupled
 * loop does not. Pulses whose edges lie within this many tolerances but not within one are counted against it,
 * each as a half: the ring is twice as wide as what it surrounds.
 */
const RING_TOLERANCES = 3;
const RING_WEIGHT = 0.5;
/** Pulses of one lane that wait for their twin: more than come between two answers of a batch device. */
const MAX_WAITING = 32;
/** On-times that differ by a smaller share leave open who copies whom. */
const CLEARLY_SHORTER = 0.02;

export type Neighbour = 'first' | 'second';

/** One completed pulse, both edges seen. */
export interface SharpPulse {
  readonly onMs: number;
  readonly onUncertaintyMs: number;
  readonly offMs: number;
  readonly offUncertaintyMs: number;
}

/** Two loops side by side in neighbouring lanes. */
export interface Crosstalk extends RuleState {
  /** The loop that answers to the other one's vehicles; null while neither does. */
  readonly victim: Neighbour | null;
  readonly pulses: Readonly<Record<Neighbour, number>>;
  readonly coincidences: number;
  readonly nearMisses: number;
  readonly windowsAbove: number;
  /** Pulses of either lane since the last coincidence. */
  readonly lonely: number;
  /** On-time of the coincident pulses, ms. */
  readonly onTimeMs: Readonly<Record<Neighbour, number>>;
  readonly sinceMs: number;
  /** Newest last; pulses that have met no twin yet. */
  readonly waiting: Readonly<Record<Neighbour, readonly SharpPulse[]>>;
}

const NONE: Readonly<Record<Neighbour, number>> = { first: 0, second: 0 };

export const NO_CROSSTALK: Crosstalk = {
  faultySinceMs: null,
  victim: null,
  pulses: NONE,
  coincidences: 0,
  nearMisses: 0,
  windowsAbove: 0,
  lonely: 0,
  onTimeMs: NONE,
  sinceMs: 0,
  waiting: { first: [], second: [] },
};

/**
 * Pulses of two neighbouring lanes that begin and end together, as a share of the quieter lane's. Two vehicles
 * abreast rarely agree in both edges; a loop that couples into its neighbour always does.
 */
export function foldCrosstalk(
  state: Crosstalk,
  input: { readonly from: Neighbour; readonly pulse: SharpPulse },
  limitPct: number,
): Crosstalk {
  const { from, pulse } = input;
  const other: Neighbour = from === 'first' ? 'second' : 'first';
  const sinceMs = state.pulses.first + state.pulses.second === 0 ? pulse.onMs : state.sinceMs;
  const pulses = { ...state.pulses, [from]: state.pulses[from] + 1 };
  const counted = { ...state, pulses, sinceMs, lonely: state.lonely + 1 };
  const rivals = state.waiting[other];
  const twin =
    rivals.find((it) => agree(it, pulse, 1)) ?? rivals.find((it) => agree(it, pulse, RING_TOLERANCES));
  if (twin === undefined) {
    const waiting = { ...state.waiting, [from]: [...state.waiting[from], pulse].slice(-MAX_WAITING) };
    return judge({ ...counted, waiting }, limitPct);
  }
  const waiting = { ...state.waiting, [other]: rivals.filter((it) => it !== twin) };
  if (!agree(twin, pulse, 1)) {
    return judge({ ...counted, waiting, nearMisses: state.nearMisses + 1 }, limitPct);
  }
  const [first, second] = from === 'first' ? [pulse, twin] : [twin, pulse];
  const onTimeMs = {
    first: state.onTimeMs.first + first.offMs - first.onMs,
    second: state.onTimeMs.second + second.offMs - second.onMs,
  };
  return judge({ ...counted, waiting, onTimeMs, lonely: 0, coincidences: state.coincidences + 1 }, limitPct);
}

/** Whether both edges lie within so many tolerances of each other; edges too blurred never do. */
function agree(a: SharpPulse, b: SharpPulse, tolerances: number): boolean {
  const onMs = a.onUncertaintyMs + b.onUncertaintyMs + COUPLING_MS;
  const offMs = a.offUncertaintyMs + b.offUncertaintyMs + COUPLING_MS;
  if (onMs > MAX_TOLERANCE_MS || offMs > MAX_TOLERANCE_MS) return false;
  return Math.abs(a.onMs - b.onMs) <= tolerances * onMs && Math.abs(a.offMs - b.offMs) <= tolerances * offMs;
}

function judge(state: Crosstalk, limitPct: number): Crosstalk {
  const fewer = Math.min(state.pulses.first, state.pulses.second);
  const begun = { ...NO_CROSSTALK, waiting: state.waiting };
  // A lane that only ever copied falls silent when the coupling ends: its window would never fill.
  if (state.victim !== null && state.lonely >= 2 * CROSSTALK_WINDOW_PULSES) return begun;
  if (fewer < CROSSTALK_WINDOW_PULSES) return state;
  const excess = state.coincidences - RING_WEIGHT * state.nearMisses;
  if (excess * 100 <= limitPct * fewer) return begun;
  const windowsAbove = state.windowsAbove + 1;
  const { victim, faultySinceMs, sinceMs } = state;
  if (windowsAbove < WINDOWS_TO_OPEN && victim === null)
    return { ...begun, windowsAbove, lonely: state.lonely };
  return {
    ...begun,
    windowsAbove,
    lonely: state.lonely,
    victim: victim ?? victimOf(state),
    faultySinceMs: faultySinceMs ?? sinceMs,
  };
}

/** The copy has the shorter pulses; where they are equal, it is the lane with fewer vehicles. */
function victimOf({ pulses, onTimeMs }: Crosstalk): Neighbour {
  const differenceMs = onTimeMs.first - onTimeMs.second;
  const isClear = Math.abs(differenceMs) > CLEARLY_SHORTER * onTimeMs.first;
  const firstIsLess = isClear ? differenceMs < 0 : pulses.first < pulses.second;
  return firstIsLess ? 'first' : 'second';
}

/** Whether a pulse begins with one that its neighbour has open or has just had: it may be a copy. */
export function beginsWithNeighbour(
  state: Crosstalk,
  neighbour: Neighbour,
  pulse: Pick<SharpPulse, 'onMs' | 'onUncertaintyMs'>,
  open: Pick<SharpPulse, 'onMs' | 'onUncertaintyMs'> | null,
): boolean {
  return [open, ...state.waiting[neighbour]].some(
    (other) =>
      other !== null &&
      Math.abs(other.onMs - pulse.onMs) <= other.onUncertaintyMs + pulse.onUncertaintyMs + COUPLING_MS,
  );
}
