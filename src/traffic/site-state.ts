import type { AccumulatorState } from './flow/accumulator.ts';
import type { EffectiveLength } from './flow/effective-length.ts';
import type { LaneFlow } from './flow/lane-flow.ts';
import { type HiResBatch, noteEndOfEarlierRun } from './hires/hires-log.ts';
import type { LaneIncidentState } from './incidents/lane-incident.ts';
import type { ConductState } from './incidents/track-evidence.ts';
import type { ViewState } from './passages/camera-view.ts';
import type { StationState } from './passages/loop-station.ts';
import type { FaultJournal } from './quality/fault-journal.ts';
import { restoredJournal } from './quality/restored-faults.ts';
import { NO_QUALITY, type QualityState } from './quality/site-quality.ts';
import type { Fault, IncidentKind } from './record.ts';
import { NO_SEQUENCES, type Sequences } from './record-draft.ts';
import type { PointPx } from './site-definition.ts';

/** All that the domain remembers between two ticks. Never changed in place. */
export interface SiteState {
  readonly boot: string;
  readonly sequences: Sequences;
  /** Incidents and faults named so far: their ids count up within the boot. */
  readonly named: number;
  /** Wall minus monotonic at the last tick, ms; null before the first. */
  readonly offsetMs: number | null;
  readonly loops: ReadonlyMap<string, LaneLoopsState>;
  readonly cameras: ReadonlyMap<string, CameraState>;
  /** By `lane/kind`. */
  readonly incidents: ReadonlyMap<string, LaneIncident>;
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
  readonly flows: ReadonlyMap<string, LaneFlow>;
  /** Moment of the newest picture; an incident does not close while its camera shows nothing. */
  readonly pictureMs: number;
}

/** What one lane and kind of incident is about, beside its life cycle. */
export interface LaneIncident {
  readonly life: LaneIncidentState;
  /** Null until it opens. */
  readonly incident: string | null;
  readonly lane: string;
  readonly incidentKind: IncidentKind;
  /** The camera that raised it, or null when loops did. */
  readonly camera: string | null;
  readonly positionPx: PointPx | null;
  readonly positionM: PointPx | null;
  readonly speedKmh: number | null;
}

/** What earlier runs of the agent left behind. */
export interface EarlierRuns {
  /** The fault records that they opened and did not close. */
  readonly openFaults: readonly Fault[];
  /** When they last stored anything, UTC ms: until then the agent ran. Null for the first run. */
  readonly lastStoredMs: number | null;
}

/** Before the first tick: nothing is known but what earlier runs left, nothing has been said. */
export function createSiteState(boot: string, earlier?: EarlierRuns): SiteState {
  return {
    boot,
    sequences: NO_SEQUENCES,
    named: 0,
    offsetMs: null,
    loops: new Map(),
    cameras: new Map(),
    incidents: new Map(),
    faults: restoredJournal(earlier?.openFaults ?? []),
    quality: NO_QUALITY,
    hires: noteEndOfEarlierRun(earlier?.lastStoredMs ?? null),
  };
}
