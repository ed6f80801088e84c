import { round } from '../../base/units.ts';
import { isInside, lengthOf, subtract } from '../geometry.ts';
import { laneNamed } from '../lane-index.ts';
import type { TrackPoint } from '../observations/observation.ts';
import type { ViewedTrack, ViewState } from '../passages/camera-view.ts';
import { lastSeen, type TrackMotion } from '../passages/track-motion.ts';
import type { CameraDefinition, PointPx, SiteDefinition } from '../site-definition.ts';
import { closingOf, isThrownAbout, paceOf, restOf, steadyWayOf, stopsShort, type Way } from './encounter.ts';
import { isWatched } from './incident-rule.ts';
import { nearestLane } from './road-place.ts';
import type { TrackEvidence } from './track-evidence.ts';

/*
 * A likely collision: two vehicles meet, one of them is stopped or turned as no driver could, and stays there.
 * Each sign alone is common in innocent traffic (boxes meet wherever one vehicle hides another, a tracker hands a
 * number from one vehicle to the next); the three together are not. Lengths in box heights, paces in box heights
 * per second.
 */

/** Boxes meet with no more than this between them, and their feet at the same distance from the camera. */
const MEETING_GAP = 0.3;
const MEETING_LEVEL = 0.7;
const MEETING_CLOSING = 0.8;
/** Both move, one of them well: a standing vehicle lends its number to those that pass it. */
const MEETING_PACE = 0.5;
const MEETING_FAST_PACE = 1;
/** Two that stay together meet anew so often. */
const MEETING_EVERY_MS = 300;
/** What a meeting led to shows within this. */
const AFTERMATH_MS = 5000;
/** A wreck rests within this of where it was hit, and another one or people within the other. */
const THROWN_REACH = 4;
const BESIDE_REACH = 3;
const PEOPLE_REACH = 1.5;
/** A place is the same within this. */
const SAME_PLACE = 0.7;
/** What rests has not been seen to come when it is known for less than this: the wreck under a new number. */
const FOUND_RESTING_MS = 2000;
/** A wreck that is not seen for this long has gone. */
const GONE_MS = 20_000;
/** A box that comes this close to the picture's border is cut off by it. */
const BORDER_SHARE = 0.01;
/** Thirty vehicles that move in one picture meet fifty times in the aftermath; beyond this the oldest go. */
const LIMIT = 256;

interface Encounter {
  readonly atMs: number;
  readonly ways: readonly [Way, Way];
  /** Of each of the two: has it been turned as no driver turns? Null while it is too early to say. */
  readonly thrown: readonly [boolean | null, boolean | null];
  /** Where others stood at that time: what rests there later is one of them. */
  readonly stoodBefore: readonly PointPx[];
}

/** What is left on the road. */
interface Wreck {
  readonly sinceMs: number;
  readonly lastMs: number;
  readonly tracks: readonly [number, number];
  /** The one that rests. */
  readonly resting: number;
  readonly lane: string;
  /** Where it rests. */
  readonly place: PointPx;
  /** Where the two met. */
  readonly impactPx: PointPx;
  readonly impactM: PointPx | null;
  readonly heightPx: number;
  readonly borneOut: boolean;
}

export interface CollisionState {
  readonly encounters: readonly Encounter[];
  readonly wrecks: readonly Wreck[];
  /** How many encounters and wrecks were passed over since the start, because there were too many at once. */
  readonly refused: number;
}

export const NO_COLLISION: CollisionState = { encounters: [], wrecks: [], refused: 0 };

/**
 * Judges one camera's tracks at one picture. The evidence goes on while the wreck is seen; a second vehicle at rest
 * beside it, or people who come to it, bear it out.
 */
