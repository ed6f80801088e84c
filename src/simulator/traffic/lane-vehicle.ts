import type { Arrival } from './arrival.ts';
import { BODIES, type Body } from './bodies.table.ts';
import type { LanePlan } from './lane-plan.ts';

/** What happens when a vehicle's front has travelled so far in the lane. */
export interface Waypoint {
  readonly travelledM: number;
  readonly mark:
    | { readonly kind: 'loop'; readonly loop: string; readonly occupied: boolean }
    | { readonly kind: 'reference' | 'completed' | 'enters-view' | 'leaves-view' };
}

/** A vehicle in a lane; `travelledM` is its front's distance from the end at which it entered. */
export interface LaneVehicle {
  readonly id: number;
  readonly arrival: Arrival;
  readonly body: Body;
  readonly direction: 'forward' | 'reverse';
  /** In order of distance. */
  readonly waypoints: readonly Waypoint[];
  nextWaypoint: number;
  travelledM: number;
  speedMs: number;
  /** When and how fast the front crossed the reference line; null before. */
  reference: { readonly atMs: number; readonly speedMs: number } | null;
  /** A scripted halt: before, during and after it. */
  halt: 'ahead' | 'resting' | 'over';
}

export function createLaneVehicle(
  plan: LanePlan,
  entering: { readonly id: number; readonly arrival: Arrival; readonly speedMs: number },
): LaneVehicle {
  const { arrival } = entering;
  const body = BODIES[arrival.body];
  const direction = arrival.script?.script === 'wrong-way' ? 'reverse' : 'forward';
  const waypoints = direction === 'forward' ? forwardWaypoints(plan, body) : reverseWaypoints(plan, body);
  return {
    id: entering.id,
    arrival,
    body,
    direction,
    waypoints: waypoints.toSorted((left, right) => left.travelledM - right.travelledM),
    nextWaypoint: 0,
    travelledM: 0,
    speedMs: entering.speedMs,
    reference: null,
    halt: arrival.script?.script === 'stopped-vehicle' ? 'ahead' : 'over',
  };
}

function forwardWaypoints(plan: LanePlan, { lengthM }: Body): Waypoint[] {
  const [entry, exit] = plan.loops;
  const waypoints: Waypoint[] = [{ travelledM: entry.startM, mark: { kind: 'reference' } }];
  for (const { loop, startM, endM } of plan.loops) {
    waypoints.push({ travelledM: startM, mark: { kind: 'loop', loop, occupied: true } });
    waypoints.push({ travelledM: endM + lengthM, mark: { kind: 'loop', loop, occupied: false } });
  }
  waypoints.push({ travelledM: exit.endM + lengthM, mark: { kind: 'completed' } });
  return waypoints;
}

/** Driven from the other end, a loop's far edge comes first, and the entry loop comes last. */
function reverseWaypoints(plan: LanePlan, { lengthM }: Body): Waypoint[] {
  const [entry] = plan.loops;
  const waypoints: Waypoint[] = [{ travelledM: plan.lengthM - entry.startM, mark: { kind: 'reference' } }];
  for (const { loop, startM, endM } of plan.loops) {
    waypoints.push({ travelledM: plan.lengthM - endM, mark: { kind: 'loop', loop, occupied: true } });
    waypoints.push({
      travelledM: plan.lengthM - startM + lengthM,
      mark: { kind: 'loop', loop, occupied: false },
    });
  }
  waypoints.push({ travelledM: plan.lengthM - entry.startM + lengthM, mark: { kind: 'completed' } });
  if (plan.viewM !== null) {
    waypoints.push({ travelledM: plan.lengthM - plan.viewM.to, mark: { kind: 'enters-view' } });
    waypoints.push({ travelledM: plan.lengthM - plan.viewM.from + lengthM, mark: { kind: 'leaves-view' } });
  }
  return waypoints;
}
