import { laneId } from '../../base/ids.ts';
import { evidenceOf, pollMsOf } from '../derive/evidence.ts';
import type { Doubt } from '../load/problem.ts';
import type { LoopDriver } from '../schema/driver.ts';
import type { Path } from '../schema/json-schema.ts';
import type { Device, Site } from '../schema/site.ts';

/*
 * What follows from the time between two reads. traffic/ judges each figure by the same limits and publishes it
 * accordingly; a test keeps the two together.
 */

/** A motorcycle is about this long: nothing shorter has to be counted in a lane. */
const SHORTEST_VEHICLE_M = 2;
const SHORT_CAR_M = 4;
/** How far above the speed limit vehicles are still expected. */
const ABOVE_LIMIT = 1.3;
/** Reads that have to fall between the two loops of a station for a speed. */
const READS_PER_TRAVEL = 4;
const KMH_PER_M_PER_MS = 3600;

interface PolledLane {
  readonly lane: string;
  readonly pollMs: number;
  readonly speedLimitKmh: number;
  readonly loopLengthM: number;
  /** Null for a single loop. */
  readonly spacingM: number | null;
}

/** What the poll period of a device leaves out, in the lane where it matters most; polled presence only. */
export function resolutionDoubts(placed: {
  readonly site: Site;
  readonly device: Device;
  readonly driver: LoopDriver;
  readonly path: Path;
}): readonly Doubt[] {
  const lanes = polledLanes(placed);
  const path = [...placed.path, 'pollMs'];
  const [shortest] = lanes.toSorted((a, b) => shortestOnTimeMs(a) - shortestOnTimeMs(b));
  if (shortest === undefined) return [];
  if (shortest.pollMs > shortestOnTimeMs(shortest) / 2) return [countDoubt(shortest, path)];
  const tooFast = lanes.filter((lane) => lane.spacingM !== null && speedsBelowKmh(lane) < lane.speedLimitKmh);
  const [worst] = tooFast.toSorted((a, b) => speedsBelowKmh(a) - speedsBelowKmh(b));
  return worst === undefined ? [] : [speedDoubt(worst, path)];
}

/** How long the shortest vehicle at the highest speed that is expected is on one loop of the lane. */
function shortestOnTimeMs({ loopLengthM, speedLimitKmh }: PolledLane): number {
  return ((loopLengthM + SHORTEST_VEHICLE_M) * KMH_PER_M_PER_MS) / (speedLimitKmh * ABOVE_LIMIT);
}

/** Faster vehicles get no speed: too few reads fall between the two loops. */
function speedsBelowKmh({ spacingM, pollMs }: PolledLane): number {
  return ((spacingM ?? 0) * KMH_PER_M_PER_MS) / (READS_PER_TRAVEL * pollMs);
}

function countDoubt(polled: PolledLane, path: Path): Doubt {
  const { lane, pollMs, loopLengthM, spacingM, speedLimitKmh } = polled;
  const missedAboveKmh = (vehicleM: number): string =>
    (((loopLengthM + vehicleM) * KMH_PER_M_PER_MS) / pollMs).toFixed(0);
  const motorcycleKmh = missedAboveKmh(SHORTEST_VEHICLE_M);
  const carKmh = missedAboveKmh(SHORT_CAR_M);
  const onTimeMs = shortestOnTimeMs(polled);
  const belowKmh = speedsBelowKmh(polled).toFixed(0);
  const speeds =
    spacingM === null ? 'no mean speed will be estimated' : `there will be no speeds above ${belowKmh} km/h`;
  const speedsInChinese = spacingM === null ? '无法估算平均车速' : `无法给出高于 ${belowKmh} km/h 的车速`;
  return {
    path,
    message:
      `${pollMs} ms between two reads is more than half of the ${onTimeMs.toFixed(0)} ms that a motorcycle at ` +
      `${(speedLimitKmh * ABOVE_LIMIT).toFixed(0)} km/h is on a loop of ${lane}: counts may miss motorcycles above ` +
      `${motorcycleKmh} km/h and cars above ${carKmh} km/h, and ${speeds}`,
    hint: `Set pollMs to ${Math.floor(onTimeMs / 2)} or less, or use a card that counts or stamps vehicles itself.`,
    chinese:
      `${lane}：轮询间隔 ${pollMs} 毫秒过长，车速高于 ${motorcycleKmh} km/h 的摩托车和高于 ${carKmh} km/h 的小汽车` +
      `可能漏计，且${speedsInChinese}。`,
  };
}

function speedDoubt(polled: PolledLane, path: Path): Doubt {
  const { lane, pollMs, spacingM, speedLimitKmh } = polled;
  const belowKmh = speedsBelowKmh(polled).toFixed(0);
  const enoughMs = Math.floor(((spacingM ?? 0) * KMH_PER_M_PER_MS) / (READS_PER_TRAVEL * speedLimitKmh));
  return {
    path,
    message:
      `with ${pollMs} ms between two reads there will be no speeds above ${belowKmh} km/h in ${lane}, whose limit is ` +
      `${speedLimitKmh} km/h: fewer than ${READS_PER_TRAVEL} reads fall between its loops`,
    hint: `Set pollMs to ${enoughMs} or less for speeds; counts and occupancy are good as it is.`,
    chinese: `${lane}：轮询间隔 ${pollMs} 毫秒，无法给出高于 ${belowKmh} km/h 的车速；计数与占有率不受影响。`,
  };
}

/** The lanes of which the device reads presence. */
function polledLanes({
  site,
  device,
  driver,
}: Parameters<typeof resolutionDoubts>[0]): readonly PolledLane[] {
  const pollMs = pollMsOf(device, driver);
  const polled = device.loops.filter(
    (_loop, channel) => evidenceOf({ driver, channel, pollMs }).kind === 'polled-edges',
  );
  return site.approaches.flatMap((approach) =>
    approach.lanes.flatMap(({ number, speedLimitKmh, station }): PolledLane[] => {
      if (station === undefined || !station.loops.some((loop) => polled.includes(loop))) return [];
      const { loopLengthM, spacingM } = station;
      const lane = laneId(approach.id, number);
      return [{ lane, pollMs, speedLimitKmh, loopLengthM, spacingM: spacingM ?? null }];
    }),
  );
}
