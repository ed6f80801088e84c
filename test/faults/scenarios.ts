import type { Scenario } from './scenario.ts';
import { damages } from './scenarios/damages.ts';
import { powerCuts } from './scenarios/power-cuts.ts';

/** Every fault, in the order of docs/faults.md. */
export const SCENARIOS: readonly Scenario[] = [powerCuts('ext4'), powerCuts('xfs'), damages];
