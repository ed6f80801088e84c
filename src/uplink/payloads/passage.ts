import { z } from 'zod';
import type { PassageRecord } from '../../traffic/record.ts';
import { explained } from './explained.ts';
import { envelopeFields, headFields, lane, laneSource, name, type Same } from './head.ts';

const passageRecordSchema = z.strictObject({
  ...headFields,
  stream: z.literal('passage'),
  lane,
  source: laneSource,
  sensor: name('Id of the reference loop or of the camera.'),
  direction: explained('Which way it went.', { forward: 'with the lane', reverse: 'against it' }),
  onTimeMs: z
    .number()
    .nullable()
    .describe('Time the reference loop was occupied, ms. Null: an edge was not seen.'),
  speedKmh: z.number().nullable().describe('Spot speed, km/h. Null where the sensor cannot measure one.'),
  speedMethod: explained('What measured the speed; null without one.', {
    'dual-loop': 'travel time between two loops',
    device: 'the device itself',
    camera: 'the camera, on its calibrated road plane',
  }).nullable(),
  speedUncertaintyPct: z
    .number()
    .min(0)
    .nullable()
    .describe(
      'Half width of what is left open about the speed, percent of it: by the timing of the edges; of a camera ' +
        'with 95 % probability, by box jitter, calibration and stamps.',
    ),
  lengthM: z.number().nullable().describe('Vehicle length, m.'),
  lengthClass: z
    .string()
    .nullable()
    .describe("The bin of the lane's class scheme that the length falls into."),
  class: explained('Class of the road user. Null where the sensor cannot tell classes.', {
    car: 'a passenger car',
    van: 'a van or light goods vehicle',
    truck: 'a lorry',
    bus: 'a bus or coach',
    motorcycle: 'a motorcycle or scooter',
    bicycle: 'a bicycle',
    person: 'somebody on foot',
    unknown: 'seen, but of no class that it could tell',
  }).nullable(),
  headwayMs: z.number().nullable().describe('Front edge to front edge of the vehicle before, ms.'),
  gapMs: z.number().nullable().describe('Rear edge of the vehicle before to this front edge, ms.'),
  counterOnly: z
    .boolean()
    .describe("True when only the card's counter knew of this vehicle: its moment is uncertain."),
});
true satisfies Same<z.infer<typeof passageRecordSchema>, PassageRecord>;

export const passagePayload = passageRecordSchema
  .extend(envelopeFields('passage'))
  .describe('One vehicle over the reference line of one lane.');
