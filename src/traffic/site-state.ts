import type { LaneFlow } from './flow/lane-flow.ts';
import type { LaneIncidentState } from './incidents/lane-incident.ts';
import type { ConductState } from './incidents/track-evidence.ts';
import type { ViewState } from './passages/camera-view.ts';
import type { StationState } from './passages/loop-station.ts';
import type { FaultJournal } from './quality/fault-journal.ts';
import type { IncidentKind } from './record.ts';
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
}

/** One lane's station. */
export interface LaneLoopsState {
  readonly station: StationState;
  readonly flow: LaneFlow;
  /** Why the entry loop is not believed at present; empty when it is. */
  readonly distrust: ReadonlySet<string>;
  readonly distrustedToMs: number;
  readonly exitLockedOn: boolean;
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

/** Before the first tick: nothing is known, nothing has been said. */
export function createSiteState(boot: string): SiteState {
  return {
    boot,
    sequences: NO_SEQUENCES,
    named: 0,
    offsetMs: null,
    loops: new Map(),
    cameras: new Map(),
    incidents: new Map(),
    faults: new Map(),
  };
}
