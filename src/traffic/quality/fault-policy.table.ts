import type { FaultLimits, LoopEvidence } from '../site-definition.ts';

/**
 * Faults of a loop as its card reports them (open circuit, short circuit, jump of the inductance, anything else),
 * and as its reader does (the card refuses to tell about this loop).
 */
export const REPORTED_CODES = [
  'loop-open',
  'loop-short',
  'loop-excess-change',
  'loop-fault',
  'register-refused',
] as const;
export type ReportedCode = (typeof REPORTED_CODES)[number];

/** Rules about one loop by itself. */
export const LOOP_RULES = [
  'no-hits',
  'chatter',
  'locked-on',
  'constant',
  'occupancy-spike',
  'flow-occupancy-mismatch',
  'short-pulses',
] as const;
export type LoopRule = (typeof LOOP_RULES)[number];

/** Rules that compare a loop with another one, or with a camera. */
export const CROSS_CHECKS = ['pair-mismatch', 'crosstalk', 'count-disagreement'] as const;
export type CrossCheck = (typeof CROSS_CHECKS)[number];

/** What is concluded here rather than reported by a device. */
export type DerivedCode = LoopRule | CrossCheck;
export const DERIVED_CODES: readonly DerivedCode[] = [...LOOP_RULES, ...CROSS_CHECKS];

export interface FaultPolicy {
  /** Whether the loop's figures are left out while the fault lasts. */
  readonly distrusts: boolean;
  readonly because: string;
  /** Derived faults of the same loop (or its pair, its lane) that follow from this one and are not shown beside it. */
  readonly explains: readonly DerivedCode[];
}

const electrical = (because: string): FaultPolicy => ({
  distrusts: true,
  because,
  explains: DERIVED_CODES,
});

/** What follows from each fault of a loop. */
export const LOOP_FAULT_POLICY: Readonly<Record<ReportedCode | DerivedCode, FaultPolicy>> = {
  'loop-open': electrical('the card then calls constantly or never, whatever drives over it'),
  'loop-short': electrical('the card then calls constantly or never, whatever drives over it'),
  'loop-excess-change': electrical(
    'beyond a quarter of the inductance the card gives up and calls constantly',
  ),
  'loop-fault': electrical('the card itself says that its output means nothing'),
  'register-refused': {
    distrusts: true,
    because: 'nobody knows what drives over it; not while its output is seen to change all the same',
    explains: ['no-hits', 'pair-mismatch', 'count-disagreement'],
  },
  'locked-on': {
    distrusts: true,
    because: 'occupancy 100 % and count 0 are the output that hangs, not the road',
    explains: ['no-hits', 'constant', 'occupancy-spike', 'pair-mismatch', 'count-disagreement'],
  },
  chatter: {
    distrusts: true,
    because: 'no lane carries so many vehicles: the count is invented',
    explains: [
      ...(['occupancy-spike', 'flow-occupancy-mismatch', 'short-pulses'] as const),
      ...(['pair-mismatch', 'crosstalk', 'count-disagreement'] as const),
    ],
  },
  'no-hits': {
    distrusts: true,
    because: 'a count of 0 from a detector that is probably dead is not a measurement',
    explains: ['count-disagreement'],
  },
  constant: {
    distrusts: true,
    because: 'the figure is repeated, not measured',
    explains: ['count-disagreement'],
  },
  'occupancy-spike': {
    distrusts: false,
    because: 'queues that come and go look alike, and the count is right in both cases',
    explains: [],
  },
  'flow-occupancy-mismatch': {
    distrusts: false,
    because: 'it names some bins of many; which of the two figures is wrong is not known',
    explains: [],
  },
  'short-pulses': {
    distrusts: false,
    because: 'most pulses are still vehicles; the count is too high by no more than the share',
    explains: [],
  },
  'pair-mismatch': {
    distrusts: true,
    because: 'the named loop misses vehicles that its partner sees; without it the station has a single loop',
    explains: ['no-hits', 'count-disagreement'],
  },
  crosstalk: {
    distrusts: true,
    because: 'the named loop counts the vehicles of its neighbour',
    explains: ['count-disagreement'],
  },
  'count-disagreement': {
    distrusts: true,
    because: 'the other evidence speaks against the loop, so the camera leads; not while it is undecided',
    explains: [],
  },
};

/** The rules that a loop's evidence can carry; a rule that needs edges says nothing about a device without. */
const RULES_BY_EVIDENCE: Readonly<Record<LoopEvidence['kind'], readonly DerivedCode[]>> = {
  'polled-edges': DERIVED_CODES,
  'stamped-edges': DERIVED_CODES,
  vehicles: ['no-hits', 'chatter', 'count-disagreement'],
  intervals: ['no-hits', 'chatter', 'constant', 'flow-occupancy-mismatch', 'count-disagreement'],
  counts: ['no-hits', 'chatter', 'count-disagreement'],
};

export function isDerived(code: string): code is DerivedCode {
  return (DERIVED_CODES as readonly string[]).includes(code);
}

/** The lane's limit that switches each rule off when it is 0. */
const LIMIT_OF: Readonly<Record<DerivedCode, keyof Omit<FaultLimits, 'quietHours'>>> = {
  'no-hits': 'noHitsS',
  chatter: 'chatterPer30S',
  'locked-on': 'lockedOnS',
  constant: 'constantS',
  'occupancy-spike': 'spikePct',
  'flow-occupancy-mismatch': 'mismatchPct',
  'short-pulses': 'shortPulsePct',
  'pair-mismatch': 'pairMismatches',
  crosstalk: 'crosstalkPct',
  'count-disagreement': 'disagreementPct',
};

/** The rules that apply to a loop: its evidence carries them and its lane does not switch them off. */
export function rulesOf(evidence: LoopEvidence, limits: FaultLimits): ReadonlySet<DerivedCode> {
  return new Set(RULES_BY_EVIDENCE[evidence.kind].filter((code) => limits[LIMIT_OF[code]] > 0));
}
