import type { Now } from '../base/clock.ts';
import type { EvidencePlan, EvidenceRequest } from '../sensors/contract.ts';
import type { Observation, RoadObject, VehicleTracks } from '../traffic/observations/observation.ts';
import type { IncidentRecord, TrafficRecord } from '../traffic/record.ts';
import type { SiteDefinition } from '../traffic/site-definition.ts';

/** Asks for the evidence of each incident that a camera shows. */
export interface EvidenceKeeper {
  /** Follows what the cameras see, for what is marked in a picture. */
  take(observations: readonly Observation[]): void;
  onRecords(records: readonly TrafficRecord[], now: Now): void;
}

export interface EvidenceKeeperOptions {
  readonly definition: Pick<SiteDefinition, 'site'>;
  readonly plan: Pick<EvidencePlan, 'beforeMs' | 'afterMs'>;
  readonly utcOffsetMin: number;
  readonly ask: (request: EvidenceRequest) => void;
}

type SeenBox = Pick<RoadObject, 'foot' | 'box'>;

const MS_PER_MIN = 60_000;

export function createEvidenceKeeper(options: EvidenceKeeperOptions): EvidenceKeeper {
  const { definition, plan, utcOffsetMin, ask } = options;
  const tracks = new Map<string, VehicleTracks>();
  /** Of the newest look of each camera. */
  const objects = new Map<string, readonly RoadObject[]>();

  const marksOf = (record: IncidentRecord, camera: string): EvidenceRequest['marks'] => {
    if (record.positionPx === null) return [];
    const lies = record.incidentKind === 'object-on-road';
    const candidates = lies ? (objects.get(camera) ?? []) : (tracks.get(camera)?.tracks ?? []);
    const box = boxAt(record.positionPx, candidates);
    return box === null ? [] : [{ box: [...box], label: labelOf(record) }];
  };

  return {
    take(observations) {
      for (const observation of observations) {
        if (observation.kind === 'vehicle-tracks') tracks.set(observation.camera, observation);
        if (observation.kind !== 'road-object') continue;
        const seen = objects.get(observation.camera) ?? [];
        const sameLook = seen.filter(({ atMs }) => atMs === observation.atMs);
        objects.set(observation.camera, [...sameLook, observation]);
      }
    },
    onRecords(records, now) {
      for (const record of records) {
        if (record.stream !== 'incident' || record.phase !== 'open') continue;
        const { incident, lane, incidentKind, openedAtMs, shownBy: camera } = record;
        if (camera === null) continue;
        const atMs = now.monoMs - (now.wallMs - openedAtMs);
        const times = { fromMs: atMs - plan.beforeMs, atMs, toMs: atMs + plan.afterMs };
        const caption = [
          `${definition.site} ${camera} ${lane}`,
          `${incidentKind} ${localTime(openedAtMs, utcOffsetMin)}`,
        ];
        ask({ incident, camera, lane, incidentKind, ...times, marks: marksOf(record, camera), caption });
      }
    },
  };
}

/** The box that stands where the incident is; null when none does, as in a queue's middle. */
function boxAt([x, y]: readonly [number, number], candidates: readonly SeenBox[]): SeenBox['box'] | null {
  const distancePx = ({ foot }: SeenBox): number => Math.hypot(foot[0] - x, foot[1] - y);
  const [nearest] = candidates.toSorted((a, b) => distancePx(a) - distancePx(b));
  if (nearest === undefined) return null;
  const [x1, y1, x2, y2] = nearest.box;
  return distancePx(nearest) <= Math.max(x2 - x1, y2 - y1) ? nearest.box : null;
}

function labelOf({ incidentKind, speedKmh }: IncidentRecord): string {
  return speedKmh === null ? incidentKind : `${incidentKind} ${Math.round(speedKmh)} km/h`;
}

/** `2026-03-01 14:05:09.250 +08:00`. */
function localTime(wallMs: number, offsetMin: number): string {
  const local = new Date(wallMs + offsetMin * MS_PER_MIN).toISOString().replace('T', ' ').replace('Z', '');
  const two = (value: number): string => String(Math.floor(value)).padStart(2, '0');
  const ahead = Math.abs(offsetMin);
  return `${local} ${offsetMin < 0 ? '-' : '+'}${two(ahead / 60)}:${two(ahead % 60)}`;
}
