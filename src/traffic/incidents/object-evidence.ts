import type { RoadObject } from '../observations/observation.ts';
import type { CameraDefinition, SiteDefinition } from '../site-definition.ts';
import { isWatched } from './incident-rule.ts';
import { isIgnored, placeAt } from './road-place.ts';
import type { TrackEvidence } from './track-evidence.ts';

/**
 * What an object that lies in a lane or on a shoulder says; nothing elsewhere, and nothing when it has gone. It has to
 * be claimed at every look: the incident closes when the claims end.
 */
export function objectEvidence(
  camera: CameraDefinition,
  object: RoadObject,
  { lanes, incidents }: Pick<SiteDefinition, 'lanes' | 'incidents'>,
): readonly TrackEvidence[] {
  const place = object.present ? placeAt(camera, object.foot, lanes) : null;
  if (place === null || !isWatched(incidents, 'object-on-road', place.kind)) return [];
  if (place.purpose === 'bay' || isIgnored(camera, object.foot)) return [];
  return [
    {
      incidentKind: 'object-on-road',
      sensor: camera.camera,
      source: 'camera',
      says: 'raises',
      subject: {
        camera: camera.camera,
        name: `object-${object.object}-of-${object.sinceMs}`,
        foot: object.foot,
        sizePx: object.box[3] - object.box[1],
      },
      sinceMs: object.sinceMs,
      atMs: object.atMs,
      conclusive: false,
      lane: place.lane,
      zone: place.zone,
      positionPx: object.foot,
      positionM: object.groundM,
      speedKmh: null,
      direction: null,
      queueLengthM: null,
    },
  ];
}
