/** Vehicles that drive over simulated detectors in real time, and the truth about them. */
import { seededRandom } from './seeded-random.ts';

/** A line across the lane, as a detector behind it feels a vehicle come and leave. */
export type RoadLine = (isOccupied: boolean, vehicle: DrivenVehicle) => void;

export interface StreetLane {
  readonly lane: string;
  readonly entry: RoadLine;
  /** SPACING_M behind the entry; null in a lane with one detector. */
  readonly exit: RoadLine | null;
}

/** What a driver and a vehicle bring with them. */
export interface DrivenVehicle {
  readonly speedKmh: number;
  readonly lengthM: number;
}

export interface TrueVehicle extends DrivenVehicle {
  readonly lane: string;
  /** When it was off the entry line, UTC ms; when and for how long it was on it. */
  readonly leftMs: number;
  readonly cameMs: number;
}

export interface Street {
  /** Of the vehicles that have left the entry line, in that order. */
  readonly truth: readonly TrueVehicle[];
  /** Drives for so many seconds of road time, and until the last vehicle has left. */
  drive(seconds: number): Promise<void>;
  readonly drivenS: number;
  /** For how long nothing has stood in the lane, ms; 0 while something does. */
  freeForMs(lane: string): number;
  /** From now on nobody can know about this lane: what drives there is no longer part of the truth. */
  forget(lane: string): void;
}

export const SPACING_M = 6;
const LOOP_LENGTH_M = 2;
const TURN_EVERY_MS = 5;
/** Where this process was held up, the road was too: nothing happens in a moment that took time. */
const LONGEST_TURN_MS = 40;
const LEAST_GAP_MS = 800;

interface Edge {
  readonly atMs: number;
  readonly line: 'entry' | 'exit';
  readonly isOccupied: boolean;
  readonly lane: StreetLane;
  readonly vehicle: DrivenVehicle;
}

export function createStreet(lanes: readonly StreetLane[], seed: number): Street {
  const truth: TrueVehicle[] = [];
  const forgotten = new Set<string>();
  const occupied = new Map<string, { lines: number; changedMs: number; cameMs: number }>();
  let roadMs = 0;

  const stateOf = (lane: string) => {
    const known = occupied.get(lane) ?? { lines: 0, changedMs: 0, cameMs: 0 };
    occupied.set(lane, known);
    return known;
  };
  const happen = ({ line, isOccupied, lane, vehicle }: Edge): void => {
    const state = stateOf(lane.lane);
    const nowMs = Date.now();
    state.lines += isOccupied ? 1 : -1;
    state.changedMs = nowMs;
    lane[line]?.(isOccupied, vehicle);
    if (line === 'exit') return;
    if (isOccupied) state.cameMs = nowMs;
    else if (!forgotten.has(lane.lane))
      truth.push({ ...vehicle, lane: lane.lane, cameMs: state.cameMs, leftMs: nowMs });
  };

  return {
    truth,
    async drive(seconds) {
      const edges = lanes
        .flatMap((lane, index) => edgesOf(lane, { forMs: seconds * 1000, seed: seed + index }))
        .toSorted((one, other) => one.atMs - other.atMs);
      let turnedMs = performance.now();
      for (let next = edges.shift(); next !== undefined; ) {
        const nowMs = performance.now();
        roadMs += Math.min(nowMs - turnedMs, LONGEST_TURN_MS);
        turnedMs = nowMs;
        for (; next !== undefined && next.atMs <= roadMs; next = edges.shift()) happen(next);
        await new Promise((resolve) => setTimeout(resolve, TURN_EVERY_MS));
      }
    },
    get drivenS() {
      return roadMs / 1000;
    },
    freeForMs(lane) {
      const { lines, changedMs } = stateOf(lane);
      return lines > 0 ? 0 : Date.now() - changedMs;
    },
    forget: (lane) => void forgotten.add(lane),
  };
}

/** Urban traffic: slow enough that every poll period of the test sees each vehicle several times. */
function edgesOf(lane: StreetLane, { forMs, seed }: { forMs: number; seed: number }): readonly Edge[] {
  const random = seededRandom(seed);
  const edges: Edge[] = [];
  for (let frontMs = random.share() * LEAST_GAP_MS; frontMs < forMs; ) {
    const vehicle = { speedKmh: 24 + 14 * random.share(), lengthM: lengthOf(random.share()) };
    const msPerM = 3600 / vehicle.speedKmh;
    const onMs = (vehicle.lengthM + LOOP_LENGTH_M) * msPerM;
    const travelMs = SPACING_M * msPerM;
    const at = (line: Edge['line'], atMs: number): readonly Edge[] => [
      { lane, vehicle, line, isOccupied: true, atMs },
      { lane, vehicle, line, isOccupied: false, atMs: atMs + onMs },
    ];
    edges.push(...at('entry', frontMs), ...(lane.exit === null ? [] : at('exit', frontMs + travelMs)));
    frontMs += onMs + LEAST_GAP_MS + random.exponential(LEAST_GAP_MS / 2);
  }
  return edges;
}

/** Cars, vans and lorries: all three classes of GB/T 43229. */
function lengthOf(share: number): number {
  if (share < 0.75) return 4 + 2 * share;
  return share < 0.9 ? 7 + 10 * (share - 0.75) : 12.5 + 10 * (share - 0.9);
}
