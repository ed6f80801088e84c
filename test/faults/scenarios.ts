import type { Scenario } from './scenario.ts';
import { badLink, halfOpen } from './scenarios/bad-link.ts';
import { slowSyncs, syncFailsForEver, syncFailsOnce } from './scenarios/bad-syncs.ts';
import { damages } from './scenarios/damages.ts';
import { diskFull } from './scenarios/disk-full.ts';
import { falseClock } from './scenarios/false-clock.ts';
import { floodedDownlink, hostileBroker } from './scenarios/hostile-broker.ts';
import { kills } from './scenarios/kills.ts';
import { monthOffline } from './scenarios/month-offline.ts';
import { powerCuts } from './scenarios/power-cuts.ts';
import { readOnly } from './scenarios/read-only.ts';
import { twoInstances } from './scenarios/two-instances.ts';

/** Every fault, in the order of docs/faults.md. */
export const SCENARIOS: readonly Scenario[] = [
  powerCuts('ext4'),
  powerCuts('xfs'),
  damages,
  kills,
  diskFull,
  readOnly,
  syncFailsOnce,
  syncFailsForEver,
  slowSyncs,
  hostileBroker,
  floodedDownlink,
  badLink,
  halfOpen,
  monthOffline,
  falseClock,
  twoInstances,
];
