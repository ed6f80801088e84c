import { join } from 'node:path';
import { MS_PER_S, round } from '../../../src/base/units.ts';
import { projectGround } from '../../../src/simulator/scene/camera-view.ts';
import { drawPoint, drawStretch } from '../../../src/simulator/scene/lane-drawing.ts';
import type { Scene } from '../../evaluate/scene.ts';
import type { Crossing, Truth, TruthEvent } from '../../evaluate/truth.ts';
import { STREET_CAMERA, STREET_LANES, STREET_MARKS, type StreetLane, streetYM } from './street-plan.ts';
import type { StreetScenario } from './street-scenarios.table.ts';
import { type StreetVehicle, streetMoments } from './street-traffic.ts';

export const STREET_CLIPS = join(import.meta.dirname, 'clips');

/** A crossing with what else is known of the vehicle; `speedKmh` when its front is over the line. */
export interface StreetCrossing extends Crossing {
  readonly speedKmh: number;
  readonly lengthM: number;
}

/** One vehicle in one picture: the box around its drawn body, not around its shadow or light. */
export interface TrueBox {
  readonly t: number;
  readonly lane: string;
  readonly class: string;
  /** x1, y1, x2, y2 in pixels of the picture; beyond its borders where the vehicle is. */
  readonly box: readonly [number, number, number, number];
}

/** What NAME.truth.json of the judge holds, and more. */
export type StreetTruth = Omit<Truth, 'lines'> & {
  readonly lines: (Omit<Truth['lines'][number], 'crossings'> & { crossings: StreetCrossing[] })[];
};

/** Who crosses so soon after the first picture was on its line already, or never seen before it. */
const SEEN_BEFORE_S = 1.5;
const SEEN_AFTER_S = 0.5;
/** Of an SUV; nothing else halts here. */
const HALTED_HEIGHT_M = 1.72;
const PERSON_FROM_XM = -1;
const PERSON_TO_XM = 8.2;
const PERSON_STEPS_PER_S = 2;

/** What happens in a scenario, worked out from the simulation alone, without a picture. */
export function buildStreetTruth(scenario: StreetScenario): StreetTruth {
  const moments = [...streetMoments(scenario)];
  const { widthPx, heightPx } = STREET_CAMERA.picture;
  const crossings = new Map<string, StreetCrossing[]>(STREET_LANES.map(({ lane }) => [lane, []]));
  const histories = new Map<string, Step[]>();
  for (const { atMs, vehicles } of moments) {
    for (const vehicle of vehicles) {
      const key = `${vehicle.lane}/${vehicle.id}`;
      histories.set(key, [...(histories.get(key) ?? []), { atMs, vehicle }]);
    }
  }
  for (const steps of histories.values()) {
    const crossing = crossingOf(steps, scenario.durationS);
    if (crossing !== null) crossings.get(steps[0]?.vehicle.lane ?? '')?.push(crossing);
  }
  const halted = [...histories.values()].map((steps) => haltOf(steps, scenario.durationS));
  return {
    file: `${scenario.name}.mp4`,
    ...{ width: widthPx, height: heightPx, duration: scenario.durationS },
    lines: STREET_LANES.map(({ lane, fromXM, toXM, lineYM }) => ({
      id: lane,
      p1: [...drawPoint(STREET_CAMERA, [fromXM, lineYM])],
      p2: [...drawPoint(STREET_CAMERA, [toXM, lineYM])],
      crossings: (crossings.get(lane) ?? []).toSorted((left, right) => left.t - right.t),
    })),
    events: [...halted.filter((event) => event !== null), ...walkOf(scenario)],
  };
}

interface Step {
  readonly atMs: number;
  readonly vehicle: StreetVehicle;
}

function crossingOf(steps: readonly Step[], durationS: number): StreetCrossing | null {
  const first = steps[0]?.vehicle;
  if (first === undefined) return null;
  const line = first.street.plan.loops[0].startM;
  const front = passes(steps, line);
  const rear = passes(steps, line + first.lengthM);
  if (front === null || rear === null || rear.atMs < 0) return null;
  const tIn = front.atMs / MS_PER_S;
  const tOut = rear.atMs / MS_PER_S;
  return {
    t: round((tIn + tOut) / 2, 3),
    t_in: round(tIn, 3),
    t_out: round(tOut, 3),
    direction: first.street.heading,
    class: classOf(first),
    optional: tIn < SEEN_BEFORE_S || tOut > durationS - SEEN_AFTER_S,
    speedKmh: round(front.speedKmh, 2),
    lengthM: first.lengthM,
  };
}

