import { projectPoint } from '../../base/homography.ts';
import { MS_PER_S } from '../../base/units.ts';
import { lengthOf, subtract } from '../geometry.ts';
import type { TrackPoint } from '../observations/observation.ts';
import type { ViewState } from '../passages/camera-view.ts';
import { inBoxes, lastSeen, type TrackMotion } from '../passages/track-motion.ts';
import type { LaneQueue } from '../queues/lane-queue.ts';
import type { CameraDefinition, PointPx, SiteDefinition } from '../site-definition.ts';
import { isAboard } from './aboard.ts';
import { hiddenVehicles } from './hidden-vehicle.ts';
import type { PlacedEvidence } from './incident-journal.ts';
import { isWatched } from './incident-rule.ts';
import {
  foldLaneLines,
  type LaneLines,
  type LineState,
  linesThroughBlindness,
  type SeenVehicle,
} from './lane-lines.ts';
import { placeAt, purposeAt, type RoadPlace, waitMsAt } from './road-place.ts';
import {
  besideRoad,
  type Conducts,
  hasMoved,
  isRemembered,
  judgeVehicle,
  judgeWalker,
  recallConduct,
  type TrackConduct,
  throughBlindness,
} from './track-conduct.ts';

/** Uncalibrated: lengths of its own box that stand for the configured distance; 7 m where it goes across the picture. */
const BOXES_PER_DISTANCE = 1.5;
/** What was so this long ago is so: boxes vanish for a picture or two. */
const FRESH_MS = 1000;

/** Who has not been in a bay for so long has left it, or was in it by mistake. */
const ASIDE_MS = 30_000;

/** Who was seen for less of the time that it is said to have stood is not believed. */
const SEEN_SHARE = 0.5;

export interface ConductState {
  readonly tracks: Conducts;
  readonly lines: LineState;
}

export const NO_CONDUCT: ConductState = { tracks: new Map(), lines: new Map() };

/** What is remembered of tracks and lines through a stretch without pictures. */
export function conductThroughBlindness({ tracks, lines }: ConductState, blindMs: number): ConductState {
  return { tracks: throughBlindness(tracks, blindMs), lines: linesThroughBlindness(lines, blindMs) };
}

/** A lane or shoulder in which one camera's picture gives evidence of an incident. */
export interface TrackEvidence extends PlacedEvidence {
  readonly positionPx: PointPx;
}

/** One picture: its road users, what is remembered of them, and what waits in each lane. */
export interface SeenPicture {
  readonly view: ViewState;
  readonly points: readonly TrackPoint[];
  readonly queues: readonly LaneQueue[];
  readonly atMs: number;
}

/** One road user at the newest picture that shows it. */
interface Judged {
  readonly motion: TrackMotion;
  readonly conduct: TrackConduct;
  readonly place: RoadPlace;
}

