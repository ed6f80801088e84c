import type { UplinkSettings } from '../../src/uplink/settings.ts';
import { type SeededRandom, seededRandom } from '../fakes/seeded-random.ts';

/** Chances are shares of [0, 1]; 0 for a fault that this run does not have. */
export interface NetworkFaults {
  readonly latencyMs: number;
  readonly connectRefused: number;
  readonly connectUnanswered: number;
  /** Of each message, in either direction: the connection breaks instead. */
  readonly broken: number;
  /** Of each message: from here on nothing arrives, and nobody says so. */
  readonly silenced: number;
  readonly acknowledgedLate: number;
  /** Of each connection: the broker takes records and never answers. */
  readonly mute: number;
  /** Of each record: the broker refuses it until the faults cease. */
  readonly refused: number;
  /** The same, and it hangs up instead of answering. */
  readonly hungUpOver: number;
  /** Mean time between restarts of the broker; 0 for none. */
  readonly restartEveryMs: number;
  /** The broker's receive maximum. */
  readonly window: number;
}

export interface DiskFaults {
  readonly writeFails: number;
  readonly readFails: number;
  readonly slow: number;
  /** Limit of the store, in pages. */
  readonly maxPages: number;
}

/** One run, before it has begun: everything that chance decides once. */
export interface Plan {
  readonly seed: number;
  readonly upstreams: readonly UpstreamPlan[];
  readonly disk: DiskFaults;
  readonly batches: number;
  readonly batchEveryMs: number;
  readonly batchRecords: number;
  /** At each step of the disk and the network. */
  readonly powerCut: number;
  /** Mean time between restarts that the technician asks for; 0 for none. */
  readonly restartEveryMs: number;
  /** Mean time between steps of the wall clock; 0 for none. */
  readonly clockStepEveryMs: number;
  /** Of each start of the gateway after the first: the clock was set, or lost, while it was off. */
  readonly clockStepAtStart: number;
}

export interface UpstreamPlan {
  readonly name: string;
  readonly everything: boolean;
  readonly faults: NetworkFaults;
  readonly settings: UplinkSettings;
}

/** Each run has a few kinds of fault and not all: what one hides another shows (FoundationDB's "swizzle"). */
export function planOf(seed: number): Plan {
  const chance = seededRandom(seed);
  const sometimes = (share: number, least: number, most: number): number =>
    chance.share() < share ? spread(chance, least, most) : 0;
  const batches = Math.round(spread(chance, 4, 16));
  const batchEveryMs = spread(chance, 1000, 3_000_000);
  /** Mean time between what happens so many times in the run. */
  const every = (share: number, times: number): number => {
    const drawn = sometimes(share, 1, times);
    return drawn === 0 ? 0 : (batches * batchEveryMs) / drawn;
  };
  const names = ['platform', 'transport', 'insurer'].slice(0, chance.share() < 0.5 ? 1 : 2 + (seed % 2));
  return {
    seed,
    upstreams: names.map((name, index) =>
      upstreamOf(name, { chance, sometimes, every, everything: index === 0 }),
    ),
    disk: {
      writeFails: sometimes(0.3, 0.005, 0.9),
      readFails: sometimes(0.15, 0.001, 0.02),
      slow: sometimes(0.3, 0.01, 0.2),
      maxPages: chance.share() < 0.25 ? Math.round(spread(chance, 22, 28)) : 100_000,
    },
    batches,
    batchEveryMs,
    batchRecords: chance.share() < 0.8 ? spread(chance, 1, 5) : spread(chance, 5, 15),
    powerCut: sometimes(0.4, 0.002, 0.03),
    restartEveryMs: every(0.25, 6),
    clockStepEveryMs: every(0.4, 60),
    clockStepAtStart: sometimes(0.2, 0.2, 1),
  };
}

/** Between two values, small ones as often as large ones. */
export function spread(chance: SeededRandom, least: number, most: number): number {
  return least * (most / least) ** chance.share();
}

interface Draw {
  readonly chance: SeededRandom;
  readonly everything: boolean;
  sometimes(share: number, least: number, most: number): number;
  every(share: number, times: number): number;
}

function upstreamOf(name: string, { chance, everything, sometimes, every }: Draw): UpstreamPlan {
  const whole = (least: number, most: number): number => Math.round(spread(chance, least, most));
  return {
    name,
    everything,
    faults: {
      latencyMs: spread(chance, 1, 3000),
      connectRefused: sometimes(0.3, 0.1, 0.95),
      connectUnanswered: sometimes(0.2, 0.1, 0.5),
      broken: sometimes(0.4, 0.005, 0.2),
      silenced: sometimes(0.2, 0.002, 0.05),
      acknowledgedLate: sometimes(0.3, 0.01, 0.5),
      mute: sometimes(0.15, 0.1, 0.8),
      refused: sometimes(0.2, 0.01, 0.5),
      hungUpOver: sometimes(0.1, 0.005, 0.05),
      restartEveryMs: every(0.2, 12),
      window: chance.share() < 0.7 ? 65_535 : whole(1, 20),
    },
    settings: {
      url: `mqtt://${name}.example`,
      keepaliveS: 20,
      window: whole(1, 40),
      ackDeadlineMs: whole(12_000, 40_000),
      reconnectMinMs: 1000,
      reconnectMaxMs: 60_000,
      liveWithinMs: whole(5000, 3_600_000),
      backfillPerS: spread(chance, 0.1, 100),
      backfillDelayMaxMs: chance.share() < 0.5 ? 0 : whole(1000, 60_000),
    },
  };
}
