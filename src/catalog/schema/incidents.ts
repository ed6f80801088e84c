import { z } from 'zod';
import { LANE_KINDS } from './lane.ts';

/* When incidents open, are confirmed and close. docs/incidents.md says where the defaults come from. */

type LaneKind = (typeof LANE_KINDS)[number];

const seconds = (min: number, byDefault: number, text: string) =>
  z.number().min(min).max(3600).default(byDefault).describe(text);

const speed = (max: number, byDefault: number, text: string) =>
  z.number().min(1).max(max).default(byDefault).describe(text);

const percent = (byDefault: number, text: string) =>
  z.number().min(1).max(100).default(byDefault).describe(text);

/** What the rules of all kinds have in common. */
function laneRule(
  defaults: { readonly dwellS: number; readonly clearS: number; readonly lanes: readonly LaneKind[] },
  texts: { readonly dwell: string; readonly clear: string },
) {
  return {
    dwellS: seconds(0.2, defaults.dwellS, texts.dwell),
    clearS: seconds(1, defaults.clearS, texts.clear),
    lanes: z
      .array(z.enum(LANE_KINDS))
      .max(LANE_KINDS.length)
      .default([...defaults.lanes])
      .describe('The kinds of lane in which it is an incident; [] for none.'),
  };
}

const wait = (byDefault: number) =>
  seconds(0, byDefault, 'Seconds that vehicles may have to wait in lanes of this kind.');

const MOTOR_LANES = ['through', 'stop-line', 'turn', 'ramp', 'bus'] as const;
const FLOWING_LANES = ['through', 'ramp'] as const;

const stoppedVehicle = z.strictObject({
  belowKmh: speed(20, 5, 'A slower vehicle stands, km/h.'),
  ...laneRule(
    { dwellS: 10, clearS: 15, lanes: LANE_KINDS },
    {
      dwell: 'Seconds it stands before the incident opens.',
      clear: 'Seconds the lane is free before it closes.',
    },
  ),
  waitS: z
    .strictObject({
      through: wait(0),
      'stop-line': wait(180),
      turn: wait(180),
      ramp: wait(0),
      bus: wait(120),
      'non-motor': wait(0),
    })
    .prefault({})
    .describe('By kind of lane, how long vehicles stand there by design: a red, a gap, passengers.'),
});

const wrongWay = z.strictObject({
  aboveKmh: speed(50, 8, 'Slower movement does not count, km/h.'),
  ...laneRule(
    { dwellS: 1, clearS: 3, lanes: MOTOR_LANES },
    {
      dwell: 'Seconds of wrong-way travel before it opens.',
      clear: 'Seconds without wrong-way travel before it closes.',
    },
  ),
  distanceM: z.number().min(1).max(100).default(8).describe('Metres of wrong-way travel before it opens.'),
});

const pedestrian = z.strictObject(
  laneRule(
    { dwellS: 4, clearS: 10, lanes: FLOWING_LANES },
    {
      dwell: 'Seconds somebody is in the lane before it opens.',
      clear: 'Seconds without anybody before it closes.',
    },
  ),
);

const cyclist = z.strictObject(
  laneRule(
    { dwellS: 4, clearS: 10, lanes: ['ramp'] },
    {
      dwell: 'Seconds a cyclist is in the lane before it opens.',
      clear: 'Seconds without one before it closes.',
    },
  ),
);

const congestion = z.strictObject({
  ...laneRule(
    { dwellS: 30, clearS: 30, lanes: MOTOR_LANES },
    {
      dwell: 'Seconds the queue is that long before it opens.',
      clear: 'Seconds it is shorter before it closes.',
    },
  ),
  queueLengthM: z
    .number()
    .min(5)
    .max(500)
    .default(50)
    .describe('Metres of queue, where the camera is calibrated.'),
  laneSharePct: percent(60, 'Percent of the lane in the picture, where the camera is not calibrated.'),
  occupancyPct: percent(70, 'Percent of 30 seconds that a loop is occupied …'),
  belowKmh: speed(50, 20, '… by vehicles slower than this, km/h.'),
});

const slowTraffic = z.strictObject({
  ...laneRule(
    { dwellS: 60, clearS: 60, lanes: FLOWING_LANES },
    {
      dwell: 'Seconds traffic is slow before it opens.',
      clear: 'Seconds it is faster before it closes.',
    },
  ),
  belowPct: percent(40, 'Percent of the speed limit that the mean speed is below.'),
  vehicles: z.number().int().min(2).max(100).default(4).describe('Vehicles in the last minute, at least.'),
});

const objectOnRoad = z.strictObject(
  laneRule(
    { dwellS: 20, clearS: 10, lanes: FLOWING_LANES },
    {
      dwell: 'Seconds it lies there before the incident opens.',
      clear: 'Seconds it is gone before it closes.',
    },
  ),
);

const collision = z.strictObject(
  laneRule(
    { dwellS: 0.2, clearS: 30, lanes: MOTOR_LANES },
    {
      dwell: 'Seconds between the impact and the opening.',
      clear: 'Seconds without a trace of it before it closes.',
    },
  ),
);

export const incidentsSchema = z
  .strictObject({
    coolDownS: seconds(
      0,
      180,
      'Seconds after a close in which the same vehicle or object does not raise it again.',
    ),
    confirmS: seconds(1, 60, 'Seconds after which what one camera shows is confirmed.'),
    unseenS: seconds(10, 300, 'Seconds without a picture after which an open incident closes as unseen.'),
    stoppedVehicle: stoppedVehicle.prefault({}),
    wrongWay: wrongWay.prefault({}),
    pedestrian: pedestrian.prefault({}),
    cyclist: cyclist.prefault({}),
    congestion: congestion.prefault({}),
    slowTraffic: slowTraffic.prefault({}),
    objectOnRoad: objectOnRoad.prefault({}),
    collision: collision.prefault({}),
  })
  .prefault({})
  .describe('When incidents open and close, by kind.');
