import { z } from 'zod';
import type { IncidentRecord } from '../../traffic/record.ts';
import { envelopeFields, headFields, lane, name, type Same, utcMs } from './head.ts';

const point = z.tuple([z.number(), z.number()]);

const incidentRecordSchema = z.strictObject({
  ...headFields,
  stream: z.literal('incident'),
  incident: name('Id of the incident; the same from open to close.'),
  incidentKind: z.enum(['stopped-vehicle', 'wrong-way']).describe('What happens on the road.'),
  phase: z.enum(['open', 'update', 'close']).describe('An incident opens once, may change, and closes once.'),
  lane,
  sensors: z.array(name('Loop or camera id.')).describe('Sensors whose observations raised or confirmed it.'),
  severity: z.enum(['warning', 'critical']),
  startedAtMs: utcMs('When it began on the road, before it could be recognised.'),
  openedAtMs: utcMs('When it was recognised.'),
  closedAtMs: utcMs('When it closed; null while it is open.').nullable(),
  positionPx: point
    .nullable()
    .describe("x, y in pixels of the camera's configured picture; null when loops raised it."),
  positionM: point
    .nullable()
    .describe("x, y in metres on the camera's ground plane; null when the camera is not calibrated."),
  speedKmh: z.number().nullable().describe('Speed of the vehicle, km/h.'),
});
true satisfies Same<z.infer<typeof incidentRecordSchema>, IncidentRecord>;

export const incidentPayload = incidentRecordSchema
  .extend(envelopeFields('incident'))
  .describe('A step in the life of an incident on the road.');
