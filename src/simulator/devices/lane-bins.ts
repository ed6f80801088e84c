/** What a radar gathers for its lanes, interval by interval, on its own clock. */

export interface PassingVehicle {
  /** From 1. */
  readonly lane: number;
  /** Front edge at the detector. */
  readonly atMs: number;
  readonly durationMs: number;
  readonly speedKmh: number;
  readonly lengthM: number;
}

export interface LaneFigures {
  readonly count: number;
  /** 0 to 100. */
  readonly occupancyPct: number;
  /** Means are 0 without a vehicle. */
  readonly speedKmh: number;
  readonly speed85Kmh: number;
  readonly headwayS: number;
  readonly gapS: number;
  readonly lengthsM: readonly number[];
}

export interface LaneBin {
  /** From 1 on, without end. */
  readonly number: number;
  readonly endMs: number;
  readonly lanes: readonly LaneFigures[];
}

export interface LaneBins {
  add(vehicle: PassingVehicle): void;
  /** Closed by now, oldest first, the newest KEPT of them. */
  closed(nowMs: number): readonly LaneBin[];
}

const KEPT = 100;

/** Intervals begin on whole multiples of the period; the first is the one in which the device was powered up. */
export function createLaneBins(plan: {
  readonly lanes: number;
  readonly periodS: number;
  readonly poweredUpAtMs: number;
}): LaneBins {
  const periodMs = plan.periodS * 1000;
  let vehicles: PassingVehicle[] = [];
  let bins: LaneBin[] = [];
  let endMs = (Math.floor(plan.poweredUpAtMs / periodMs) + 1) * periodMs;
  return {
    add(vehicle) {
      if (vehicle.lane < 1 || vehicle.lane > plan.lanes)
        throw new RangeError(`there is no lane ${vehicle.lane}`);
      vehicles.push(vehicle);
    },
    closed(nowMs) {
      for (; endMs <= nowMs; endMs += periodMs) {
        const until = endMs;
        const inBin = vehicles.filter((it) => it.atMs < until);
        vehicles = vehicles.filter((it) => it.atMs >= until);
        const lanes = Array.from({ length: plan.lanes }, (_, index) =>
          figuresOf(
            inBin.filter((it) => it.lane === index + 1),
            periodMs,
          ),
        );
        bins = [...bins, { number: (bins.at(-1)?.number ?? 0) + 1, endMs, lanes }].slice(-KEPT);
      }
      return bins;
    },
  };
}

function figuresOf(vehicles: readonly PassingVehicle[], periodMs: number): LaneFigures {
  const mean = (values: readonly number[]): number =>
    values.length === 0 ? 0 : values.reduce((sum, value) => sum + value, 0) / values.length;
  const speeds = vehicles.map((it) => it.speedKmh).sort((one, other) => one - other);
  const headways = vehicles.slice(1).map((it, index) => it.atMs - (vehicles[index]?.atMs ?? 0));
  const gaps = headways.map((headwayMs, index) => headwayMs - (vehicles[index]?.durationMs ?? 0));
  const occupiedMs = vehicles.reduce((sum, it) => sum + it.durationMs, 0);
  return {
    count: vehicles.length,
    occupancyPct: Math.min(100, (occupiedMs / periodMs) * 100),
    speedKmh: mean(speeds),
    speed85Kmh: speeds[Math.ceil(speeds.length * 0.85) - 1] ?? 0,
    headwayS: mean(headways) / 1000,
    gapS: mean(gaps) / 1000,
    lengthsM: vehicles.map((it) => it.lengthM),
  };
}