/** When the front is so far along, between two steps. */
function passes(steps: readonly Step[], alongM: number): { atMs: number; speedKmh: number } | null {
  const next = steps.findIndex(({ vehicle }) => vehicle.frontM >= alongM);
  const after = steps[next];
  const before = steps[next - 1];
  if (after === undefined || before === undefined) return null;
  const share = (alongM - before.vehicle.frontM) / (after.vehicle.frontM - before.vehicle.frontM);
  return {
    atMs: before.atMs + share * (after.atMs - before.atMs),
    speedKmh: before.vehicle.speedKmh + share * (after.vehicle.speedKmh - before.vehicle.speedKmh),
  };
}

function haltOf(steps: readonly Step[], durationS: number): TruthEvent | null {
  const rest = steps.find(({ atMs, vehicle }) => atMs >= 0 && vehicle.speedKmh === 0);
  if (rest === undefined) return null;
  const end = steps.find(({ atMs, vehicle }) => atMs > rest.atMs && vehicle.speedKmh > 0);
  const [x1, y1, x2, y2] = boxAround(rest.vehicle);
  return {
    type: 'stopped_vehicle',
    t_start: rest.atMs / MS_PER_S,
    t_end: end === undefined ? durationS : end.atMs / MS_PER_S,
    bbox: [x1, y1, round(x2 - x1, 1), round(y2 - y1, 1)],
    benign: false,
  };
}

/** Around the cuboid that just holds the body: a little larger than the body's own box. */
function boxAround({ street, frontM, lengthM, widthM }: StreetVehicle): [number, number, number, number] {
  const centreXM = (street.fromXM + street.toXM) / 2;
  const corners = [frontM, frontM - lengthM].flatMap((alongM) =>
    [-widthM / 2, widthM / 2].flatMap((sideM) =>
      [0, HALTED_HEIGHT_M].map((aboveM) =>
        projectGround(STREET_CAMERA, [centreXM + sideM, streetYM(street, alongM)], aboveM),
      ),
    ),
  );
  const xs = corners.map(([x]) => x);
  const ys = corners.map(([, y]) => y);
  const [x1, y1, x2, y2] = [Math.min(...xs), Math.min(...ys), Math.max(...xs), Math.max(...ys)];
  return [round(x1, 1), round(y1, 1), round(x2, 1), round(y2, 1)];
}

/** Where the pedestrian is; null before and after the crossing. */
export function walkedM({ pedestrian }: StreetScenario, atS: number): number | null {
  if (pedestrian === null) return null;
  const wayM = (atS - pedestrian.fromS) * pedestrian.speedMs;
  return wayM >= 0 && wayM <= PERSON_TO_XM - PERSON_FROM_XM ? wayM : null;
}

export function personXM(wayM: number): number {
  return PERSON_FROM_XM + wayM;
}

/** While the feet are on the carriageway. */
function walkOf(scenario: StreetScenario): TruthEvent[] {
  const { pedestrian, durationS } = scenario;
  if (pedestrian === null) return [];
  const onRoad = Array.from({ length: durationS * PERSON_STEPS_PER_S }, (_, index) => {
    const atS = index / PERSON_STEPS_PER_S;
    const wayM = walkedM(scenario, atS);
    const xM = wayM === null ? -1 : personXM(wayM);
    const isOnRoad = xM >= 0 && xM <= Math.max(...STREET_LANES.slice(0, 2).map(({ toXM }) => toXM));
    if (!isOnRoad) return [];
    const [x, y] = drawPoint(STREET_CAMERA, [xM, pedestrian.yM]);
    return [[atS, x, y] as [number, number, number]];
  }).flat();
  const [first] = onRoad;
  const last = onRoad.at(-1);
  if (first === undefined || last === undefined) return [];
  return [{ type: 'pedestrian', t_start: first[0], t_end: last[0], path: onRoad, benign: false }];
}

export function classOf({ body }: StreetVehicle): string {
  return body === 'van' || body === 'truck' || body === 'bus' || body === 'motorcycle' ? body : 'car';
}

/** What a technician would draw on the picture; the calibration as one would measure it, without any error. */
export function buildStreetScene(): Scene {
  const { picture, crop } = STREET_CAMERA;
  return {
    picture: { ...picture },
    crop: { ...crop },
    groundPlane: STREET_MARKS.map((m) => ({ px: [...drawPoint(STREET_CAMERA, m)], m: [...m] })),
    lanes: STREET_LANES.map((street) => ({
      counts: { line: street.lane, forward: street.heading },
      kind: 'through',
      ...drawnLane(street),
    })),
  };
}

function drawnLane(street: StreetLane): Pick<Scene['lanes'][number], 'polygon' | 'countLine' | 'direction'> {
  const { polygon, countLine, direction } = drawStretch(STREET_CAMERA, street);
  const [from, to] = [direction[0], direction[1]];
  return {
    polygon: polygon.map(([x, y]) => [x, y]),
    countLine: [[...countLine[0]], [...countLine[1]]],
    direction: [[...from], [...to]],
  };
}
