import { isInside, lengthOf, subtract } from '../geometry.ts';
import { isMotorVehicle, type ViewState } from '../passages/camera-view.ts';
import { lastSeen, type TrackMotion } from '../passages/track-motion.ts';
import type { CameraDefinition, PointPx, ZoneDefinition, ZoneKind } from '../site-definition.ts';
import { type ClassGroup, GROUP_OF_CLASS } from './class-groups.table.ts';

/** Pictures in a row that must show a foot in a zone: a box that jumps is there in one. */
const SURE_PICTURES = 2;
/** Box heights that a track must have come since it was first seen: what stands in a zone goes nowhere. */
const MIN_TRAVEL_HEIGHTS = 1;

/** One vehicle's way through the zones, or what is known of it. */
export type Turn =
  | {
      readonly kind: 'turned';
      readonly entry: string;
      readonly exit: string;
      readonly group: ClassGroup;
      readonly atMs: number;
    }
  /** It came in and was lost before any exit: `unmatched` at its entry. */
  | { readonly kind: 'lost'; readonly zone: string; readonly group: ClassGroup; readonly atMs: number }
  /** It went out and nobody saw it come in: `unmatched` at its exit. */
  | { readonly kind: 'found'; readonly zone: string; readonly group: ClassGroup; readonly atMs: number };

/** What is remembered of one track. */
interface TrackWay {
  readonly fromPx: PointPx;
  readonly entry: string | null;
  /** The zone that its foot is in, and for how many pictures. */
  readonly inside: { readonly zone: ZoneDefinition; readonly pictures: number } | null;
  /** It has gone out; a track makes one movement. */
  readonly done: boolean;
  readonly group: ClassGroup;
}

export type TurnState = ReadonlyMap<number, TrackWay>;

export const NO_TURNS: TurnState = new Map();

/** Whether turning movements can be counted from this camera. */
export function hasMovementZones({ zones }: Pick<CameraDefinition, 'zones'>): boolean {
  return zonesOf(zones, 'entry').length > 0 && zonesOf(zones, 'exit').length > 0;
}

export function zonesOf(zones: readonly ZoneDefinition[], kind: ZoneKind): readonly string[] {
  return zones.filter((zone) => zone.kind === kind).map(({ zone }) => zone);
}

/** Folds one picture: who has turned, and whose identity was lost on the way. */
export function foldTurns(
  camera: Pick<CameraDefinition, 'zones'>,
  state: TurnState,
  view: ViewState,
  atMs: number,
): { readonly state: TurnState; readonly turns: readonly Turn[] } {
  const ways = new Map<number, TrackWay>();
  const turns: Turn[] = [];
  for (const [track, { motion }] of view.tracks) {
    const known = state.get(track) ?? null;
    const isNew = motion.lastMs === atMs && lastSeen(motion)?.atMs === atMs && isMotorVehicle(motion);
    const way = isNew ? nextWay(camera.zones, known, motion) : known;
    if (way === null) continue;
    const turn = way.done || !isNew ? null : turnOf(way, motion);
    if (turn !== null) turns.push(turn);
    ways.set(track, turn === null ? way : { ...way, done: true });
  }
  for (const [track, { entry, done, group }] of state) {
    if (ways.has(track) || done || entry === null) continue;
    turns.push({ kind: 'lost', zone: entry, group, atMs });
  }
  return { state: ways, turns };
}

function nextWay(zones: readonly ZoneDefinition[], known: TrackWay | null, motion: TrackMotion): TrackWay {
  const foot = lastSeen(motion)?.foot ?? [0, 0];
  const before = known ?? { fromPx: foot, entry: null, inside: null, done: false };
  const zone = zones.find(
    ({ kind, polygon }) => (kind === 'entry' || kind === 'exit') && isInside(foot, polygon),
  );
  const pictures = zone === before.inside?.zone ? (before.inside?.pictures ?? 0) + 1 : 1;
  const isSure = zone !== undefined && pictures >= SURE_PICTURES;
  return {
    fromPx: before.fromPx,
    // The first entry counts: exits of one arm often lie beside the entry of another.
    entry: before.entry ?? (isSure && zone.kind === 'entry' ? zone.zone : null),
    inside: zone === undefined ? null : { zone, pictures },
    done: before.done,
    group: GROUP_OF_CLASS[motion.class],
  };
}

function turnOf({ inside, entry, fromPx, group }: TrackWay, motion: TrackMotion): Turn | null {
  const seen = lastSeen(motion);
  if (inside === null || seen === null || inside.zone.kind !== 'exit') return null;
  if (inside.pictures < SURE_PICTURES) return null;
  const heights = lengthOf(subtract(seen.foot, fromPx)) / Math.max(1, motion.boxHeightPx);
  if (heights < MIN_TRAVEL_HEIGHTS) return null;
  const exit = inside.zone.zone;
  return entry === null
    ? { kind: 'found', zone: exit, group, atMs: seen.atMs }
    : { kind: 'turned', entry, exit, group, atMs: seen.atMs };
}
