import { MS_PER_S } from '../../base/units.ts';
import { laneNamed } from '../lane-index.ts';
import type { CompletedPassage } from '../passages/passage.ts';
import type { IncidentKind, LaneSource } from '../record.ts';
import type { IncidentRules, LaneDefinition } from '../site-definition.ts';
import type { TooLong } from './congestion.ts';
import type { PlacedEvidence } from './incident-journal.ts';
import { isWatched } from './incident-rule.ts';
import type { LaneIncidentState } from './lane-incident.ts';
import { likelySpeedKmh, meanSpeedKmh } from './lane-speed.ts';
import { type LaneWitness, occupancyPct, SPEED_WINDOW_MS } from './lane-witness.ts';

/** A loop that became occupied this long before a vehicle stood, or after it, is under that vehicle. */
const BEFORE_STOP_MS = 10_000;
const AFTER_STOP_MS = 5000;
/** Vehicles of the last half minute that drive at half the speed limit or more: the lane is free. */
const FREE_WINDOW_MS = 30_000;
const FREE_VEHICLES = 3;
const FREE_SHARE = 0.5;
/** A queue over a loop moves now and then: fewer vehicles in a minute are one that stands, or a fault. */
const QUEUE_VEHICLES = 2;
/** Waves of stop-and-go dissolve a queue for so long without ending it. */
const GAP_MS = 5000;

/** A lane at a moment; `loop` is its loop that is believed, or null. */
export interface WitnessedLane {
  readonly lane: LaneDefinition;
  /** A camera shows where its vehicles wait at a signal: they start slowly there. */
  readonly hasStopLine: boolean;
  readonly loop: string | null;
  /** Its traffic stands: an incident tells so, and that it is slow, too, is no other one. */
  readonly isCongested: boolean;
  readonly nowMs: number;
}

/**
 * A vehicle that two loops saw in the wrong order went the wrong way; that needs no second opinion, unless it was so
 * slow that it rolled back or parked.
 */
export function loopWrongWay(
  passage: CompletedPassage,
  lanes: readonly LaneDefinition[],
  rules: IncidentRules,
): readonly PlacedEvidence[] {
  if (passage.direction !== 'reverse' || passage.source !== 'loop') return [];
  if (!isWatched(rules, 'wrong-way', laneNamed(lanes, passage.lane)?.kind ?? 'through')) return [];
  const { lane, sensor, frontMs: sinceMs, completedMs: atMs, speedKmh } = passage;
  const droveKmh = speedKmh ?? passage.travel?.speedKmh ?? null;
  if (droveKmh !== null && droveKmh < rules.wrongWay.aboveKmh) return [];
  const subject = `passage-${sinceMs}`;
  const said = { lane, sensor, source: 'loop', sinceMs, atMs, speedKmh, subject } as const;
  const evidence = evidenceOf({ ...said, incidentKind: 'wrong-way', direction: 'reverse' });
  return [{ ...evidence, says: 'confirms', conclusive: true }];
}

/** What a lane's loops and counting lines raise by themselves: a queue over the loop, slow traffic. */
export function judgeWitness(
  witness: LaneWitness,
  at: WitnessedLane,
  rules: IncidentRules,
): { readonly witness: LaneWitness; readonly evidence: readonly PlacedEvidence[] } {
  const { nowMs, loop, lane } = at;
  const queue = lasting(witness.queue, isQueueOver(witness, at, rules), nowMs);
  const slowBy = (source: LaneSource): TooLong | null =>
    lasting(
      witness.slow[source],
      queue === null && !at.isCongested && isSlow(witness, source, at, rules),
      nowMs,
    );
  const slow = { loop: slowBy('loop'), camera: slowBy('camera') };
  const evidence: PlacedEvidence[] = [];
  const claim = { lane: lane.lane, subject: 'lane', direction: 'forward' } as const;
  if (loop !== null && queue !== null) {
    const speedKmh = meanSpeedKmh(witness.drives, { nowMs, vehicles: 1 });
    const times = { sinceMs: queue.sinceMs, atMs: queue.lastMs, speedKmh };
    evidence.push(
      evidenceOf({ ...claim, ...times, incidentKind: 'congestion', sensor: loop, source: 'loop' }),
    );
  }
  for (const source of ['loop', 'camera'] as const) {
    const lasts = slow[source];
    const sensor = witness.drives.findLast((drive) => drive.source === source)?.sensor;
    if (lasts === null || sensor === undefined) continue;
    const drives = witness.drives.filter((drive) => drive.source === source);
    const speedKmh = meanSpeedKmh(drives, { nowMs, vehicles: 1 });
    const times = { sinceMs: lasts.sinceMs, atMs: lasts.lastMs, speedKmh };
    evidence.push(evidenceOf({ ...claim, ...times, incidentKind: 'slow-traffic', sensor, source }));
  }
  return { witness: { ...witness, judgedMs: nowMs, queue, slow }, evidence };
}

