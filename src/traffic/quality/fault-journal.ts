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
  /** UTC ms, of a fault that an earlier run of the agent opened: its monotonic clock may have been another. */
  readonly openedWallMs: number | null;
  /** Whether this run has seen it too. */
  readonly confirmed: boolean;
}

/**
 * Open faults by `layer/sensor/code`; a fault opens once and closes once, however often it is reported. The lanes
 * that it touches may change meanwhile.
 */
export type FaultJournal = ReadonlyMap<string, OpenFault>;

export interface FaultReport {
  readonly layer: FaultLayer;
  readonly sensor: string;
  readonly code: string;
  /** What was seen; when `active` is false, why it is over. */
  readonly detail: string;
  readonly lanes: readonly string[];
  readonly active: boolean;
  readonly atMs: number;
}

export type FaultChange =
  | { readonly phase: 'open'; readonly fault: OpenFault }
  | { readonly phase: 'close'; readonly fault: OpenFault; readonly closedMs: number; readonly why: string };

export function faultKey(of: Pick<OpenFault, 'layer' | 'sensor' | 'code'>): string {
  return `${of.layer}/${of.sensor}/${of.code}`;
}

/**
 * @param nameFault gives a new fault the id that it keeps until it is closed
 */
export function foldFault(
  journal: FaultJournal,
  report: FaultReport,
  nameFault: () => string,
): { readonly journal: FaultJournal; readonly change: FaultChange | null } {
  const key = faultKey(report);
  const known = journal.get(key);
  if (known === undefined && !report.active) return { journal, change: null };
  if (known !== undefined && report.active) {
    const { lanes } = report;
    if (known.confirmed && known.lanes.join() === lanes.join()) return { journal, change: null };
    return { journal: new Map(journal).set(key, { ...known, lanes, confirmed: true }), change: null };
  }
  const next = new Map(journal);
  if (known !== undefined) {
    next.delete(key);
    const change = { phase: 'close', fault: known, closedMs: report.atMs, why: report.detail } as const;
    return { journal: next, change };
  }
  const { layer, sensor, code, detail, lanes, atMs } = report;
  const named = { fault: nameFault(), layer, sensor, code, detail, lanes };
  const fault: OpenFault = { ...named, openedMs: atMs, openedWallMs: null, confirmed: true };
  next.set(key, fault);
  return { journal: next, change: { phase: 'open', fault } };
}

/** The figures of a fault record, with times on the wall clock. */
export function faultOf(change: FaultChange, wallOf: (monoMs: number) => number): Fault {
  const { fault, layer, sensor, code, lanes, openedMs, openedWallMs } = change.fault;
  const isOver = change.phase === 'close';
  return {
    fault,
    phase: change.phase,
    layer,
    sensor,
    code,
    detail: isOver ? closingDetail(change.fault.detail, change.why) : change.fault.detail,
    lanes,
    openedAtMs: openedWallMs ?? wallOf(openedMs),
    closedAtMs: isOver ? wallOf(change.closedMs) : null,
  };
}

function closingDetail(opened: string, why: string): string {
  return why === '' || why === opened ? opened : `${opened}; over: ${why}`;
}
