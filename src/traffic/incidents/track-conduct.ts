import { MS_PER_S } from '../../base/units.ts';
import { lengthOf, subtract } from '../geometry.ts';
import { courseOf } from '../passages/camera-view.ts';
import { inBoxes, isStanding, lastSeen, type Movement, type TrackMotion } from '../passages/track-motion.ts';
import type { Incident } from '../record.ts';
import type { CameraLaneDefinition, IncidentRules, PointPx } from '../site-definition.ts';

/** Standing and being there outlast a gap of this length: boxes jump and vanish for a picture or two. */
const GAP_MS = 1000;
/** Who has come farther than this since it stood, in box heights, has crept and stands anew. */
const CREPT_HEIGHTS = 1;
/**
 * People do not stand like posts. A cone that is taken for somebody keeps its place within a twentieth of its height
 * sideways; its lower edge may jump by half of it.
 */
const SWAYS_SIDEWAYS = 0.1;
const SWAYS_UPRIGHT = 1;
/** Who has come farther than this across the lane, in box heights, is crossing it and not staying there. */
const CROSSES_HEIGHTS = 2;
/**
 * Who is lost is known again at its place: on foot for this long, standing for as long as it was seen to stand, at
 * most so long. A bus may have been in front of it; what is seen less than it is not is a shadow on the road.
 */
const LOST_MS = 1500;
const LOST_STANDING_MS = 30_000;
/** A new track is a lost one when it begins this close to it, in box heights, and is about as high. */
const SAME_PLACE_HEIGHTS = 0.5;
const SAME_HEIGHT = 1.5;

/** A box lower than this share of another of the same vehicle within two seconds shows a part of it. */
const PART_HEIGHT = 0.7;

/**
 * Uncalibrated: who goes against the lane slower than this many of its own boxes in a second rolls back or parks:
 * a car at 3 km/h, across the picture or as seen from 20 degrees above.
 */
const ROLLS_BOXES_PER_S = 0.2;

/** After a longer stretch without pictures a track's number may be another one's: the camera process was started anew. */
const NUMBERS_LAST_MS = 5000;

/** A stretch of time at one place. */
export interface Stay {
  readonly sinceMs: number;
  readonly lastMs: number;
  /** How much of it was seen, ms. */
  readonly seenMs: number;
  readonly foot: PointPx;
  /** The highest that its box was: by night a detector shows a vehicle and a part of it by turns. */
  readonly heightPx: number;
  /** It has lasted longer than anybody waits there by design: an incident is made of it. */
  readonly overdue: boolean;
}

/** Since when one track has been doing what an incident is made of. */
export interface TrackConduct {
  readonly onFoot: boolean;
  readonly lastMs: number;
  readonly foot: PointPx;
  readonly heightPx: number;
  readonly standing: Stay | null;
  /** The bay or bus stop that its foot was in last: who stands on the border of one is parked there. */
  readonly aside: { readonly purpose: 'bay' | 'bus-stop'; readonly atMs: number } | null;
  /** When it waited last for one right before it, or with others for something out of sight: it had nowhere to go. */
  readonly heldMs: number | null;
  /** How it went when it was last seen to move, relative to its lane. */
  readonly heading: Incident['direction'];
  readonly wrongWay: {
    readonly sinceMs: number;
    readonly fromM: PointPx | null;
    readonly fromPx: PointPx;
  } | null;
  /** Somebody on foot or on a bicycle where nobody should be. */
  readonly astray: Stay | null;
  /** Between which places the foot has been meanwhile. */
  readonly roam: { readonly from: PointPx; readonly to: PointPx } | null;
}

export type Conducts = ReadonlyMap<number, TrackConduct>;

/** What is known of a track, under its own number or under one that it had before the tracker lost it. */
export function recallConduct(
  conducts: Conducts,
  motion: TrackMotion,
  onFoot: boolean,
): { readonly conduct: TrackConduct | null; readonly lost: number | null } {
  const known = conducts.get(motion.track);
  if (known !== undefined) return { conduct: known, lost: null };
  const first = motion.samples[0];
  for (const [lost, conduct] of conducts) {
    if (conduct.onFoot !== onFoot || conduct.lastMs >= motion.firstMs) continue;
    if (!isRemembered(conduct, motion.lastMs) || first === undefined) continue;
    const ratio = motion.boxHeightPx / Math.max(1, conduct.heightPx);
    if (ratio > SAME_HEIGHT || ratio < 1 / SAME_HEIGHT) continue;
    const reach = (onFoot ? 2 : 1) * SAME_PLACE_HEIGHTS * conduct.heightPx;
    if (lengthOf(subtract(first.foot, conduct.foot)) <= reach) return { conduct, lost };
  }
  return { conduct: null, lost: null };
}

