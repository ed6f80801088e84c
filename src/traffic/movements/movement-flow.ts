import { MS_PER_S, round } from '../../base/units.ts';
import { gapsIn, MIN_COVERAGE_PCT } from '../flow/close-interval.ts';
import { addSampling, believedMs, type OpenInterval } from '../flow/interval.ts';
import {
  beginSeries,
  cutSeries,
  type IntervalSeries,
  indexAt,
  mapSeries,
  openSeries,
  type SeriesStep,
  takeEnded,
  type WallClock,
} from '../flow/interval-series.ts';
import type { SensorSampling } from '../observations/observation.ts';
import type { ViewState } from '../passages/camera-view.ts';
import type { CameraDefinition } from '../site-definition.ts';
import { CLASS_GROUPS } from './class-groups.table.ts';
import type { MovementCount, MovementInterval } from './movement-interval.ts';
import { foldTurns, hasMovementZones, NO_TURNS, type TurnState, zonesOf } from './track-turns.ts';
import { addTurn } from './turn-tally.ts';

/** An interval stays open this long after its end for the samplings that are still on their way. */
const GRACE_MS = 2000;

/** The turning movements that one camera sees, in every interval width at once. */
export interface MovementFlow {
  readonly camera: string;
  readonly entries: readonly string[];
  readonly exits: readonly string[];
  readonly tracks: TurnState;
  readonly open: IntervalSeries;
}

export interface MovementStep {
  readonly flow: MovementFlow;
  readonly closed: readonly MovementInterval[];
}

/** @returns null for a camera without entry and exit zones */
export function openMovementFlow(
  { camera, zones }: Pick<CameraDefinition, 'camera' | 'zones'>,
  widthsS: readonly number[],
  clock: WallClock,
): MovementFlow | null {
  if (!hasMovementZones({ zones })) return null;
  return {
    camera,
    entries: zonesOf(zones, 'entry'),
    exits: zonesOf(zones, 'exit'),
    tracks: NO_TURNS,
    open: openSeries(widthsS, clock),
  };
}

/** Folds one picture: vehicles that have turned, and those whose track was lost, count at the moment it was seen. */
export function foldMovements(
  camera: CameraDefinition,
  flow: MovementFlow,
  picture: { readonly view: ViewState; readonly atMs: number },
): MovementFlow {
  const { state, turns } = foldTurns(camera, flow.tracks, picture.view, picture.atMs);
  const open = turns.reduce(
    (counted, turn) =>
      mapSeries(counted, (intervals) => {
        const at = indexAt(intervals, turn.atMs);
        return intervals.map((interval, index) =>
          index === at ? { ...interval, turns: addTurn(interval.turns, turn) } : interval,
        );
      }),
    flow.open,
  );
  return { ...flow, tracks: state, open };
}

export function movementSampling(flow: MovementFlow, sampling: SensorSampling): MovementFlow {
  const open = mapSeries(flow.open, (intervals) =>
    intervals.map((interval) => addSampling(interval, sampling)),
  );
  return { ...flow, open };
}

export function beginMovements(flow: MovementFlow, clock: WallClock): MovementFlow {
  const open = beginSeries(flow.open, clock);
  return open === flow.open ? flow : { ...flow, open };
}

export function closeMovements(flow: MovementFlow, { nowMs }: WallClock): MovementStep {
  return stepped(flow, takeEnded(flow.open, nowMs, GRACE_MS));
}

export function cutMovements(flow: MovementFlow, clock: WallClock): MovementStep {
  return stepped(flow, cutSeries(flow.open, clock));
}

function stepped(flow: MovementFlow, { open, ended }: SeriesStep): MovementStep {
  return {
    flow: { ...flow, open },
    closed: ended.map(({ widthS, interval }) => movementInterval(flow, widthS, interval)),
  };
}

function movementInterval(flow: MovementFlow, widthS: number, interval: OpenInterval): MovementInterval {
  const spanMs = interval.endMs - interval.startMs;
  const coveragePct = spanMs > 0 ? Math.min(100, (100 * believedMs(interval, 'covered')) / spanMs) : 0;
  const isMeasured = coveragePct >= MIN_COVERAGE_PCT;
  const { turned, lost, found } = interval.turns;
  return {
    camera: flow.camera,
    startMs: interval.startWallMs,
    endMs: interval.endWallMs,
    widthS,
    partial: interval.endWallMs - interval.startWallMs < widthS * MS_PER_S,
    movements: isMeasured
      ? flow.entries.flatMap((entry) => flow.exits.map((exit) => countOf(entry, exit, turned[entry]?.[exit])))
      : null,
    unmatchedEntries: isMeasured ? countsOf(flow.entries, lost) : null,
    unmatchedExits: isMeasured ? countsOf(flow.exits, found) : null,
    expected: Math.round(interval.expected),
    received: Math.round(interval.received),
    coveragePct: round(coveragePct, 1),
    gaps: gapsIn(interval, coveragePct),
  };
}

function countOf(entry: string, exit: string, groups: Readonly<Record<string, number>> = {}): MovementCount {
  const byGroup = CLASS_GROUPS.map((group) => [group, groups[group] ?? 0] as const);
  const count = byGroup.reduce((sum, [, of]) => sum + of, 0);
  return { entry, exit, count, classCounts: Object.fromEntries(byGroup) };
}

function countsOf(
  zones: readonly string[],
  counts: Readonly<Record<string, number>>,
): Readonly<Record<string, number>> {
  return Object.fromEntries(zones.map((zone) => [zone, counts[zone] ?? 0]));
}