export function foldCollisions(
  camera: CameraDefinition,
  state: CollisionState,
  seen: { readonly view: ViewState; readonly points: readonly TrackPoint[]; readonly atMs: number },
  definition: Pick<SiteDefinition, 'lanes' | 'incidents'>,
): { readonly state: CollisionState; readonly evidence: readonly TrackEvidence[] } {
  const { view, atMs } = seen;
  const wrecks: Wreck[] = [];
  for (const known of state.wrecks) {
    const resting = restingAt(known, view, atMs);
    const wreck = resting === null ? known : { ...known, resting, lastMs: atMs };
    if (atMs - wreck.lastMs <= GONE_MS) wrecks.push({ ...wreck, borneOut: isBorneOut(wreck, view, atMs) });
  }
  const encounters: Encounter[] = [];
  const met = meetings(state.encounters, seen);
  let refused = state.refused + Math.max(0, met.length - LIMIT);
  for (const encounter of [...state.encounters, ...met.slice(-LIMIT)]) {
    if (atMs - encounter.atMs > AFTERMATH_MS) continue;
    const judged = { ...encounter, thrown: thrownIn(encounter, view) };
    const wreck = wreckOf(camera, judged, view, atMs);
    if (wreck === null) encounters.push(judged);
    if (wreck === null || wrecks.some((known) => isSameWreck(known, wreck))) continue;
    if (wrecks.length < LIMIT) wrecks.push(wreck);
    else refused += 1;
  }
  refused += Math.max(0, encounters.length - LIMIT);
  const evidence = wrecks
    .filter(({ lane, lastMs }) => lastMs === atMs && isWatchedIn(definition, lane))
    .map((wreck) => evidenceOf(camera, wreck, atMs));
  return { state: { encounters: encounters.slice(-LIMIT), wrecks, refused }, evidence };
}

function isWatchedIn({ lanes, incidents }: Pick<SiteDefinition, 'lanes' | 'incidents'>, id: string): boolean {
  const kind = laneNamed(lanes, id)?.kind;
  return kind !== undefined && isWatched(incidents, 'collision', kind);
}

function evidenceOf({ camera }: CameraDefinition, wreck: Wreck, atMs: number): TrackEvidence {
  return {
    incidentKind: 'collision',
    sensor: camera,
    source: 'camera',
    says: wreck.borneOut ? 'confirms' : 'raises',
    subject: {
      camera,
      name: `tracks-${wreck.tracks.join('-')}-of-${wreck.sinceMs}`,
      foot: wreck.place,
      sizePx: wreck.heightPx,
    },
    sinceMs: wreck.sinceMs,
    atMs,
    conclusive: true,
    lane: wreck.lane,
    zone: null,
    positionPx: wreck.impactPx,
    positionM: wreck.impactM,
    speedKmh: null,
    direction: null,
    queueLengthM: null,
  };
}

function meetings(
  known: readonly Encounter[],
  {
    view,
    points,
    atMs,
  }: { readonly view: ViewState; readonly points: readonly TrackPoint[]; readonly atMs: number },
): readonly Encounter[] {
  const shown = points.filter((point) => !point.coasting && point.class !== 'person');
  const moving = shown.flatMap((point) => {
    const motion = view.tracks.get(point.track)?.motion;
    if (motion === undefined || !shown.some((other) => other !== point && areTogether(point, other)))
      return [];
    const way = steadyWayOf(motion);
    return way === null || paceOf(way) < MEETING_PACE ? [] : [{ point, way }];
  });
  const isRecent = (a: Way, b: Way): boolean =>
    known.some(
      ({ ways, atMs: metMs }) =>
        ways[0].track === a.track && ways[1].track === b.track && atMs - metMs < MEETING_EVERY_MS,
    );
  const pairs = moving.flatMap((a, index) =>
    moving
      .slice(index + 1)
      .filter((b) => areTogether(a.point, b.point) && areMeeting(a.way, b.way) && !isRecent(a.way, b.way))
      .map((b) => [a.way, b.way] as const),
  );
  const stoodBefore = pairs.length === 0 ? [] : standing(view, atMs);
  return pairs.map((ways): Encounter => ({ atMs, ways, thrown: [null, null], stoodBefore }));
}

function areTogether({ box: a }: TrackPoint, { box: b }: TrackPoint): boolean {
  const height = Math.min(a[3] - a[1], b[3] - b[1]);
  const gap = Math.max(a[0], b[0]) - Math.min(a[2], b[2]);
  return gap <= MEETING_GAP * height && Math.abs(a[3] - b[3]) <= MEETING_LEVEL * height;
}

function areMeeting(a: Way, b: Way): boolean {
  return Math.max(paceOf(a), paceOf(b)) >= MEETING_FAST_PACE && closingOf(a, b) >= MEETING_CLOSING;
}

function standing(view: ViewState, atMs: number): readonly PointPx[] {
  return [...view.tracks.values()].flatMap(({ motion }) => {
    const rest = restOf(motion, atMs);
    return rest === null ? [] : [rest];
  });
}

