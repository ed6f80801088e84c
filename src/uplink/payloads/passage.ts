import { z } from 'zod';
import type { PassageRecord } from '../../traffic/record.ts';
import { envelopeFields, headFields, lane, laneSource, name, type Same } from './head.ts';

const passageRecordSchema = z.strictObject({
  ...headFields,
  stream: z.literal('passage'),
  lane,
  source: laneSource,
  sensor: name('Id of the reference loop or of the camera.'),
  direction: z.enum(['forward', 'reverse']).describe('With or against the direction of the lane.'),
  onTimeMs: z
    .number()
    .nullable()
    .describe('Time the reference loop was occupied, ms. Null: an edge was not seen.'),
  speedKmh: z.number().nullable().describe('Spot speed, km/h. Null where the sensor cannot measure one.'),
  speedMethod: z
    .enum(['dual-loop', 'device', 'camera'])
    .nullable()
    .describe('Travel time between two loops, the device itself, or the camera. Null without a speed.'),
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
  class: z
    .enum(['car', 'van', 'truck', 'bus', 'motorcycle', 'bicycle', 'person', 'unknown'])
    .nullable()
    .describe('Vehicle class. Null where the sensor cannot tell.'),
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