/** Whether a conduct that this picture does not show is worth keeping. */
export function isRemembered({ standing, astray, lastMs }: TrackConduct, nowMs: number): boolean {
  if (standing !== null) return nowMs - lastMs <= rememberedMs(standing);
  return astray !== null && nowMs - lastMs <= LOST_MS;
}

/**
 * What is kept through `blindMs` without pictures: an incident that was open goes on where a vehicle stands at its place
 * afterwards, as if that time had not been. Who had not stood long enough may have been away in it and begins anew.
 */
export function throughBlindness(conducts: Conducts, blindMs: number): Conducts {
  const kept = [...conducts].flatMap(([track, conduct], index) => {
    const later = afterPause(conduct, blindMs);
    // No tracker gives such a number: it is known again by its place.
    const number = blindMs > NUMBERS_LAST_MS ? -1 - index : track;
    return later === null ? [] : [[number, later] as const];
  });
  return new Map(kept);
}

/** A vehicle that is an incident, as if a time without a sight of it had not been; null for all others. */
export function afterPause({ standing, ...conduct }: TrackConduct, pausedMs: number): TrackConduct | null {
  if (standing?.overdue !== true) return null;
  const later = { sinceMs: standing.sinceMs + pausedMs, lastMs: standing.lastMs + pausedMs };
  const lastMs = conduct.lastMs + pausedMs;
  return { ...conduct, ...UNJUDGED, standing: { ...standing, ...later }, lastMs };
}

/** A box on the edge of the road lies beside it by turns. That time is none in which its vehicle was seen to stand there. */
export function besideRoad(conduct: TrackConduct | null, atMs: number): TrackConduct | null {
  if (conduct === null || conduct.standing === null) return null;
  const standing = { ...conduct.standing, lastMs: atMs };
  return { ...conduct, standing, wrongWay: null, lastMs: atMs };
}

/** Judges a vehicle at the newest picture that shows it. */
export function judgeVehicle(
  known: TrackConduct | null,
  motion: TrackMotion,
  lane: CameraLaneDefinition | null,
  rules: IncidentRules,
): TrackConduct | null {
  const seen = lastSeen(motion);
  const { movement } = motion;
  if (seen === null) return known;
  const place = { onFoot: false, lastMs: seen.atMs, foot: seen.foot, heightPx: motion.boxHeightPx };
  if (movement === null) return { ...(known ?? UNJUDGED), ...place };
  const stands = isStanding(motion, movement, rules.stoppedVehicle.belowKmh);
  const standing = nextStay(known?.standing ?? null, stands, {
    sinceMs: seen.atMs - movement.spanMs,
    lastMs: seen.atMs,
    seenMs: movement.spanMs,
    foot: seen.foot,
    heightPx: motion.boxHeightPx,
    overdue: false,
    isThere: ({ foot, heightPx }) =>
      lengthOf(subtract(seen.foot, foot)) <= CREPT_HEIGHTS * Math.max(heightPx, motion.boxHeightPx),
    knownForMs: rememberedMs(known?.standing ?? null),
    flickers: isFlickering(motion),
  });
  const course =
    lane === null || stands ? null : courseOf(motion, subtract(lane.direction[1], lane.direction[0]));
  const fast = isFasterThanRolling(motion, movement, rules);
  const began = { sinceMs: motion.lastMs, fromM: seen.groundM, fromPx: seen.foot };
  return {
    ...place,
    standing,
    aside: known?.aside ?? null,
    heldMs: known?.heldMs ?? null,
    heading: course ?? known?.heading ?? null,
    wrongWay: course === 'reverse' && fast ? (known?.wrongWay ?? began) : null,
    astray: null,
    roam: null,
  };
}

/**
 * Judges somebody on foot or on a bicycle.
 *
 * @param place the lane beside or in which it is, and whether nobody should be there
 */
