import { round } from '../../base/units.ts';
import type { FaultLayer } from '../observations/observation.ts';
import type { CountAgreement } from './count-agreement.ts';
import { type FaultJournal, faultKey } from './fault-journal.ts';
import {
  type DerivedCode,
  LOOP_FAULT_POLICY,
  REPORTED_CODES,
  type ReportedCode,
} from './fault-policy.table.ts';
import { faultyRules } from './loop-rules.ts';
import type { QualityState } from './site-quality.ts';
import type { ComparedLane, WatchedLoop, WatchedSite } from './watched-site.ts';

/** A fault that the rules hold to be there now. */
export interface FaultClaim {
  readonly layer: FaultLayer;
  readonly sensor: string;
  readonly code: DerivedCode | ReportedCode;
  readonly detail: string;
  readonly lanes: readonly string[];
  readonly sinceMs: number;
  /** The loop that is not believed because of it; null when none is. */
  readonly distrusts: string | null;
}

/**
 * Everything that is wrong with the loops of a site now, without what something else explains: reported
 * faults from the journal, and the rules' own findings.
 */
export function claimsOf(
  site: WatchedSite,
  quality: QualityState,
  journal: FaultJournal,
): readonly FaultClaim[] {
  const byLoop = new Map<string, readonly FaultClaim[]>();
  for (const watched of site.loops.values()) {
    byLoop.set(watched.loop.loop, [
      ...reportedClaims(watched, quality, journal),
      ...ruleClaims(watched, quality),
      ...pairClaims(watched, quality),
      ...crosstalkClaims(site, watched, quality),
    ]);
  }
  for (const compared of site.compared) {
    const claim = countClaim(compared, quality.agreements.get(compared.key));
    if (claim !== null) byLoop.set(compared.loop, [...(byLoop.get(compared.loop) ?? []), claim]);
  }
  return [...byLoop].flatMap(([loop, claims]) =>
    claims.filter(
      (claim) =>
        !isExplained(
          claim,
          relativesOf(site, loop, claim).flatMap((it) => byLoop.get(it) ?? []),
        ),
    ),
  );
}

/** Loops whose own fault would also explain this one: both of a pair, both neighbours. */
function relativesOf(site: WatchedSite, loop: string, claim: FaultClaim): readonly string[] {
  if (claim.code === 'pair-mismatch') return [loop, site.loops.get(loop)?.partner?.loop ?? loop];
  if (claim.code !== 'crosstalk') return [loop];
  return [loop, ...(site.neighboursOfLoop.get(loop) ?? []).flatMap(({ first, second }) => [first, second])];
}

function isExplained(claim: FaultClaim, others: readonly FaultClaim[]): boolean {
  const { code } = claim;
  return others.some(
    (other) =>
      other.distrusts !== null &&
      (LOOP_FAULT_POLICY[other.code].explains as readonly string[]).includes(code),
  );
}

function claimOf(watched: WatchedLoop, of: Pick<FaultClaim, 'code' | 'detail' | 'sinceMs'>): FaultClaim {
  const { loop } = watched.loop;
  const distrusts = LOOP_FAULT_POLICY[of.code].distrusts ? loop : null;
  return { layer: 'channel', sensor: loop, lanes: [watched.lane], distrusts, ...of };
}

function reportedClaims(
  watched: WatchedLoop,
  quality: QualityState,
  journal: FaultJournal,
): readonly FaultClaim[] {
  const { loop } = watched.loop;
  const edgeMs = quality.loops.get(loop)?.memory.edgeMs ?? Number.NEGATIVE_INFINITY;
  return REPORTED_CODES.flatMap((code) => {
    const open = journal.get(faultKey({ layer: 'channel', sensor: loop, code }));
    if (open === undefined) return [];
    const claim = claimOf(watched, { code, detail: open.detail, sinceMs: open.openedMs });
    // A card may refuse its counter and tell presence.
    const tells = code === 'register-refused' && edgeMs > open.openedMs;
    return [tells ? { ...claim, distrusts: null } : claim];
  });
}

function ruleClaims(watched: WatchedLoop, quality: QualityState): readonly FaultClaim[] {
  const watch = quality.loops.get(watched.loop.loop);
  if (watch === undefined) return [];
  return faultyRules(watch.rules).map(({ code, sinceMs }) =>
    claimOf(watched, { code, sinceMs, detail: DETAILS[code](watched) }),
  );
}

const DETAILS: Readonly<Record<ReturnType<typeof faultyRules>[number]['code'], (of: WatchedLoop) => string>> =
  {
    'no-hits': ({ limits }) => `no vehicle for ${hours(limits.noHitsS)} in which it was read`,
    chatter: ({ limits }) => `more than ${limits.chatterPer30S} pulses in 30 s, again and again`,
    'locked-on': ({ limits }) => `occupied for more than ${limits.lockedOnS} s without a break`,
    constant: ({ limits }) => `the same occupancy above 0 for ${hours(limits.constantS)}`,
    'occupancy-spike': ({ limits }) =>
      `occupancy jumps by ${limits.spikePct} % and more from one 30 s to the next`,
    'flow-occupancy-mismatch': ({ limits }) =>
      `vehicles without occupancy, or occupancy without vehicles, in more than ${limits.mismatchPct} % of the time`,
    'short-pulses': ({ limits }) =>
      `more than ${limits.shortPulsePct} % of the pulses are shorter than ${limits.shortPulseMs} ms`,
  };

function hours(seconds: number): string {
  return `${round(seconds / 3600, 1)} h`;
}

function pairClaims(watched: WatchedLoop, quality: QualityState): readonly FaultClaim[] {
  const pair = quality.pairs.get(watched.lane);
  if (pair === undefined || pair.faultySinceMs === null || pair.silent !== watched.role) return [];
  const { loop } = watched.partner ?? watched.loop;
  const detail = `misses ${watched.limits.pairMismatches} vehicles in a row that ${loop} sees`;
  return [claimOf(watched, { code: 'pair-mismatch', sinceMs: pair.faultySinceMs, detail })];
}

function crosstalkClaims(
  site: WatchedSite,
  watched: WatchedLoop,
  quality: QualityState,
): readonly FaultClaim[] {
  const { loop } = watched.loop;
  return (site.neighboursOfLoop.get(loop) ?? []).flatMap(({ key, first, second }) => {
    const state = quality.neighbours.get(key);
    const victim = state?.victim === 'first' ? first : second;
    if (state === undefined || state.faultySinceMs === null || victim !== loop) return [];
    const detail = `its pulses begin and end with those of ${victim === first ? second : first}`;
    return [claimOf(watched, { code: 'crosstalk', sinceMs: state.faultySinceMs, detail })];
  });
}

function countClaim(compared: ComparedLane, agreement: CountAgreement | undefined): FaultClaim | null {
  if (agreement === undefined || agreement.faultySinceMs === null || agreement.verdict === null) return null;
  const { verdict, last } = agreement;
  const figures =
    last === null ? '' : ` (${Math.round(last.loopCount)} against ${Math.round(last.cameraCount)})`;
  const blamesCamera = verdict.suspect === 'camera';
  return {
    layer: blamesCamera ? 'camera' : 'channel',
    sensor: blamesCamera ? compared.camera : compared.loop,
    code: 'count-disagreement',
    detail: `loop and camera count differently${figures}: ${verdict.because}`,
    lanes: [compared.lane],
    sinceMs: agreement.faultySinceMs,
    distrusts: verdict.suspect === 'loop' ? compared.loop : null,
  };
}
