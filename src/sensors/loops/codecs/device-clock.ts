/**
 * When a device's own stamp happened on our clock. Every sighting bounds the offset between the two clocks
 * from both sides: what a poll finds new happened after the poll before it was sent and before the answer
 * arrived. The bounds are intersected, as NTP does with its servers (RFC 5905, 11.2.1, after Marzullo), so the
 * poll with the least delay decides, and they widen with time, because crystals drift.
 */
export interface DeviceClock {
  /** Whether all that was seen can be true together, after all that was seen before. */
  agrees(...sightings: readonly Sighting[]): boolean;
  /** Takes what was seen into account. It must agree. */
  learn(sighting: Sighting): void;
  /** On our clock, with half the width of what is not known; null while nothing bounds it from both sides. */
  monoOf(
    deviceMs: number,
    nowMonoMs: number,
  ): { readonly atMs: number; readonly uncertaintyMs: number } | null;
  /** How far stamps that were put on our clock within STEADY_MS may be off against each other. */
  unsteadyMs(nowMonoMs: number): number;
  /** The device has begun to count anew. */
  forget(): void;
}

export interface Sighting {
  readonly deviceMs: number;
  /** -Infinity when nothing is known. */
  readonly earliestMonoMs: number;
  readonly latestMonoMs: number;
}

export interface DeviceClockOptions {
  /** The device counts from 0 again when it reaches this, ms; null when it does not. */
  readonly wrapsAtMs: number | null;
  /** What one count of the stamp stands for. */
  readonly resolutionMs: number;
}

/** Allowed between the two clocks: a plain crystal over the cabinet's temperatures, twice. */
const DRIFT = 200e-6;
/** Longer than a vehicle takes from one loop of a station to the other. */
const STEADY_MS = 10_000;

export function createDeviceClock({ wrapsAtMs, resolutionMs }: DeviceClockOptions): DeviceClock {
  /** Our time minus the device's, as it was at `sinceMonoMs` or later. */
  let lowMs = -Infinity;
  let highMs = Infinity;
  let sinceMonoMs = 0;
  /** The newest device stamp on a scale that does not wrap. */
  let newestMs: number | null = null;
  /** What stamps were put on our clock with; it moves as the bounds close in. */
  let used: readonly { readonly monoMs: number; readonly offsetMs: number }[] = [];

  const unwrapped = (deviceMs: number): number => {
    if (wrapsAtMs === null || newestMs === null) return deviceMs;
    return deviceMs + Math.round((newestMs - deviceMs) / wrapsAtMs) * wrapsAtMs;
  };
  const bounds = (nowMonoMs: number): { low: number; high: number } => {
    const driftMs = Math.abs(nowMonoMs - sinceMonoMs) * DRIFT;
    return { low: lowMs - driftMs, high: highMs + driftMs };
  };
  const usedSince = (sinceMonoMs: number) => used.filter(({ monoMs }) => monoMs >= sinceMonoMs);
  const seen = ({ deviceMs, earliestMonoMs, latestMonoMs }: Sighting): { low: number; high: number } => {
    const stampMs = unwrapped(deviceMs);
    // A stamp is cut down to its resolution: the moment itself is up to one count later.
    return { low: earliestMonoMs - stampMs - resolutionMs, high: latestMonoMs - stampMs };
  };

  return {
    agrees(...sightings) {
      const all = sightings.flatMap((sighting) => [bounds(sighting.latestMonoMs), seen(sighting)]);
      return Math.max(...all.map(({ low }) => low)) <= Math.min(...all.map(({ high }) => high));
    },
    learn(sighting) {
      const now = bounds(sighting.latestMonoMs);
      const { low, high } = seen(sighting);
      lowMs = Math.max(now.low, low);
      highMs = Math.min(now.high, high);
      const { earliestMonoMs, latestMonoMs } = sighting;
      sinceMonoMs = Number.isFinite(earliestMonoMs) ? earliestMonoMs : latestMonoMs;
      const stampMs = unwrapped(sighting.deviceMs);
      newestMs = Math.max(newestMs ?? stampMs, stampMs);
    },
    monoOf(deviceMs, nowMonoMs) {
      const { low, high } = bounds(nowMonoMs);
      if (!Number.isFinite(low) || !Number.isFinite(high)) return null;
      const offsetMs = (low + high) / 2;
      used = [...usedSince(nowMonoMs - STEADY_MS), { monoMs: nowMonoMs, offsetMs }];
      return { atMs: unwrapped(deviceMs) + offsetMs, uncertaintyMs: (high - low) / 2 + resolutionMs };
    },
    unsteadyMs(nowMonoMs) {
      const offsets = usedSince(nowMonoMs - STEADY_MS).map(({ offsetMs }) => offsetMs);
      return resolutionMs + (offsets.length === 0 ? 0 : Math.max(...offsets) - Math.min(...offsets));
    },
    forget() {
      used = [];
      [lowMs, highMs, newestMs] = [-Infinity, Infinity, null];
    },
  };
}
