import type { AccumulatorState } from './flow/accumulator.ts';
import type { EffectiveLength } from './flow/effective-length.ts';
import type { LaneFlow } from './flow/lane-flow.ts';
import type { LearnedLength } from './flow/learned-lengths.ts';
import { type HiResBatch, noteEndOfEarlierRun } from './hires/hires-log.ts';
import type { CollisionState } from './incidents/collision-evidence.ts';
import type { RecentIncidents } from './incidents/evidence-files.ts';
import type { Incidents } from './incidents/incident-journal.ts';
import type { Witnesses } from './incidents/lane-witness.ts';
import type { ConductState } from './incidents/track-evidence.ts';
import type { MovementFlow } from './movements/movement-flow.ts';
import type { ViewState } from './passages/camera-view.ts';
import type { StationState } from './passages/loop-station.ts';
import type { FaultJournal } from './quality/fault-journal.ts';
import { restoredJournal } from './quality/restored-faults.ts';
import { NO_QUALITY, type QualityState } from './quality/site-quality.ts';
import type { QueueState } from './queues/lane-queue.ts';
import type { Fault } from './record.ts';
import { NO_SEQUENCES, type Sequences } from './record-draft.ts';

/** All that the domain remembers between two ticks. Never changed in place. */
export interface SiteState {
  readonly boot: string;
  readonly sequences: Sequences;
  /** Incidents and faults named so far: their ids count up within the boot. */
  readonly named: number;
  /** Wall minus monotonic at the last tick, ms; null before the first. */
  readonly offsetMs: number | null;
  /** Of earlier runs: where the lanes begin. */
  readonly learnedLengths: readonly LearnedLength[];
  readonly loops: ReadonlyMap<string, LaneLoopsState>;
  readonly cameras: ReadonlyMap<string, CameraState>;
  readonly incidents: Incidents;
  /** By lane. */
  readonly witnesses: Witnesses;
  readonly recentIncidents: RecentIncidents;
  readonly faults: FaultJournal;
  readonly quality: QualityState;
  readonly hires: HiResBatch;
}

/** One lane's station. */
export interface LaneLoopsState {
  readonly station: StationState;
  readonly flow: LaneFlow;
  /** Last reading of the reference loop's accumulated occupancy. */
  readonly accumulator: AccumulatorState;
  readonly effectiveLength: EffectiveLength;
  /** Why the entry loop is not believed at present; empty when it is. */
  readonly distrust: ReadonlySet<string>;
  /** Until when the time that is not believed has been taken out of the figures. */
  readonly distrustedToMs: number;
  /** The exit loop is not believed. */
  readonly exitDistrusted: boolean;
}

export interface CameraState {
  readonly view: ViewState;
  readonly conduct: ConductState;
  readonly collisions: CollisionState;
  readonly flows: ReadonlyMap<string, LaneFlow>;
  readonly queued: QueueState;
  /** Null without entry and exit zones. */
  readonly movements: MovementFlow | null;
  /** Moment of the newest picture; an incident does not close while its camera shows nothing. */
  readonly pictureMs: number;
  /** Since when its pictures have come without a break. */
  readonly shownSinceMs: number;
}

/** What earlier runs of the agent left behind. */
export interface EarlierRuns {
  /** The fault records that they opened and did not close. */
  readonly openFaults: readonly Fault[];
  /** When they last stored anything, UTC ms: until then the agent ran. Null for the first run. */
  readonly lastStoredMs: number | null;
  /** What they had learned about lanes. */
  readonly learnedLengths?: readonly LearnedLength[];
}

/** Before the first tick: nothing is known but what earlier runs left, nothing has been said. */
export function createSiteState(boot: string, earlier?: EarlierRuns): SiteState {
  return {
    boot,
    sequences: NO_SEQUENCES,
    named: 0,
    offsetMs: null,
    learnedLengths: earlier?.learnedLengths ?? [],
    loops: new Map(),
    cameras: new Map(),
    incidents: new Map(),
    witnesses: new Map(),
    recentIncidents: new Map(),
    faults: restoredJournal(earlier?.openFaults ?? []),
    quality: NO_QUALITY,
    hires: noteEndOfEarlierRun(earlier?.lastStoredMs ?? null),
  };
}
