import { z } from 'zod';
import type { IncidentRecord } from '../../traffic/record.ts';
import { envelopeFields, headFields, lane, laneSource, name, type Same, utcMs } from './head.ts';

const point = z.tuple([z.number(), z.number()]);

const groundSchema = z.strictObject({
  sensor: name('Loop or camera id.'),
  source: laneSource,
  says: z.enum(['raises', 'confirms', 'weakens']).describe('What its observations mean for the incident.'),
  atMs: utcMs('When it first said so.'),
});

const evidenceSchema = z.strictObject({
  kind: z.enum(['picture', 'clip']),
  name: name('Name of the file, by which it is fetched.'),
  sha256: z
    .string()
    .regex(/^[0-9a-f]{64}$/)
    .describe('Of the file as it is stored.'),
  bytes: z.int().min(0).describe('Size of the file.'),
  fromMs: utcMs('Beginning of what it shows.'),
  toMs: utcMs('End of what it shows; of a picture, its moment.'),
});

const incidentRecordSchema = z.strictObject({
  ...headFields,
  stream: z.literal('incident'),
  incident: name('Id of the incident; the same from open to close.'),
  incidentKind: z
    .enum([
      'stopped-vehicle',
      'wrong-way',
      'pedestrian',
      'cyclist',
      'congestion',
      'slow-traffic',
      'object-on-road',
      'collision',
    ])
    .describe('What happens on the road.'),
  phase: z
    .enum(['open', 'update', 'close'])
    .describe(
      'An incident opens once, may change, and closes once; files that come later repeat the closing with them.',
    ),
  lane,
  zone: name('The shoulder on which it happened, beside the lane; null in the lane itself.').nullable(),
  sensors: z.array(name('Loop or camera id.')).describe('Sensors whose observations raised or confirmed it.'),
  grounds: z.array(groundSchema).max(64).describe('Which sensor said what, in order.'),
  certainty: z
    .enum(['suspected', 'confirmed'])
    .describe('`suspected` until a second sensor bears it out, or it has lasted; an update tells.'),
  severity: z
    .enum(['notice', 'warning', 'critical'])
    .describe('How urgent; one step lower while a sensor weakens it.'),
  startedAtMs: utcMs('When it began on the road, before it could be recognised.'),
  openedAtMs: utcMs('When it was recognised.'),
  closedAtMs: utcMs('When it closed; null while it is open.').nullable(),
  closing: z
    .enum(['cleared', 'unseen', 'agent-stopped'])
    .nullable()
    .describe('Why it closed: seen to be gone, not seen by anybody for too long, or the agent stopped.'),
  positionPx: point
    .nullable()
    .describe("x, y in pixels of the camera's configured picture; null when loops raised it."),
  positionM: point
    .nullable()
    .describe("x, y in metres on the camera's ground plane; null when the camera is not calibrated."),
  speedKmh: z.number().nullable().describe('Speed of the vehicle, km/h.'),
  direction: z
    .enum(['forward', 'reverse'])
    .nullable()
    .describe('How its vehicle moves or moved relative to the lane; null when it was not seen to move.'),
  queueLengthM: z
    .number()
    .min(0)
    .nullable()
    .describe('Length of the queue, metres; null without one, or when the camera is not calibrated.'),
  evidence: z
    .array(evidenceSchema)
    .max(64)
    .describe('Pictures and clips kept at the cabinet; an update brings them under the same id.'),
});
true satisfies Same<z.infer<typeof incidentRecordSchema>, IncidentRecord>;

export const incidentPayload = incidentRecordSchema
  .extend(envelopeFields('incident'))
  .describe('A step in the life of an incident on the road.');
