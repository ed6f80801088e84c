import { z } from 'zod';
import { idSchema, label } from './fields.ts';

/* Approaches, lanes, the loops in them, and when a loop's figures are no longer believed. */

const hour = z.number().int().min(0).max(23);

export const quietHoursSchema = z
  .strictObject({
    fromH: hour.describe('First quiet hour of the day, local time, 0 to 23.'),
    toH: hour.describe('First hour that is not quiet again, local time, 0 to 23.'),
    factor: z
      .number()
      .min(1)
      .max(100)
      .describe('How many times longer noHitsS and constantS are in these hours.'),
  })
  .nullable()
  .describe('Hours in which few vehicles come, { fromH, toH, factor }, or null for none.');

function limit(text: string, max: number) {
  return z.number().min(0).max(max).exactOptional().describe(`${text} 0 switches the rule off.`);
}

const DAY_S = 86_400;

/** What is left out is taken from the kind of the lane (derive/fault-limits.table.ts). */
const faultLimitsSchema = z
  .strictObject({
    lockedOnS: limit('An output that stays on longer, in seconds, is a faulty detector.', DAY_S),
    noHitsS: limit('Seconds without a vehicle that are a fault, in hours that are not quiet.', 30 * DAY_S),
    chatterPer30S: limit('More pulses in 30 seconds are chatter.', 10_000),
    constantS: limit('Seconds that an occupancy above 0 may stay exactly the same.', 30 * DAY_S),
    spikePct: limit('Percentage points between two 30 s occupancies that are a spike.', 100),
    spikeHoldS: limit('Seconds that spikes have to add up to.', DAY_S),
    mismatchPct: limit('Percent of 30 s bins with vehicles but no occupancy, or the reverse.', 100),
    shortPulseMs: limit('Pulses shorter than this, in milliseconds, are no vehicles.', 10_000),
    shortPulsePct: limit('Percent of pulses that may be that short.', 100),
    pairMismatches: limit('Consecutive vehicles that only one loop of a pair saw.', 1000),
    crosstalkPct: limit('Percent of pulses that coincide with pulses of the next lane.', 100),
    disagreementPct: limit('Percent by which the counts of loop and camera may differ.', 100),
    quietHours: quietHoursSchema.exactOptional(),
  })
  .describe('When the loops of this lane are no longer believed; what is left out follows from kind.');

const stationSchema = z
  .strictObject({
    loops: z
      .array(idSchema)
      .min(1)
      .max(2)
      .describe('[entry] or [entry, exit], in the order in which a vehicle meets them.'),
    spacingM: z
      .number()
      .min(1)
      .max(20)
      .exactOptional()
      .describe('Metres between the leading edges of the two loops; measure it on the road.'),
    loopLengthM: z
      .number()
      .min(0.5)
      .max(30)
      .default(2)
      .describe('Extent of one loop along the road, metres.'),
    effectiveLengthM: z
      .number()
      .min(2)
      .max(30)
      .default(6.7)
      .describe('Mean vehicle length plus loop length to begin with, metres; the lane learns its own.'),
    atStopLine: z
      .boolean()
      .exactOptional()
      .describe('true when vehicles wait on the loops; without it, true in a lane of kind stop-line.'),
  })
  .describe('The induction loops of this lane.');

export const CLASS_SCHEMES = ['gbt43229', 'fhwa4', 'tls9'] as const;
export type ClassSchemeName = (typeof CLASS_SCHEMES)[number];

const binSchema = z.strictObject({
  name: idSchema.describe('Your name for this class, such as long.'),
  belowM: z.number().positive().max(1000).describe('Vehicles shorter than this belong to it, metres.'),
});

const classesSchema = z
  .union([z.enum(CLASS_SCHEMES), z.array(binSchema).min(1).max(16)], {
    error: 'gbt43229, fhwa4, tls9 or a list of { name, belowM }',
  })
  .default('gbt43229')
  .describe('Length classes: gbt43229, fhwa4, tls9, or your own list of { name, belowM }, shortest first.');

export const LANE_KINDS = ['through', 'stop-line', 'turn', 'ramp', 'bus', 'non-motor'] as const;

const laneSchema = z.strictObject({
  number: z.number().int().min(1).max(99).describe('Counted from the median outwards, 1 to 99.'),
  kind: z
    .enum(LANE_KINDS)
    .default('through')
    .describe('What the lane is for; fault limits and incidents differ by it.'),
  speedLimitKmh: z.number().min(5).max(130).default(60).describe('The speed limit of the lane, km/h.'),
  usualSource: z
    .enum(['loop', 'camera'])
    .default('loop')
    .describe('Which of its sensors leads while both can be believed: loop or camera.'),
  classes: classesSchema,
  station: stationSchema.exactOptional(),
  faultLimits: faultLimitsSchema.prefault({}),
});

export const approachSchema = z.strictObject({
  id: idSchema.describe('One arm of the intersection, such as north; lanes are then north-1, north-2.'),
  name: label,
  lanes: z.array(laneSchema).min(1).max(12),
});
