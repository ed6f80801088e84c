import { z } from 'zod';
import type { IncidentRecord } from '../../traffic/record.ts';
import { explained } from './explained.ts';
import { envelopeFields, headFields, lane, laneSource, name, type Same, utcMs } from './head.ts';

const point = z.tuple([z.number(), z.number()]);

const groundSchema = z.strictObject({
  sensor: name('Loop or camera id.'),
  source: laneSource,
  says: explained('What its observations mean for the incident.', {
    raises: 'they are why it was opened',
    confirms: 'they bear it out',
    weakens: 'they speak against it',
  }),
  atMs: utcMs('When it first said so.'),
});

const evidenceSchema = z.strictObject({
  kind: explained('What sort of file.', { picture: 'one JPEG picture', clip: 'some seconds of video' }),
  name: name('Name of the file, by which it is fetched.'),
  sha256: z
    .string()
    .regex(/^[0-9a-f]{64}$/)
    .describe('Of the file as it is stored.'),
  bytes: z.int().min(0).describe('Size of the file, bytes.'),
  fromMs: utcMs('Beginning of what it shows.'),
  toMs: utcMs('End of what it shows; of a picture, its moment.'),
});

const incidentRecordSchema = z.strictObject({
  ...headFields,
  stream: z.literal('incident'),
  incident: name('Id of the incident; the same from open to close.'),
  incidentKind: explained('What happens on the road.', {
    'stopped-vehicle': 'a vehicle stands where none should, and not in a queue',
    'wrong-way': 'a vehicle drives against the direction of the lane',
    pedestrian: 'somebody walks in the lane',
    cyclist: 'somebody cycles in a lane that is not for it',
    congestion: 'traffic of the lane stands or nearly stands',
    'slow-traffic': 'traffic of the lane is far slower than it could be',
    'object-on-road': 'something lies in the lane',
    collision: 'vehicles have met and rest',
  }),
  phase: explained('An incident opens once, may change, and closes once.', {
    open: 'it was recognised',
    update: 'something about it has changed; it replaces what was said before',
    close: 'it is over; files that come later repeat the closing with them',
  }),
  lane,
  zone: name('The shoulder on which it happened, beside the lane; null in the lane itself.').nullable(),
  sensors: z.array(name('Loop or camera id.')).describe('Sensors whose observations raised or confirmed it.'),
  grounds: z.array(groundSchema).max(64).describe('Which sensor said what, in order.'),
  certainty: explained('How sure it is; an update tells of a change.', {
    suspected: 'the first sign of it stands alone',
    confirmed: 'a second sensor bears it out, or it has lasted',
  }),
  severity: explained('How urgent it is; one step lower while a sensor weakens it.', {
    notice: 'worth knowing',
    warning: 'somebody should look',
    critical: 'people are in danger',
  }),
  startedAtMs: utcMs('When it began on the road, before it could be recognised.'),
  openedAtMs: utcMs('When it was recognised.'),
  closedAtMs: utcMs('When it closed; null while it is open.').nullable(),
  closing: explained('Why it closed; null while it is open.', {
    cleared: 'seen to be gone',
    unseen: 'not seen by anybody for too long',
    'agent-stopped': 'the agent stopped',
  }).nullable(),
  positionPx: point
    .nullable()
    .describe(
      "x, y in pixels of the first camera's configured picture, in the order of `grounds`; null when there is none.",
    ),
  positionM: point
    .nullable()
    .describe("x, y in metres on that camera's ground plane; null when it is not calibrated."),
  speedKmh: z.number().nullable().describe('Speed of the vehicle, km/h.'),
  direction: explained('How its vehicle moves or moved; null when it was not seen to move.', {
    forward: 'with the lane',
    reverse: 'against it',
  }).nullable(),
  queueLengthM: z
    .number()
    .min(0)
    .nullable()
    .describe('Length of the queue, metres; null without one, or when the camera is not calibrated.'),
  shownBy: name(
    'Camera whose evidence is kept, where the site keeps any; null when none that worked saw the lane when it opened: then none will come.',
  ).nullable(),
  evidence: z
    .array(evidenceSchema)
    .max(64)
    .describe('Pictures and clips kept at the cabinet; an update brings them under the same id.'),
});
true satisfies Same<z.infer<typeof incidentRecordSchema>, IncidentRecord>;

export const incidentPayload = incidentRecordSchema
  .extend(envelopeFields('incident'))
  .describe('A step in the life of an incident on the road.');
