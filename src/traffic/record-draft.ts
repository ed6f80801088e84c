import type { Now } from '../base/clock.ts';
import { recordId } from '../base/ids.ts';
import type { MovementInterval } from './movements/movement-interval.ts';
import type {
  Fault,
  FlowInterval,
  HiResLog,
  Incident,
  Passage,
  RecordHead,
  TrafficRecord,
  TrafficStream,
} from './record.ts';
import type { SiteDefinition } from './site-definition.ts';

/** The last number given out in each stream of this boot. */
export type Sequences = Readonly<Record<TrafficStream, number>>;

export const NO_SEQUENCES: Sequences = { passage: 0, flow: 0, movement: 0, incident: 0, fault: 0, hires: 0 };

/** Collects the records of one fold and numbers them. It lives within one call of the fold and no longer. */
export interface RecordDraft {
  passage(passage: Passage, observedMonoMs: number): void;
  flow(interval: FlowInterval): void;
  movement(interval: MovementInterval): void;
  incident(incident: Incident, observedMonoMs: number): void;
  fault(fault: Fault, observedMonoMs: number): void;
  hires(log: HiResLog): void;
  /** A monotonic moment on the wall clock, whole ms. */
  wallOf(monoMs: number): number;
  readonly records: readonly TrafficRecord[];
  readonly sequences: Sequences;
}

export function createRecordDraft(
  definition: SiteDefinition,
  boot: string,
  sequences: Sequences,
  now: Now,
): RecordDraft {
  const records: TrafficRecord[] = [];
  const numbers: Record<TrafficStream, number> = { ...sequences };
  const wallOf = (monoMs: number): number => Math.round(now.wallMs - (now.monoMs - monoMs));
  const head = (stream: TrafficStream, observedAtMs: number): RecordHead => {
    numbers[stream] += 1;
    const seq = numbers[stream];
    return {
      id: recordId({ site: definition.site, boot, stream, seq }),
      site: definition.site,
      boot,
      seq,
      observedAtMs,
      clock: now.quality,
      configRev: definition.configRev,
    };
  };
  return {
    wallOf,
    passage: (passage, at) =>
      void records.push({ stream: 'passage', ...head('passage', wallOf(at)), ...passage }),
    flow: (interval) => void records.push({ stream: 'flow', ...head('flow', interval.endMs), ...interval }),
    movement: (interval) =>
      void records.push({ stream: 'movement', ...head('movement', interval.endMs), ...interval }),
    incident: (incident, at) =>
      void records.push({ stream: 'incident', ...head('incident', wallOf(at)), ...incident }),
    fault: (fault, at) => void records.push({ stream: 'fault', ...head('fault', wallOf(at)), ...fault }),
    hires: (log) => void records.push({ stream: 'hires', ...head('hires', log.toMs), ...log }),
    records,
    get sequences() {
      return { ...numbers };
    },
  };
}