export function judgeWalker(
  known: TrackConduct | null,
  motion: TrackMotion,
  place: { readonly lane: CameraLaneDefinition | null; readonly isAstray: boolean },
): TrackConduct | null {
  const seen = lastSeen(motion);
  if (seen === null) return known;
  const { lane, isAstray } = place;
  const astray = nextStay(known?.astray ?? null, isAstray, {
    sinceMs: seen.atMs,
    lastMs: seen.atMs,
    seenMs: 0,
    foot: seen.foot,
    heightPx: motion.boxHeightPx,
    overdue: false,
    isThere: ({ foot }) => acrossPx(subtract(seen.foot, foot), lane) <= CROSSES_HEIGHTS * motion.boxHeightPx,
    knownForMs: LOST_MS,
    flickers: false,
  });
  const at = { onFoot: true, lastMs: seen.atMs, foot: seen.foot, heightPx: motion.boxHeightPx };
  const before = astray?.sinceMs === known?.astray?.sinceMs ? (known?.roam ?? null) : null;
  const roam = {
    from: lowest(before?.from ?? seen.foot, seen.foot),
    to: highest(before?.to ?? seen.foot, seen.foot),
  };
  return { ...UNJUDGED, ...at, astray, roam };
}

/** Whether it is somebody: a post, a cone or a sign does not move at all. */
export function hasMoved({ roam, heightPx }: TrackConduct): boolean {
  if (roam === null) return false;
  const [sideways, upright] = subtract(roam.to, roam.from);
  return sideways >= SWAYS_SIDEWAYS * heightPx || upright >= SWAYS_UPRIGHT * heightPx;
}

const UNJUDGED = {
  standing: null,
  aside: null,
  heldMs: null,
  heading: null,
  wrongWay: null,
  astray: null,
  roam: null,
} as const;

interface Seen extends Stay {
  /** Whether this is the place of an earlier stay, … */
  isThere(earlier: Stay): boolean;
  /** … which is another one after a longer time without a sight. */
  readonly knownForMs: number;
  /** Its box is now a part and now the whole: that it moves says nothing. */
  readonly flickers: boolean;
}

function nextStay(
  known: Stay | null,
  stays: boolean,
  { isThere, knownForMs, flickers, ...now }: Seen,
): Stay | null {
  const unseenMs = known === null ? 0 : now.lastMs - known.lastMs;
  const isThereNow = known !== null && unseenMs <= knownForMs && isThere(known);
  if (!stays) return known !== null && (unseenMs <= GAP_MS || (flickers && isThereNow)) ? known : null;
  if (!isThereNow) return now;
  return {
    ...known,
    lastMs: now.lastMs,
    heightPx: Math.max(known.heightPx, now.heightPx),
    seenMs: known.seenMs + (unseenMs <= GAP_MS ? unseenMs : now.seenMs),
  };
}

/** How long somebody who stood is known again after the last sight. */
function rememberedMs(standing: Stay | null): number {
  return Math.min(LOST_STANDING_MS, Math.max(LOST_MS, standing?.seenMs ?? 0));
}

function isFasterThanRolling(motion: TrackMotion, { speedKmh, px, spanMs }: Movement, rules: IncidentRules) {
  if (speedKmh !== null) return speedKmh >= rules.wrongWay.aboveKmh;
  return inBoxes(motion, px) >= (ROLLS_BOXES_PER_S * spanMs) / MS_PER_S;
}

/** How far a way leads across a lane, in pixels. */
function acrossPx(way: PointPx, lane: CameraLaneDefinition | null): number {
  if (lane === null) return 0;
  const along = subtract(lane.direction[1], lane.direction[0]);
  return Math.abs(way[0] * along[1] - way[1] * along[0]) / (lengthOf(along) || 1);
}

function lowest(a: PointPx, b: PointPx): PointPx {
  return [Math.min(a[0], b[0]), Math.min(a[1], b[1])];
}

function highest(a: PointPx, b: PointPx): PointPx {
  return [Math.max(a[0], b[0]), Math.max(a[1], b[1])];
}

/** By night a detector shows a cabin above lamps and the whole vehicle by turns: its foot jumps, and stays. */
function isFlickering({ samples }: TrackMotion): boolean {
  const heights = samples.map(({ box }) => box[3] - box[1]);
  return Math.min(...heights) < PART_HEIGHT * Math.max(...heights);
}