/** Judges every track of one camera at one picture. */
export function foldConduct(
  camera: CameraDefinition,
  state: ConductState,
  seen: SeenPicture,
  definition: Pick<SiteDefinition, 'lanes' | 'incidents'>,
): { readonly state: ConductState; readonly evidence: readonly TrackEvidence[] } {
  const { atMs, view, queues } = seen;
  const rules = definition.incidents;
  const tracks = new Map(state.tracks);
  const judged: Judged[] = [];
  for (const point of seen.points) {
    const motion = view.tracks.get(point.track)?.motion;
    const foot = motion === undefined ? null : (lastSeen(motion)?.foot ?? null);
    // What the tracker only predicts is where it was: hidden, and not elsewhere.
    if (motion === undefined || foot === null) continue;
    const place = placeAt(camera, foot, definition.lanes);
    if (place === null) {
      const beside = besideRoad(tracks.get(point.track) ?? null, atMs);
      if (beside === null) tracks.delete(point.track);
      else tracks.set(point.track, asideAt(beside, purposeAt(camera, foot), atMs));
      continue;
    }
    const onFoot = motion.class === 'person' || motion.class === 'bicycle';
    const { conduct: known, lost } = recallConduct(tracks, motion, onFoot);
    const conduct = onFoot
      ? judgeWalker(known, motion, {
          lane: camera.lanes.find(({ lane }) => lane === place.lane) ?? null,
          isAstray: place.purpose === null && !isAboard(point, seen.points),
        })
      : judgeVehicle(known, motion, place.drawn, rules);
    if (conduct === null) continue;
    if (lost !== null) tracks.delete(lost);
    const settled = onBorderOfBay({ motion, conduct, place }, atMs);
    tracks.set(point.track, settled.conduct);
    judged.push(settled);
  }
  const hidden = hiddenVehicles(tracks, view, { atMs, belowKmh: rules.stoppedVehicle.belowKmh });
  for (const [id, conduct] of hidden) tracks.set(id, conduct);
  for (const [id, conduct] of tracks) {
    if (!view.tracks.has(id) && !isRemembered(conduct, atMs)) tracks.delete(id);
  }
  const vehicles = judged.filter(({ conduct }) => !conduct.onFoot);
  const lines = foldLaneLines(
    camera,
    state.lines,
    { vehicles: vehicles.map(asVehicle), queues, atMs },
    definition,
  );
  for (const { motion, conduct, place } of judged) {
    const part = place.drawn === null ? undefined : lines.lines.get(place.lane)?.get(motion.track);
    if (part !== 'held' && part !== 'head-beyond') continue;
    tracks.set(motion.track, { ...conduct, heldMs: atMs });
  }
  const stopped = judged.flatMap((each) => {
    const evidence = stoppedVehicle(camera, each, { rules, lines: lines.lines, atMs });
    const dwellMs = rules.stoppedVehicle.dwellS * MS_PER_S;
    const lasts = evidence.some(({ sinceMs }) => atMs - sinceMs >= dwellMs);
    if (lasts) tracks.set(each.motion.track, overdue(each.conduct));
    return evidence;
  });
  const stays = [...hidden.values()].flatMap((each) => hiddenVehicle(camera, each, definition, atMs));
  const own = judged.flatMap((each) => [
    ...wrongWay(camera, each, { rules, atMs }),
    ...astray(camera, each, { rules, atMs }),
  ]);
  return {
    state: { tracks, lines: lines.state },
    evidence: [...stopped, ...stays, ...own, ...lines.evidence],
  };
}

/** What a vehicle that is hidden says: it keeps its incident open, which it had made before. */
function hiddenVehicle(
  camera: CameraDefinition,
  { foot, heightPx, heading, standing }: TrackConduct,
  { lanes, incidents }: Pick<SiteDefinition, 'lanes' | 'incidents'>,
  atMs: number,
): readonly TrackEvidence[] {
  const place = placeAt(camera, foot, lanes);
  if (place === null || !isWatched(incidents, 'stopped-vehicle', place.kind)) return [];
  return [
    {
      ...{ sensor: camera.camera, source: 'camera', says: 'raises', conclusive: false },
      ...{ incidentKind: 'stopped-vehicle', sinceMs: standing?.sinceMs ?? atMs, atMs },
      ...{ lane: place.lane, zone: place.zone, positionPx: foot, speedKmh: null, queueLengthM: null },
      subject: { camera: camera.camera, name: 'hidden', foot, sizePx: heightPx },
      positionM: camera.plane && projectPoint(camera.plane.matrix, foot),
      direction: heading,
    },
  ];
}

/** A box jumps: who stands where a bay or bus stop was a moment ago is still in it. */
function onBorderOfBay(judged: Judged, atMs: number): Judged {
  const { place } = judged;
  const { purpose } = place;
  const conduct = asideAt(judged.conduct, purpose, atMs);
  if (conduct !== judged.conduct) return { ...judged, conduct };
  const { aside, standing } = conduct;
  const wasAside = purpose === null && standing !== null && aside !== null && atMs - aside.atMs <= ASIDE_MS;
  return wasAside ? { ...judged, place: { ...place, purpose: aside.purpose } } : judged;
}

function asideAt(conduct: TrackConduct, purpose: RoadPlace['purpose'], atMs: number): TrackConduct {
  return purpose === 'bay' || purpose === 'bus-stop' ? { ...conduct, aside: { purpose, atMs } } : conduct;
}

function overdue(conduct: TrackConduct): TrackConduct {
  const { standing } = conduct;
  return standing === null ? conduct : { ...conduct, standing: { ...standing, overdue: true } };
}

interface Circumstances {
  readonly rules: SiteDefinition['incidents'];
  readonly atMs: number;
}

