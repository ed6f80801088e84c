import { assertNever } from '../base/assert-never.ts';
import type { WallClock } from './flow/interval-series.ts';
import { setDistrust, setExitDistrusted } from './lane-distrust.ts';
import { laneIndex } from './lane-index.ts';
import type { Observation, SensorFault } from './observations/observation.ts';
import type { CompletedPassage } from './passages/passage.ts';
import { CANNOT_TELL } from './quality/count-suspect.ts';
import { claimsOf, type FaultClaim } from './quality/fault-claims.ts';
import { type FaultReport, faultKey, faultOf, foldFault } from './quality/fault-journal.ts';
import { isDerived } from './quality/fault-policy.table.ts';
import { judgeCounts } from './quality/judge-counts.ts';
import { faultyRules } from './quality/loop-rules.ts';
import { openQuality, placeJournal, unconfirmedFaults, whyObsolete } from './quality/restored-faults.ts';
import { advanceQuality, noteCameraPassages, noteObservation } from './quality/site-quality.ts';
import { type WatchedSite, watchedSite } from './quality/watched-site.ts';
import type { RecordDraft } from './record-draft.ts';
import type { CameraDefinition, LaneDefinition, SiteDefinition } from './site-definition.ts';
import type { LaneLoopsState, SiteState } from './site-state.ts';

/** `site/boot/n`: incidents and faults are named within the boot that saw them open. */
export function nameOf(definition: SiteDefinition, state: SiteState): string {
  return `${definition.site}/${state.boot}/${state.named + 1}`;
}

/** Begins the fault rules with what the run before left open; what cannot be observed any more is closed. */
export function openFaults(
  definition: SiteDefinition,
  before: SiteState,
  clock: WallClock,
  draft: RecordDraft,
): SiteState {
  const site = watchedSite(definition);
  let state: SiteState = { ...before, faults: placeJournal(before.faults, clock.offsetMs) };
  for (const fault of state.faults.values()) {
    const why = whyObsolete(definition, site, fault);
    if (why === null) continue;
    const over = { ...fault, detail: why, active: false, atMs: clock.nowMs };
    state = reportFault(definition, state, over, draft);
  }
  state = { ...state, quality: openQuality(site, state.faults, clock) };
  return settleFaults(definition, state, clock.nowMs, draft);
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
  return observed.layer === 'channel' ? settleFaults(definition, reported, observed.atMs, draft) : reported;
}

/** Lets the fault rules see an observation before the figures do: the vehicle that proves a loop alive counts. */
export function foldQuality(
  definition: SiteDefinition,
  before: SiteState,
  observation: Observation,
  draft: RecordDraft,
): SiteState {
  const site = watchedSite(definition);
  const quality = noteObservation(site, before.quality, observation, draft.wallOf(0));
  if (quality === before.quality) return before;
  const state = { ...before, quality };
  if (!('loop' in observation)) return state;
  const changes = verdictsOn(site, before, observation.loop) !== verdictsOn(site, state, observation.loop);
  const atMs = observation.kind === 'device-interval' ? observation.toMs : observation.atMs;
  return changes ? settleFaults(definition, state, atMs, draft) : state;
}

/** Lets the cross-checks see what was counted. */
export function notePassages(state: SiteState, passages: readonly CompletedPassage[]): SiteState {
  const quality = noteCameraPassages(state.quality, passages);
  return quality === state.quality ? state : { ...state, quality };
}

/** Judges every rule that depends on the passing of time. */
export function judgeQuality(
  definition: SiteDefinition,
  before: SiteState,
  clock: WallClock,
  draft: RecordDraft,
): SiteState {
  const site = watchedSite(definition);
  const quality = advanceQuality(site, before.quality, clock);
  let state: SiteState = quality === before.quality ? before : { ...before, quality };
  for (const fault of unconfirmedFaults(site, quality, state.faults, clock.nowMs)) {
    const detail = 'not reported again after the restart';
    state = reportFault(definition, state, { ...fault, detail, active: false, atMs: clock.nowMs }, draft);
  }
  return settleFaults(definition, state, clock.nowMs, draft);
}

/** Whether what cameras count in a lane is believed: none that sees it, and no model, has a fault. */
export function isCameraBelieved({ faults }: SiteState, lane: string): boolean {
  return ![...faults.values()].some(
    ({ layer, lanes }) => (layer === 'camera' || layer === 'model') && lanes.includes(lane),
  );
}

