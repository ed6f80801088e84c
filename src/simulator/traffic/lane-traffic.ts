import { kmhFromMs, MS_PER_S, round } from '../../base/units.ts';
import type { Arrival, ArrivalSource } from './arrival.ts';
import { BODIES } from './bodies.table.ts';
import { accelerationOf } from './car-following.ts';
import type { LanePlan } from './lane-plan.ts';
import { createLaneVehicle, type LaneVehicle } from './lane-vehicle.ts';
import type { RoadChange, RoadVehicle, ScriptName } from './road-change.ts';
import { aspectAt, type FixedTimeSignal } from './signal.ts';

/** The physical step. At 14 m/s a vehicle moves 28 cm in it; edges inside a step are interpolated. */
export const STEP_MS = 20;
/** Decimals of every stamp: 0.01 ms is finer than any detector card and short in a file. */
export const STAMP_DECIMALS = 2;

/** Below this a braking vehicle counts as halted; the model alone would creep for ever. */
const REST_SPEED_MS = 0.15;
/** A halted driver moves off only for a real gap, not for every centimetre. */
const START_ACCELERATION_MS2 = 0.3;
/** At amber, who would have to brake harder than this drives through. */
const AMBER_BRAKING_MS2 = 3;
/** Where the first vehicle of a queue halts, before the stop line. */
const STOP_LINE_DISTANCE_M = 1;
/** An entering vehicle adapts to a leader closer than this. */
const ENTRY_SIGHT_M = 40;

/** The traffic of one lane. Lanes do not touch each other: nobody changes lane here. */
export interface LaneTraffic {
  /** Advances by STEP_MS and tells what changed in it, in the order of each vehicle's way. */
  step(): RoadChange[];
  vehicles(): RoadVehicle[];
}

export function createLaneTraffic(options: {
  readonly plan: LanePlan;
  readonly arrivals: ArrivalSource;
  readonly signal: FixedTimeSignal | null;
}): LaneTraffic {
  const { plan, arrivals, signal } = options;
  const onLoop = new Map<string, number>(plan.loops.map(({ loop }) => [loop, 0]));
  let vehicles: LaneVehicle[] = [];
  let waiting: Arrival | null = arrivals();
  let entered = 0;
  let nowMs = 0;

  const enter = (): void => {
    if (waiting === null || waiting.atMs > nowMs) return;
    const speedMs = entrySpeed(waiting, vehicles.at(-1));
    if (speedMs === null) return;
    vehicles.push(createLaneVehicle(plan, { id: entered, arrival: waiting, speedMs }));
    entered += 1;
    waiting = arrivals();
  };

  return {
    step() {
      enter();
      const changes: RoadChange[] = [];
      const accelerations = vehicles.map((vehicle, index) =>
        wantedAcceleration({ plan, signal, nowMs, vehicle, leader: vehicles[index - 1] }),
      );
      vehicles.forEach((vehicle, index) => {
        move({ plan, vehicle, acceleration: accelerations[index] ?? 0, nowMs, onLoop, changes });
      });
      vehicles = vehicles.filter(({ travelledM, body }) => travelledM < plan.lengthM + body.lengthM);
      nowMs += STEP_MS;
      return changes;
    },
    vehicles: () => vehicles.map((vehicle) => seen(plan, vehicle)),
  };
}

/** Null while there is no room. */
function entrySpeed(arrival: Arrival, last: LaneVehicle | undefined): number | null {
  if (last === undefined || last.direction === 'reverse') return startSpeed(arrival);
  const { timeGapS, standstillGapM } = BODIES[arrival.body];
  const gapM = last.travelledM - last.body.lengthM;
  const speedMs = gapM < ENTRY_SIGHT_M ? Math.min(arrival.freeSpeedMs, last.speedMs) : arrival.freeSpeedMs;
  return gapM >= standstillGapM + speedMs * timeGapS ? speedMs : null;
}

function startSpeed({ script, freeSpeedMs }: Arrival): number {
  return script?.script === 'wrong-way' ? script.viewSpeedMs : freeSpeedMs;
}

interface Situation {
  readonly plan: LanePlan;
  readonly signal: FixedTimeSignal | null;
  readonly nowMs: number;
  readonly vehicle: LaneVehicle;
  readonly leader: LaneVehicle | undefined;
}

function wantedAcceleration(situation: Situation): number {
  const { plan, vehicle, leader } = situation;
  const driver = { body: vehicle.body, freeSpeedMs: freeSpeed(plan, vehicle), speedMs: vehicle.speedMs };
  if (vehicle.direction === 'reverse') return accelerationOf(driver, null);
  const following =
    leader === undefined || leader.direction === 'reverse'
      ? accelerationOf(driver, null)
      : accelerationOf(driver, {
          gapM: leader.travelledM - leader.body.lengthM - vehicle.travelledM,
          speedMs: leader.speedMs,
        });
  const stopM = stopAhead(situation);
  if (stopM === null) return following;
  const gapM = stopM - vehicle.travelledM + vehicle.body.standstillGapM;
  return Math.min(following, accelerationOf(driver, { gapM, speedMs: 0 }));
}

function freeSpeed(plan: LanePlan, { arrival, body, travelledM }: LaneVehicle): number {
  if (arrival.script?.script !== 'wrong-way' || plan.viewM === null) return arrival.freeSpeedMs;
  const outOfView = travelledM > plan.lengthM - plan.viewM.from + body.lengthM;
  return outOfView ? arrival.freeSpeedMs : arrival.script.viewSpeedMs;
}

