import type { Scenario } from './scenario.ts';
import { badLink, halfOpen } from './scenarios/bad-link.ts';
import { slowSyncs, syncFailsForEver, syncFailsOnce } from './scenarios/bad-syncs.ts';
import { damages } from './scenarios/damages.ts';
import { diskFull, fullFromTheStart } from './scenarios/disk-full.ts';
import { falseClock } from './scenarios/false-clock.ts';
import { floodedDownlink, hostileBroker } from './scenarios/hostile-broker.ts';
import { kills, killsAtDiskSteps } from './scenarios/kills.ts';
import { largeDamaged } from './scenarios/large-damaged.ts';
import { monthOffline } from './scenarios/month-offline.ts';
import { powerCuts } from './scenarios/power-cuts.ts';
import { readOnly } from './scenarios/read-only.ts';
import { simulation } from './scenarios/simulation.ts';
import { twoInstances } from './scenarios/two-instances.ts';

/** Side by side, each one after another: what computes, what works on a disk of its own, and what mostly waits. */
export const LANES: readonly (readonly Scenario[])[] = [
  [simulation],
  [powerCuts('ext4'), powerCuts('xfs'), damages, largeDamaged, monthOffline],
  [
    kills,
    killsAtDiskSteps,
    diskFull,
    fullFromTheStart,
    readOnly,
    syncFailsOnce,
    syncFailsForEver,
    slowSyncs,
    hostileBroker,
    floodedDownlink,
    badLink,
    halfOpen,
    falseClock,
    twoInstances,
  ],
];
