import { assertNever } from '../base/assert-never.ts';
import { type LoopLane, lockedOn, setDistrust } from './lane-loops.ts';
import type { SensorFault } from './observations/observation.ts';
import { type FaultReport, faultOf, foldFault } from './quality/fault-journal.ts';
import { LOCKED_ON } from './quality/locked-on.ts';
import type { RecordDraft } from './record-draft.ts';
import type { CameraDefinition, LaneDefinition, SiteDefinition } from './site-definition.ts';
import type { LaneLoopsState, SiteState } from './site-state.ts';

/** Channel faults after which a loop's output means nothing (a card then calls constantly or never). */
const ELECTRICAL_FAULTS: ReadonlySet<string> = new Set(['loop-fault', 'loop-open', 'loop-short']);

/** The lanes that have loops. */
export function loopLanes(definition: SiteDefinition): readonly LoopLane[] {
  return definition.lanes.flatMap((lane) =>
    lane.station === null ? [] : [{ ...lane, station: lane.station }],
  );
}

/** `site/boot/n`: incidents and faults are named within the boot that saw them open. */
export function nameOf(definition: SiteDefinition, state: SiteState): string {
  return `${definition.site}/${state.boot}/${state.named + 1}`;
}

/** A device's fault as its reader reports it: recorded, and believed about the loops it concerns. */
export function foldSensorFault(
  definition: SiteDefinition,
  state: SiteState,
  observed: SensorFault,
  draft: RecordDraft,
): SiteState {
  const lanes = lanesTouched(definition, observed);
  const reported = reportFault(definition, state, { ...observed, lanes }, draft);
  if (observed.layer !== 'channel' || !ELECTRICAL_FAULTS.has(observed.code)) return reported;
  const lane = loopLanes(definition).find(({ station }) => station.entry.loop === observed.sensor);
  const known = lane === undefined ? undefined : reported.loops.get(lane.lane);
  if (lane === undefined || known === undefined) return reported;
  const reason = { code: observed.code, active: observed.active, sinceMs: observed.atMs };
  const doubted = setDistrust(known, reason, observed.atMs);
  return { ...reported, loops: new Map(reported.loops).set(lane.lane, doubted) };
}

function reportFault(
  definition: SiteDefinition,
  state: SiteState,
  report: FaultReport,
  draft: RecordDraft,
): SiteState {
  const fold = foldFault(state.faults, report, () => nameOf(definition, state));
  if (fold.change === null) return state;
  draft.fault(faultOf(fold.change, draft.wallOf), report.atMs);
  return { ...state, faults: fold.journal, named: state.named + (fold.change.phase === 'open' ? 1 : 0) };
}

/** The lanes whose figures a fault touches, according to the layer that failed. */
function lanesTouched(definition: SiteDefinition, fault: SensorFault): readonly string[] {
  const throughLoop = (touches: (loop: { loop: string; device: string; bus: string }) => boolean): string[] =>
    loopLanes(definition)
      .filter(({ station }) => touches(station.entry) || (station.exit !== null && touches(station.exit)))
      .map(({ lane }) => lane);
  const seenBy = (cameras: readonly CameraDefinition[]): string[] => [
    ...new Set(cameras.flatMap((camera) => camera.lanes.map(({ lane }) => lane))),
  ];
  switch (fault.layer) {
    case 'port':
      return throughLoop(({ bus }) => bus === fault.sensor);
    case 'device':
      return throughLoop(({ device }) => device === fault.sensor);
    case 'channel':
      return throughLoop(({ loop }) => loop === fault.sensor);
    case 'camera':
      return seenBy(definition.cameras.filter(({ camera }) => camera === fault.sensor));
    case 'model':
      return seenBy(definition.cameras);
    case 'process':
      return definition.lanes.map(({ lane }: LaneDefinition) => lane);
    default:
      return assertNever(fault.layer);
  }
}

/** Opens and closes the fault of an output that stays on longer than any traffic explains. */
export function judgeLockedOn(
  definition: SiteDefinition,
  before: SiteState,
  lane: LoopLane,
  nowMs: number,
  draft: RecordDraft,
): SiteState {
  const known = before.loops.get(lane.lane);
  if (known === undefined) return before;
  const verdict = lockedOn(lane, known, nowMs);
  const reason = { code: LOCKED_ON, active: verdict.entry !== null, sinceMs: verdict.entry ?? nowMs };
  const judged: LaneLoopsState = {
    ...setDistrust(known, reason, nowMs),
    exitLockedOn: verdict.exit !== null,
  };
  let state: SiteState = { ...before, loops: new Map(before.loops).set(lane.lane, judged) };
  const { entry, exit } = lane.station;
  for (const [loop, sinceMs] of [
    [entry, verdict.entry],
    [exit, verdict.exit],
  ] as const) {
    if (loop === null) continue;
    const report: FaultReport = {
      layer: 'channel',
      sensor: loop.loop,
      code: LOCKED_ON,
      detail: `occupied for more than ${lane.station.lockedOnS} s without a break`,
      lanes: [lane.lane],
      active: sinceMs !== null,
      atMs: nowMs,
    };
    state = reportFault(definition, state, report, draft);
  }
  return state;
}
