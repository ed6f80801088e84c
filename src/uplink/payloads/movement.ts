import { z } from 'zod';
import type { MovementRecord } from '../../traffic/record.ts';
import { envelopeFields, gaps, headFields, name, type Same, utcMs } from './head.ts';

const count = z.int().min(0);
const zone = name('Id of an entry or exit zone of the camera.');

const movementRecordSchema = z.strictObject({
  ...headFields,
  stream: z.literal('movement'),
  camera: name('Id of the camera.'),
  startMs: utcMs('Start of the interval, included.'),
  endMs: utcMs('End of the interval, not included.'),
  widthS: z.number().min(1).describe('Nominal width of the interval, s.'),
  partial: z
    .boolean()
    .describe('True when the interval was cut short: endMs - startMs is less than the width.'),
  movements: z
    .array(
      z.strictObject({
        entry: zone,
        exit: zone,
        count: count.describe('Vehicles that came in through `entry` and went out through `exit`.'),
        classCounts: z
          .record(z.string(), count)
          .describe('`count` by group: light (car, van), heavy (truck, bus), motorcycle, other.'),
      }),
    )
    .nullable()
    .describe('Every pair of entry and exit, with 0 where nobody turned. Null: nothing was measured.'),
  unmatchedEntries: z
    .record(z.string(), count)
    .nullable()
    .describe('By entry zone: vehicles that came in and were lost from view before an exit; in no pair.'),
  unmatchedExits: z
    .record(z.string(), count)
    .nullable()
    .describe('By exit zone: vehicles that went out and had not been seen to come in; in no pair.'),
  expected: z.number().min(0).describe('Pictures that were to be judged in the interval.'),
  received: z.number().min(0).describe('Pictures that were.'),
  coveragePct: z.number().min(0).max(100).describe('Measured share of the interval, percent.'),
  gaps,
});
true satisfies Same<z.infer<typeof movementRecordSchema>, MovementRecord>;

export const movementPayload = movementRecordSchema
  .extend(envelopeFields('movement'))
  .describe('Turning movements that one camera saw over [startMs, endMs).');
