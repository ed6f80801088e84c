import { z } from 'zod';
import type { FlowRecord } from '../../traffic/record.ts';
import { envelopeFields, headFields, lane, laneSource, name, type Same, utcMs } from './head.ts';

const count = z.int().min(0);
const percent = z.number().min(0).max(100);

const flowRecordSchema = z.strictObject({
  ...headFields,
  stream: z.literal('flow'),
  lane,
  source: laneSource,
  sensor: name('Id of the reference loop or of the camera.'),
  startMs: utcMs('Start of the interval, included.'),
  endMs: utcMs('End of the interval, not included.'),
  widthS: z.number().min(1).describe('Nominal width of the interval, s.'),
  partial: z
    .boolean()
    .describe('True when the interval was cut short: endMs - startMs is less than the width.'),
  count: count
    .nullable()
    .describe("Vehicles in the lane's direction. Zero is an empty road; null is no measurement."),
  reverseCount: count.nullable().describe("Vehicles against the lane's direction; they are not in `count`."),
  counterOnlyCount: count.describe("Vehicles of `count` that only the card's counter knew."),
  flowVehH: z.number().nullable().describe('Flow, veh/h: count x 3600 / measured seconds of the interval.'),
  occupancyPct: percent
    .nullable()
    .describe('Share of the measured time that the reference loop was occupied, percent. Cameras: null.'),
  timeMeanSpeedKmh: z.number().nullable().describe('Arithmetic mean of the spot speeds, km/h.'),
  spaceMeanSpeedKmh: z.number().nullable().describe('Harmonic mean of the spot speeds, km/h.'),
  speedCount: count.describe('How many vehicles the two mean speeds rest on.'),
  meanHeadwayS: z.number().nullable().describe('Mean time between the fronts of following vehicles, s.'),
  expected: z.number().min(0).describe('Readings that the sensor was to deliver in the interval.'),
  received: z.number().min(0).describe('Readings that came.'),
  coveragePct: percent.describe('Measured share of the interval, percent.'),
  gaps: z
    .array(
      z.strictObject({
        fromMs: utcMs('Start of the stretch without readings.'),
        toMs: utcMs('End of the stretch without readings.'),
        cause: z
          .enum(['bus', 'device', 'detector', 'camera', 'agent', 'clock'])
          .describe('What was at fault.'),
      }),
    )
    .describe('Stretches of the interval without readings.'),
});
true satisfies Same<z.infer<typeof flowRecordSchema>, FlowRecord>;

export const flowPayload = flowRecordSchema
  .extend(envelopeFields('flow'))
  .describe(
    'The aggregate of one lane over [startMs, endMs). Every figure is null, never zero, when unmeasured.',
  );