/** Where the vehicle's front has to halt now, by script or by signal; null when nothing stops it. */
function stopAhead({ plan, signal, nowMs, vehicle }: Situation): number | null {
  const { script } = vehicle.arrival;
  if (script?.script === 'stopped-vehicle' && nowMs < script.untilMs) return script.restAtM;
  if (signal === null || plan.stopLineM === null) return null;
  const toLineM = plan.stopLineM - vehicle.travelledM;
  if (toLineM < 0 || aspectAt(signal, nowMs) === 'green') return null;
  const canStop = vehicle.speedMs ** 2 <= 2 * AMBER_BRAKING_MS2 * toLineM;
  return canStop ? plan.stopLineM - STOP_LINE_DISTANCE_M : null;
}

interface Move {
  readonly plan: LanePlan;
  readonly vehicle: LaneVehicle;
  readonly acceleration: number;
  readonly nowMs: number;
  readonly onLoop: Map<string, number>;
  readonly changes: RoadChange[];
}

function move({ plan, vehicle, acceleration, nowMs, onLoop, changes }: Move): void {
  const stepS = STEP_MS / MS_PER_S;
  const before = { travelledM: vehicle.travelledM, speedMs: vehicle.speedMs };
  const rests =
    before.speedMs < REST_SPEED_MS && acceleration < (before.speedMs === 0 ? START_ACCELERATION_MS2 : 0);
  const speedMs = rests ? 0 : Math.max(0, before.speedMs + acceleration * stepS);
  if (!rests) vehicle.travelledM += ((before.speedMs + speedMs) / 2) * stepS;
  vehicle.speedMs = speedMs;
  markHalt({ plan, vehicle, nowMs, changes });

  for (;;) {
    const waypoint = vehicle.waypoints[vehicle.nextWaypoint];
    if (waypoint === undefined || waypoint.travelledM > vehicle.travelledM) return;
    const share = (waypoint.travelledM - before.travelledM) / (vehicle.travelledM - before.travelledM);
    const atMs = round(nowMs + share * STEP_MS, STAMP_DECIMALS);
    const speedThere = before.speedMs + share * (speedMs - before.speedMs);
    vehicle.nextWaypoint += 1;
    const change = changeAt({ plan, vehicle, mark: waypoint.mark, atMs, speedMs: speedThere, onLoop });
    if (change !== null) changes.push(change);
  }
}

function markHalt(at: Pick<Move, 'plan' | 'vehicle' | 'nowMs' | 'changes'>): void {
  const { plan, vehicle, nowMs, changes } = at;
  if (vehicle.halt === 'ahead' && vehicle.speedMs === 0) {
    vehicle.halt = 'resting';
    changes.push(scriptMark({ plan, script: 'stopped-vehicle', phase: 'start', atMs: nowMs + STEP_MS }));
  } else if (vehicle.halt === 'resting' && vehicle.speedMs > 0) {
    vehicle.halt = 'over';
    changes.push(scriptMark({ plan, script: 'stopped-vehicle', phase: 'end', atMs: nowMs }));
  }
}

function changeAt(at: {
  readonly plan: LanePlan;
  readonly vehicle: LaneVehicle;
  readonly mark: LaneVehicle['waypoints'][number]['mark'];
  readonly atMs: number;
  readonly speedMs: number;
  readonly onLoop: Map<string, number>;
}): RoadChange | null {
  const { plan, vehicle, mark, atMs, onLoop } = at;
  switch (mark.kind) {
    case 'loop': {
      const before = onLoop.get(mark.loop) ?? 0;
      const after = before + (mark.occupied ? 1 : -1);
      onLoop.set(mark.loop, after);
      if (before > 0 && after > 0) return null;
      return { kind: 'loop', loop: mark.loop, occupied: mark.occupied, atMs };
    }
    case 'reference':
      vehicle.reference = { atMs, speedMs: at.speedMs };
      return null;
    case 'completed':
      return {
        kind: 'passage',
        lane: plan.lane,
        direction: vehicle.direction,
        atMs: vehicle.reference?.atMs ?? atMs,
        completedAtMs: atMs,
        speedKmh: round(kmhFromMs(vehicle.reference?.speedMs ?? at.speedMs), 2),
        lengthM: vehicle.body.lengthM,
        class: vehicle.body.class,
      };
    case 'enters-view':
      return scriptMark({ plan, script: 'wrong-way', phase: 'start', atMs });
    case 'leaves-view':
      return scriptMark({ plan, script: 'wrong-way', phase: 'end', atMs });
  }
}

function scriptMark(mark: {
  readonly plan: LanePlan;
  readonly script: ScriptName;
  readonly phase: 'start' | 'end';
  readonly atMs: number;
}): RoadChange {
  return { kind: 'script', script: mark.script, phase: mark.phase, lane: mark.plan.lane, atMs: mark.atMs };
}

function seen(plan: LanePlan, vehicle: LaneVehicle): RoadVehicle {
  const { id, arrival, body, direction, travelledM } = vehicle;
  return {
    id,
    lane: plan.lane,
    body: arrival.body,
    paint: arrival.paint,
    lengthM: body.lengthM,
    widthM: body.widthM,
    frontM: direction === 'forward' ? travelledM : plan.lengthM - travelledM,
    speedKmh: kmhFromMs(vehicle.speedMs),
    direction,
  };
}
