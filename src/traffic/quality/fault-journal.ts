import type { FaultLayer } from '../observations/observation.ts';
import type { Fault } from '../record.ts';

/** A fault as it is known while it lasts. Wall times are made when the record is. */
export interface OpenFault {
  readonly fault: string;
  readonly layer: FaultLayer;
  readonly sensor: string;
  readonly code: string;
  readonly detail: string;
  readonly lanes: readonly string[];
  readonly openedMs: number;
}

/** Open faults by `layer/sensor/code`; a fault opens once and closes once, however often it is reported. */
export type FaultJournal = ReadonlyMap<string, OpenFault>;

export interface FaultReport {
  readonly layer: FaultLayer;
  readonly sensor: string;
  readonly code: string;
  readonly detail: string;
  readonly lanes: readonly string[];
  readonly active: boolean;
  readonly atMs: number;
}

export type FaultChange =
  | { readonly phase: 'open'; readonly fault: OpenFault }
  | { readonly phase: 'close'; readonly fault: OpenFault; readonly closedMs: number };

/**
 * @param nameFault gives a new fault the id that it keeps until it is closed
 */
export function foldFault(
  journal: FaultJournal,
  report: FaultReport,
  nameFault: () => string,
): { readonly journal: FaultJournal; readonly change: FaultChange | null } {
  const key = `${report.layer}/${report.sensor}/${report.code}`;
  const known = journal.get(key);
  if (report.active === (known !== undefined)) return { journal, change: null };
  const next = new Map(journal);
  if (known !== undefined) {
    next.delete(key);
    return { journal: next, change: { phase: 'close', fault: known, closedMs: report.atMs } };
  }
  const { layer, sensor, code, detail, lanes, atMs } = report;
  const fault: OpenFault = { fault: nameFault(), layer, sensor, code, detail, lanes, openedMs: atMs };
  next.set(key, fault);
  return { journal: next, change: { phase: 'open', fault } };
}

/** The figures of a fault record, with times on the wall clock. */
export function faultOf(change: FaultChange, wallOf: (monoMs: number) => number): Fault {
  const { fault, layer, sensor, code, detail, lanes, openedMs } = change.fault;
  return {
    fault,
    phase: change.phase,
    layer,
    sensor,
    code,
    detail,
    lanes,
    openedAtMs: wallOf(openedMs),
    closedAtMs: change.phase === 'close' ? wallOf(change.closedMs) : null,
  };
}