/** Brings journal and distrust into line with what the rules find. */
function settleFaults(
  definition: SiteDefinition,
  before: SiteState,
  nowMs: number,
  draft: RecordDraft,
): SiteState {
  const site = watchedSite(definition);
  const found = claimsOf(site, before.quality, before.faults);
  const quality = judgeCounts(site, before.quality, found, before.faults, nowMs);
  const claims = quality === before.quality ? found : claimsOf(site, quality, before.faults);
  let state: SiteState = quality === before.quality ? before : { ...before, quality };
  const claimed = new Map(claims.map((claim) => [faultKey(claim), claim]));
  for (const [key, fault] of state.faults) {
    const claim = claimed.get(key);
    if (!isDerived(fault.code) || (claim !== undefined && !isDecidedSince(fault.detail, claim))) continue;
    state = reportFault(definition, state, { ...fault, detail: '', active: false, atMs: nowMs }, draft);
  }
  for (const claim of claimed.values()) {
    if (!isDerived(claim.code)) continue;
    const lanes = claims.filter((it) => faultKey(it) === faultKey(claim)).flatMap((it) => it.lanes);
    state = reportFault(definition, state, { ...claim, lanes, active: true, atMs: nowMs }, draft);
  }
  return followDistrust(site, state, claims, nowMs);
}

/** Loop and camera disagreed, nobody could tell who is wrong, and now one can: that is told as a new fault. */
function isDecidedSince(detail: string, claim: FaultClaim): boolean {
  return detail.includes(CANNOT_TELL) && claim.distrusts !== null;
}

function followDistrust(
  site: WatchedSite,
  before: SiteState,
  claims: readonly FaultClaim[],
  nowMs: number,
): SiteState {
  let { loops } = before;
  for (const [lane, known] of before.loops) {
    let state: LaneLoopsState = known;
    const doubts = claims.filter((claim) => claim.distrusts !== null && claim.lanes.includes(lane));
    const entry = doubts.filter(({ distrusts }) => site.loops.get(distrusts ?? '')?.role === 'entry');
    for (const code of state.distrust) {
      if (entry.some((claim) => claim.code === code)) continue;
      state = setDistrust(state, { code, active: false, sinceMs: nowMs }, nowMs);
    }
    for (const { code, sinceMs } of entry) state = setDistrust(state, { code, active: true, sinceMs }, nowMs);
    // The exit loop has counted no differently: it cannot stand in for an entry loop that counts wrongly.
    const exit = doubts.filter((claim) => claim.code === 'count-disagreement' || !entry.includes(claim));
    const sinceMs = Math.min(nowMs, ...exit.map((claim) => claim.sinceMs));
    state = setExitDistrusted(state, { active: exit.length > 0, sinceMs }, nowMs);
    if (state !== known) loops = new Map(loops).set(lane, state);
  }
  return loops === before.loops ? before : { ...before, loops };
}

/** A text that changes when a rule about this loop, or its pair, changes its mind. */
function verdictsOn(site: WatchedSite, { quality }: SiteState, loop: string): string {
  const watch = quality.loops.get(loop);
  const pair = quality.pairs.get(site.loops.get(loop)?.lane ?? '');
  return [
    ...(watch === undefined ? [] : faultyRules(watch.rules).map(({ code }) => code)),
    pair?.silent,
  ].join();
}

function reportFault(
  definition: SiteDefinition,
  state: SiteState,
  report: FaultReport,
  draft: RecordDraft,
): SiteState {
  const fold = foldFault(state.faults, report, () => nameOf(definition, state));
  if (fold.change === null) return fold.journal === state.faults ? state : { ...state, faults: fold.journal };
  draft.fault(faultOf(fold.change, draft.wallOf), report.atMs);
  return { ...state, faults: fold.journal, named: state.named + (fold.change.phase === 'open' ? 1 : 0) };
}

/** The lanes whose figures a fault touches, according to the layer that failed. */
function lanesTouched(definition: SiteDefinition, fault: SensorFault): readonly string[] {
  const throughLoop = (touches: (loop: { loop: string; device: string; bus: string }) => boolean): string[] =>
    laneIndex(definition)
      .lanes.filter(
        ({ station }) => touches(station.entry) || (station.exit !== null && touches(station.exit)),
      )
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
      // Lanes are counted as well without evidence, and by whatever clock; no receiver changes what is measured.
      if (fault.sensor === 'evidence' || fault.code === 'taken-over') return [];
      return definition.lanes.map(({ lane }: LaneDefinition) => lane);
    default:
      return assertNever(fault.layer);
  }
}