function thrownIn({ ways, thrown }: Encounter, view: ViewState): Encounter['thrown'] {
  const judge = (way: Way, known: boolean | null): boolean | null => {
    const motion = view.tracks.get(way.track)?.motion;
    return known ?? (motion === undefined ? null : isThrownAbout(way, motion));
  };
  return [judge(ways[0], thrown[0]), judge(ways[1], thrown[1])];
}

/** What an encounter has left on the road, once it rests. */
function wreckOf(
  camera: CameraDefinition,
  encounter: Encounter,
  view: ViewState,
  atMs: number,
): Wreck | null {
  for (const [index, way] of encounter.ways.entries()) {
    const motion = view.tracks.get(way.track)?.motion;
    const place = motion === undefined ? null : restOf(motion, atMs);
    if (motion === undefined || place === null) continue;
    const heightPx = Math.max(way.heightPx, motion.boxHeightPx);
    const near = (point: PointPx, reach: number): boolean =>
      lengthOf(subtract(point, place)) <= reach * heightPx;
    const stoodBefore = encounter.stoodBefore.some((point) => near(point, SAME_PLACE));
    if (stoodBefore || !near(way.foot, THROWN_REACH) || isCut(motion, camera)) continue;
    if (encounter.thrown[index] !== true && !stopsShort(way, place)) continue;
    const [a, b] = encounter.ways;
    const impactPx = middleOf(a.foot, b.foot, 1);
    const drawn = camera.lanes.find(({ polygon }) => isInside(impactPx, polygon));
    const lane = drawn?.lane ?? nearestLane(camera, impactPx);
    if (lane === null) return null;
    return {
      sinceMs: encounter.atMs,
      lastMs: atMs,
      tracks: [a.track, b.track],
      resting: way.track,
      lane,
      place,
      impactPx,
      impactM: a.groundM === null || b.groundM === null ? null : middleOf(a.groundM, b.groundM, 2),
      heightPx,
      borneOut: false,
    };
  }
  return null;
}

function middleOf(a: PointPx, b: PointPx, decimals: number): PointPx {
  return [round((a[0] + b[0]) / 2, decimals), round((a[1] + b[1]) / 2, decimals)];
}

/** At the border of the picture a box ends where the picture does, and its vehicle drives on. */
function isCut(motion: TrackMotion, { visible }: CameraDefinition): boolean {
  const box = lastSeen(motion)?.box;
  if (box === undefined) return true;
  const margin = BORDER_SHARE * (visible[2] - visible[0]);
  return (
    box[0] < visible[0] + margin ||
    box[1] < visible[1] + margin ||
    box[2] > visible[2] - margin ||
    box[3] > visible[3] - margin
  );
}

function isSameWreck(a: Wreck, b: Wreck): boolean {
  return lengthOf(subtract(a.place, b.place)) <= BESIDE_REACH * Math.max(a.heightPx, b.heightPx);
}

/** The track that is the wreck now: it gets a new number when people or vehicles pass before it. */
function restingAt(wreck: Wreck, view: ViewState, atMs: number): number | null {
  for (const [track, viewed] of view.tracks) {
    const { motion } = viewed;
    if (motion.lastMs !== atMs || motion.class === 'person' || !isNear(wreck, viewed, SAME_PLACE)) continue;
    if (track === wreck.resting) return track;
    if (atMs - motion.firstMs <= FOUND_RESTING_MS && restOf(motion, atMs) !== null) return track;
  }
  return null;
}

function isBorneOut(wreck: Wreck, view: ViewState, atMs: number): boolean {
  if (wreck.borneOut) return true;
  return [...view.tracks.values()].some((viewed) => {
    const { motion } = viewed;
    if (motion.lastMs !== atMs) return false;
    if (motion.class === 'person')
      return motion.firstMs > wreck.sinceMs && isNear(wreck, viewed, PEOPLE_REACH);
    const isPartner = wreck.tracks.includes(motion.track) && motion.track !== wreck.resting;
    const isAnother = motion.firstMs > wreck.sinceMs && !isNear(wreck, viewed, SAME_PLACE);
    if (!isPartner && !isAnother) return false;
    return isNear(wreck, viewed, BESIDE_REACH) && restOf(motion, atMs) !== null;
  });
}

function isNear(wreck: Wreck, { motion }: ViewedTrack, reach: number): boolean {
  const seen = lastSeen(motion);
  return seen !== null && lengthOf(subtract(seen.foot, wreck.place)) <= reach * wreck.heightPx;
}
