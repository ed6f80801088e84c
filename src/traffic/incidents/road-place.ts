import { MS_PER_S } from '../../base/units.ts';
import { dot, isInside, lengthOf, subtract } from '../geometry.ts';
import { laneNamed } from '../lane-index.ts';
import type {
  CameraDefinition,
  CameraLaneDefinition,
  IncidentRules,
  LaneDefinition,
  LaneKind,
  PointPx,
  SiteDefinition,
  ZoneDefinition,
  ZoneKind,
} from '../site-definition.ts';

/** Where a road user is, as far as incidents are concerned. */
export interface RoadPlace {
  readonly lane: string;
  /** The shoulder beside the lane, or null in the lane itself. */
  readonly zone: string | null;
  readonly kind: LaneKind;
  /** What the place is for, where a zone says so: there, standing or walking is no incident. */
  readonly purpose: Extract<ZoneKind, 'crossing' | 'bay' | 'bus-stop'> | null;
  /** The lane as drawn; null on a shoulder. */
  readonly drawn: CameraLaneDefinition | null;
}

/** The lane or shoulder at a place in the picture; null on a pavement, a roof, a field. */
export function placeAt(
  camera: CameraDefinition,
  foot: PointPx,
  lanes: SiteDefinition['lanes'],
): RoadPlace | null {
  const zones = zonesAt(camera, foot);
  const purpose = purposeOf(zones);
  const drawn = camera.lanes.find((lane) => isInside(foot, lane.polygon)) ?? null;
  if (drawn !== null) {
    return { lane: drawn.lane, zone: null, kind: kindOf(lanes, drawn.lane), purpose, drawn };
  }
  const shoulder = zones.find(({ kind }) => kind === 'shoulder');
  if (shoulder === undefined) return null;
  const lane = shoulder.lane ?? nearestLane(camera, foot);
  if (lane === null) return null;
  return { lane, zone: shoulder.zone, kind: kindOf(lanes, lane), purpose, drawn: null };
}

/** What a zone says that a place is for, on the road or beside it. */
export function purposeAt(camera: CameraDefinition, foot: PointPx): RoadPlace['purpose'] {
  return purposeOf(zonesAt(camera, foot));
}

/** How long vehicles stand at a place by design, ms; null for as long as they like. */
export function waitMsAt(
  { purpose, zone, kind, drawn }: RoadPlace,
  rules: IncidentRules['stoppedVehicle'],
  vehicle: { readonly class: string },
): number | null {
  if (purpose === 'bay') return null;
  if (purpose === 'bus-stop') return vehicle.class === 'bus' ? null : MS_PER_S * rules.waitS.bus;
  return zone === null ? MS_PER_S * waitSIn(drawn, kind, rules) : 0;
}

/** How long vehicles wait by design in a lane, s: where a stop line is drawn there is a red, whatever the lane's kind. */
export function waitSIn(
  drawn: CameraLaneDefinition | null,
  kind: LaneKind,
  { waitS }: IncidentRules['stoppedVehicle'],
): number {
  return drawn === null || drawn.stopLine === null ? waitS[kind] : Math.max(waitS[kind], waitS['stop-line']);
}

/** How far along its lane's direction a place lies, in pixels from where the lane begins. */
export function alongPx(foot: PointPx, { direction }: CameraLaneDefinition): number {
  const way = subtract(direction[1], direction[0]);
  return dot(subtract(foot, direction[0]), way) / (lengthOf(way) || 1);
}

/** Where the drawn lane begins and ends along its direction, in pixels. */
export function extentPx(lane: CameraLaneDefinition): { readonly from: number; readonly to: number } {
  const along = lane.polygon.map((corner) => alongPx(corner, lane));
  return { from: Math.min(...along), to: Math.max(...along) };
}

/** Whether nothing at a place is to be counted or judged. */
export function isIgnored({ zones }: Pick<CameraDefinition, 'zones'>, foot: PointPx): boolean {
  return zones.some(({ kind, polygon }) => kind === 'ignore' && isInside(foot, polygon));
}

function zonesAt({ zones }: CameraDefinition, foot: PointPx): readonly ZoneDefinition[] {
  return zones.filter(({ polygon }) => isInside(foot, polygon));
}

function purposeOf(zones: readonly ZoneDefinition[]): RoadPlace['purpose'] {
  return zones.map(({ kind }) => kind).find(isPurpose) ?? null;
}

function isPurpose(kind: ZoneKind): kind is NonNullable<RoadPlace['purpose']> {
  return kind === 'crossing' || kind === 'bay' || kind === 'bus-stop';
}

function kindOf(lanes: readonly LaneDefinition[], name: string): LaneKind {
  return laneNamed(lanes, name)?.kind ?? 'through';
}

/** The lane whose drawing is nearest to a place: the middle of a junction is in none. */
export function nearestLane({ lanes }: CameraDefinition, foot: PointPx): string | null {
  const distance = (lane: CameraLaneDefinition): number =>
    Math.min(
      ...lane.polygon.map((corner, index) =>
        distanceToSide(foot, corner, lane.polygon[(index + 1) % lane.polygon.length] ?? corner),
      ),
    );
  return lanes.toSorted((a, b) => distance(a) - distance(b))[0]?.lane ?? null;
}

function distanceToSide(point: PointPx, from: PointPx, to: PointPx): number {
  const side = subtract(to, from);
  const length = lengthOf(side);
  const share = length === 0 ? 0 : dot(subtract(point, from), side) / (length * length);
  const nearest = Math.min(1, Math.max(0, share));
  return lengthOf(subtract(point, [from[0] + nearest * side[0], from[1] + nearest * side[1]]));
}
