export type Aspect = 'green' | 'amber' | 'red';

/** A fixed-time signal head; each cycle is green, amber, red in this order. */
export interface FixedTimeSignal {
  readonly greenMs: number;
  readonly amberMs: number;
  readonly redMs: number;
  /** When the first green begins. */
  readonly offsetMs: number;
}

/** What the signal shows at a moment of scenario time. */
export function aspectAt(signal: FixedTimeSignal, atMs: number): Aspect {
  const cycleMs = signal.greenMs + signal.amberMs + signal.redMs;
  const phaseMs = (((atMs - signal.offsetMs) % cycleMs) + cycleMs) % cycleMs;
  if (phaseMs < signal.greenMs) return 'green';
  return phaseMs < signal.greenMs + signal.amberMs ? 'amber' : 'red';
}