function stoppedVehicle(
  camera: CameraDefinition,
  judged: Judged,
  { rules, lines, atMs }: Circumstances & { readonly lines: LaneLines },
): readonly TrackEvidence[] {
  const { motion, conduct, place } = judged;
  const { standing } = conduct;
  const waitMs = waitMsAt(place, rules.stoppedVehicle, motion);
  if (standing === null || waitMs === null || atMs - standing.lastMs > FRESH_MS) return [];
  if (!isWatched(rules, 'stopped-vehicle', place.kind)) return [];
  if (standing.seenMs < SEEN_SHARE * (standing.lastMs - standing.sinceMs)) return [];
  const inLine = lines.get(place.lane)?.get(motion.track);
  if (place.drawn !== null && (inLine === 'behind' || inLine === 'held')) return [];
  const redMs = rules.stoppedVehicle.waitS['stop-line'] * MS_PER_S;
  const waitsBeyond = place.drawn !== null && inLine === 'head-beyond';
  if (atMs - standing.sinceMs < (waitsBeyond ? Math.max(waitMs, redMs) : waitMs)) return [];
  // A queue starts from its front, and those in front vanish for a picture: its new first one is given time to follow.
  const heldMs = waitsBeyond ? null : conduct.heldMs;
  const sinceMs = Math.max(standing.sinceMs, heldMs ?? standing.sinceMs);
  return [evidenceOf(camera, judged, { incidentKind: 'stopped-vehicle', sinceMs, atMs })];
}

function wrongWay(
  camera: CameraDefinition,
  judged: Judged,
  { rules, atMs }: Circumstances,
): readonly TrackEvidence[] {
  const { motion, conduct, place } = judged;
  if (conduct.wrongWay === null || place.purpose === 'bay' || place.purpose === 'bus-stop') return [];
  if (!isWatched(rules, 'wrong-way', place.kind)) return [];
  const { sinceMs, fromM, fromPx } = conduct.wrongWay;
  const share = distanceShare(motion, { fromM, fromPx }, rules.wrongWay.distanceM);
  if (share < 1 || motion.lastMs - sinceMs < rules.wrongWay.dwellS * MS_PER_S) return [];
  const evidence = evidenceOf(camera, judged, { incidentKind: 'wrong-way', sinceMs, atMs });
  return [{ ...evidence, conclusive: true }];
}

/** People and bicycles where none should be. */
function astray(
  camera: CameraDefinition,
  judged: Judged,
  { rules, atMs }: Circumstances,
): readonly TrackEvidence[] {
  const { motion, conduct, place } = judged;
  if (conduct.astray === null || atMs - conduct.astray.lastMs > FRESH_MS || !hasMoved(conduct)) return [];
  const incidentKind = motion.class === 'bicycle' ? 'cyclist' : 'pedestrian';
  if (!isWatched(rules, incidentKind, place.kind)) return [];
  return [evidenceOf(camera, judged, { incidentKind, sinceMs: conduct.astray.sinceMs, atMs })];
}

function evidenceOf(
  { camera }: CameraDefinition,
  { motion, conduct, place }: Judged,
  claim: Pick<TrackEvidence, 'incidentKind' | 'sinceMs' | 'atMs'>,
): TrackEvidence {
  const seen = lastSeen(motion);
  return {
    ...claim,
    sensor: camera,
    source: 'camera',
    says: 'raises',
    subject: {
      camera,
      name: `track-${motion.track}-of-${motion.firstMs}`,
      foot: conduct.foot,
      sizePx: conduct.heightPx,
    },
    conclusive: false,
    lane: place.lane,
    zone: place.zone,
    positionPx: conduct.foot,
    positionM: seen?.groundM ?? null,
    speedKmh: motion.movement?.speedKmh ?? null,
    direction: conduct.heading,
    queueLengthM: null,
  };
}

function asVehicle({ motion, conduct, place }: Judged): SeenVehicle {
  return {
    motion,
    lane: place.purpose === 'bay' || place.purpose === 'bus-stop' ? null : place.drawn,
    conduct,
  };
}

/** How much of the configured distance a track has gone against its lane; 1 and more is enough. */
function distanceShare(
  motion: TrackMotion,
  from: { readonly fromM: PointPx | null; readonly fromPx: PointPx },
  distanceM: number,
): number {
  const seen = lastSeen(motion);
  if (seen === null) return 0;
  if (from.fromM !== null && seen.groundM !== null) {
    return lengthOf(subtract(seen.groundM, from.fromM)) / distanceM;
  }
  return inBoxes(motion, subtract(seen.foot, from.fromPx)) / BOXES_PER_DISTANCE;
}