/** What the loop of a lane says about an incident that is open there and that it did not raise itself. */
export function sayingOf(
  witness: LaneWitness,
  incident: {
    readonly incidentKind: IncidentKind;
    readonly life: Extract<LaneIncidentState, { kind: 'open' }>;
  },
  at: WitnessedLane,
  rules: IncidentRules,
): 'confirms' | 'weakens' | null {
  const { incidentKind, life } = incident;
  switch (incidentKind) {
    case 'stopped-vehicle':
    case 'collision':
    case 'object-on-road':
      if (standsOnLoop(witness, life.sinceMs, at, rules)) return 'confirms';
      return isFree(witness, life.sinceMs, at) ? 'weakens' : null;
    case 'congestion':
      if (isFull(witness, at, rules)) return 'confirms';
      return isFree(witness, life.sinceMs, at) ? 'weakens' : null;
    case 'slow-traffic':
      return isFree(witness, life.sinceMs, at) ? 'weakens' : null;
    // A loop sees no person, many loops no bicycle, and the wrong way is evidence of its own.
    case 'pedestrian':
    case 'cyclist':
    case 'wrong-way':
      return null;
  }
}

function standsOnLoop(
  witness: LaneWitness,
  sinceMs: number,
  { loop, nowMs }: WitnessedLane,
  rules: IncidentRules,
): boolean {
  const occupiedMs = loop === null ? null : (witness.loops.get(loop)?.sinceMs ?? null);
  if (occupiedMs === null || nowMs - occupiedMs < rules.stoppedVehicle.dwellS * MS_PER_S) return false;
  return occupiedMs >= sinceMs - BEFORE_STOP_MS && occupiedMs <= sinceMs + AFTER_STOP_MS;
}

/** Vehicles drive over the loop as if nothing were there. */
function isFree(witness: LaneWitness, sinceMs: number, { lane, loop, nowMs }: WitnessedLane): boolean {
  if (loop === null || lane.station === null) return false;
  const { effectiveLengthM } = lane.station;
  const fromMs = Math.max(sinceMs, nowMs - FREE_WINDOW_MS);
  const drives = witness.drives.filter(({ source, atMs }) => source === 'loop' && atMs > fromMs);
  const enoughKmh = FREE_SHARE * lane.speedLimitKmh;
  const isFast = drives.every((drive) => (likelySpeedKmh(drive, effectiveLengthM) ?? 0) >= enoughKmh);
  return drives.length >= FREE_VEHICLES && isFast;
}

function isFull(witness: LaneWitness, { loop, nowMs }: WitnessedLane, rules: IncidentRules): boolean {
  const presence = loop === null ? undefined : witness.loops.get(loop);
  return presence !== undefined && occupancyPct(presence, nowMs) >= rules.congestion.occupancyPct;
}

function isQueueOver(witness: LaneWitness, at: WitnessedLane, rules: IncidentRules): boolean {
  const { lane, nowMs } = at;
  if (lane.station === null || doesWaitAtLoops(lane, rules)) return false;
  if (!isWatched(rules, 'congestion', lane.kind) || !isFull(witness, at, rules)) return false;
  const { effectiveLengthM } = lane.station;
  const speeds = witness.drives
    .filter(({ source, atMs }) => source === 'loop' && nowMs - atMs <= SPEED_WINDOW_MS)
    .flatMap((drive) => likelySpeedKmh(drive, effectiveLengthM) ?? []);
  const meanKmh = speeds.reduce((sum, speed) => sum + speed, 0) / Math.max(1, speeds.length);
  return speeds.length >= QUEUE_VEHICLES && meanKmh < rules.congestion.belowKmh;
}

/** Vehicles stand on the loops by design: a full loop there is a red. */
function doesWaitAtLoops({ station, kind }: LaneDefinition, rules: IncidentRules): boolean {
  return station?.atStopLine === true || rules.stoppedVehicle.waitS[kind] > 0;
}

function isSlow(
  witness: LaneWitness,
  source: LaneSource,
  { lane, hasStopLine, nowMs, loop }: WitnessedLane,
  rules: IncidentRules,
): boolean {
  const { vehicles, belowPct } = rules.slowTraffic;
  if (!isWatched(rules, 'slow-traffic', lane.kind)) return false;
  if (source === 'camera' && hasStopLine) return false;
  if (source === 'loop' && (loop === null || doesWaitAtLoops(lane, rules))) return false;
  const drives = witness.drives.filter((drive) => drive.source === source);
  const meanKmh = meanSpeedKmh(drives, { nowMs, vehicles });
  return meanKmh !== null && meanKmh < (belowPct / 100) * lane.speedLimitKmh;
}

function lasting(known: TooLong | null, holds: boolean, nowMs: number): TooLong | null {
  if (holds) return { sinceMs: known?.sinceMs ?? nowMs, lastMs: nowMs };
  return known !== null && nowMs - known.lastMs <= GAP_MS ? known : null;
}

function evidenceOf(
  claim: Pick<
    PlacedEvidence,
    'lane' | 'incidentKind' | 'sensor' | 'source' | 'sinceMs' | 'atMs' | 'speedKmh' | 'direction'
  > & { readonly subject: string },
): PlacedEvidence {
  return {
    ...claim,
    says: 'raises',
    subject: { camera: null, name: claim.subject, foot: null, sizePx: 0 },
    conclusive: false,
    zone: null,
    positionPx: null,
    positionM: null,
    queueLengthM: null,
  };
}
