import { z } from 'zod';
import type { FlowRecord } from '../../traffic/record.ts';
import { explained } from './explained.ts';
import { envelopeFields, gaps, headFields, lane, laneSource, name, type Same, utcMs } from './head.ts';

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
  lead: z
    .boolean()
    .describe('True for the one source of this lane and interval to use; the others are for comparison.'),
  leadReason: explained("Why another source leads than the lane's usual one; null when the usual one does.", {
    coverage: 'the usual one missed too much of the interval',
    distrust: 'the usual one was not believed',
  }).nullable(),
  partial: z
    .boolean()
    .describe('True when the interval was cut short: endMs - startMs is less than the width.'),
  count: count
    .nullable()
    .describe("Vehicles in the lane's direction. Zero is an empty road; null is no measurement."),
  reverseCount: count.nullable().describe("Vehicles against the lane's direction; they are not in `count`."),
  counterOnlyCount: count.describe("Vehicles of `count` that only the card's counter knew."),
  lateCount: count.describe(
    'Vehicles of earlier intervals, known only after those had been published; they are not in any `count`.',
  ),
  resolution: z
    .enum(['resolved', 'coarse', 'device'])
    .nullable()
    .describe(
      'Whether readings were close enough together for every vehicle: `coarse` when their period exceeds half ' +
        'of the shortest on-time expected in the lane, `resolved` when not, `device` when the device itself ' +
        'detects and counts. Cameras: null.',
    ),
  flowVehH: z.number().nullable().describe('Flow, veh/h: count x 3600 / measured seconds of the interval.'),
  occupancyPct: percent
    .nullable()
    .describe('Share of the measured time that the reference loop was occupied, percent. Cameras: null.'),
  occupancyMethod: explained('What occupancy was made from; null without one.', {
    edges: "on-times between the loop's edges",
    accumulated: 'the time that the card itself has added up',
    device: 'on-times or intervals that the device measured',
  }).nullable(),
  occupancyUncertaintyPct: percent
    .nullable()
    .describe(
      'Half width of what the timing of the readings leaves open about occupancy, percentage points.',
    ),
  timeMeanSpeedKmh: z
    .number()
    .nullable()
    .describe(
      'Arithmetic mean of the spot speeds, km/h, null where less than half of the vehicles have one; with ' +
        "`device` intervals the device's own mean.",
    ),
  spaceMeanSpeedKmh: z
    .number()
    .nullable()
    .describe(
      'Distance over mean travel time, km/h: harmonic mean of the spot speeds, and over a pair of loops also of ' +
        'the mean speeds of vehicles that stood there; with `single-loop` estimated from flow and occupancy.',
    ),
  speed85Kmh: z
    .number()
    .nullable()
    .describe('85 % of the spot speeds were not above this, km/h. Null below 20 vehicles.'),
  speedCount: count.describe('How many vehicles the space-mean speed rests on.'),
  spotSpeedCount: count.describe(
    'How many vehicles have a spot speed: the arithmetic mean and the 85th percentile rest on these.',
  ),
  speedMethod: explained('What the speeds were made from; null without any.', {
    'dual-loop': 'travel time between two loops',
    'single-loop': 'flow, occupancy and learned effective length: an estimate',
    device: 'the device itself',
    camera: 'the camera, on its calibrated road plane',
  }).nullable(),
  speedUncertaintyPct: z
    .number()
    .min(0)
    .nullable()
    .describe('One standard error of the space-mean speed, percent of it. Null where it is not known.'),
  effectiveLength: z
    .strictObject({
      lengthM: z.number().describe('Vehicle plus loop, as the loop of this lane sees them, m.'),
      basis: explained('Where it is from.', {
        configured: 'the site file',
        'free-flow': 'learned from free flow, taken to be at the speed limit',
        camera: 'learned from the speeds of a camera',
        measured: 'learned from the two loops of the lane',
      }),
      vehicles: count.describe('How many vehicles it was learned from.'),
    })
    .nullable()
    .describe('What a `single-loop` speed of this lane rests on. Null where none may be estimated.'),
  meanHeadwayS: z.number().nullable().describe('Mean time between the fronts of following vehicles, s.'),
  meanGapS: z.number().nullable().describe('Mean time from rear to front of following vehicles, s.'),
  meanLengthM: z.number().nullable().describe('Mean of the measured vehicle lengths, m.'),
  classScheme: z
    .string()
    .nullable()
    .describe('Which length bins `classCounts` has; `device` for those of the device itself.'),
  classCounts: z
    .record(z.string(), count)
    .nullable()
    .describe('Vehicles of `count` by length bin; `unclassified` holds those without a length.'),
  queuePresenceS: z
    .number()
    .min(0)
    .nullable()
    .describe('Time that a vehicle stood on the stop-line loop, s. Null where the lane has none.'),
  queueLengthM: z
    .number()
    .min(0)
    .nullable()
    .describe('Longest queue back from the stop line, m. Null without a calibrated camera and a stop line.'),
  meanQueueLengthM: z.number().min(0).nullable().describe('Its mean over the interval, m.'),
  expected: z.number().min(0).describe('Readings that the sensor was to deliver in the interval.'),
  received: z.number().min(0).describe('Readings that came.'),
  coveragePct: percent.describe('Measured share of the interval, percent.'),
  gaps,
});
true satisfies Same<z.infer<typeof flowRecordSchema>, FlowRecord>;

export const flowPayload = flowRecordSchema
  .extend(envelopeFields('flow'))
  .describe(
    'The aggregate of one lane over [startMs, endMs). Every figure is null, never zero, when unmeasured.',
  );
