/**
 * What each loop has just done, for the technician who drives over it. It is a view and nothing else: no
 * record is made of it, and it begins anew with every start of the agent.
 */
import type { Observation } from '../traffic/observations/observation.ts';
import type { LoopDefinition, SiteDefinition } from '../traffic/site-definition.ts';

export interface LoopLamp {
  /** Null until the first reading, and for devices that tell about whole vehicles only. */
  readonly occupied: boolean | null;
  /** Monotonic ms of the last change of the output; null before the first. */
  readonly changedMs: number | null;
  /** Monotonic ms at which the last vehicle arrived; null before the first. */
  readonly hitMs: number | null;
  /** Of the last vehicle of which both edges were seen. */
  readonly lastOnTimeMs: number | null;
  /** Vehicles since the agent was started. */
  readonly count: number;
  /** As the device itself measured it; null where the speed comes from a pair of loops. */
  readonly speedKmh: number | null;
}

export interface LoopLamps {
  take(observations: readonly Observation[]): void;
  of(loop: string): LoopLamp;
}

interface LampState extends LoopLamp {
  /** The rising edge of the vehicle on the loop, if it was seen. */
  readonly risenMs: number | null;
  /** The card's own counter at the last reading. */
  readonly counter: number | null;
}

const DARK: LampState = {
  occupied: null,
  changedMs: null,
  hitMs: null,
  lastOnTimeMs: null,
  count: 0,
  speedKmh: null,
  risenMs: null,
  counter: null,
};
/** More vehicles than pass between two readings of a counter: it began anew. */
const COUNTER_LEAP = 1000;

export function createLoopLamps(definition: SiteDefinition): LoopLamps {
  const loops = new Map(loopsOf(definition).map((loop) => [loop.loop, loop]));
  const lamps = new Map<string, LampState>();
  return {
    take(observations) {
      for (const observation of observations) {
        if (!('loop' in observation)) continue;
        const loop = loops.get(observation.loop);
        if (loop === undefined) continue;
        lamps.set(loop.loop, foldLamp(loop, lamps.get(loop.loop) ?? DARK, observation));
      }
    },
    of: (loop) => lamps.get(loop) ?? DARK,
  };
}

function loopsOf({ lanes }: SiteDefinition): readonly LoopDefinition[] {
  return lanes.flatMap(({ station }) =>
    station === null ? [] : [station.entry, ...(station.exit === null ? [] : [station.exit])],
  );
}

function foldLamp(
  { evidence }: LoopDefinition,
  lamp: LampState,
  observation: Extract<Observation, { readonly loop: string }>,
): LampState {
  switch (observation.kind) {
    case 'loop-transition': {
      const { occupied, found, atMs } = observation;
      if (lamp.occupied === occupied) return lamp;
      const changed = { ...lamp, occupied, changedMs: atMs };
      if (occupied && found) return { ...changed, risenMs: null };
      if (occupied) return { ...changed, risenMs: atMs, hitMs: atMs, count: lamp.count + 1 };
      const sawBoth = !found && lamp.risenMs !== null;
      return { ...changed, risenMs: null, lastOnTimeMs: sawBoth ? atMs - lamp.risenMs : lamp.lastOnTimeMs };
    }
    case 'loop-counters': {
      if (evidence.kind !== 'counts') return lamp;
      const { count, bits, atMs } = observation;
      const grown = lamp.counter === null ? 0 : (count - lamp.counter + 2 ** bits) % 2 ** bits;
      const vehicles = grown < COUNTER_LEAP ? grown : 0;
      const hitMs = vehicles > 0 ? atMs : lamp.hitMs;
      return { ...lamp, counter: count, count: lamp.count + vehicles, hitMs };
    }
    case 'vehicle-detection': {
      const { atMs, onTimeMs, speedKmh, missedBefore } = observation;
      const count = lamp.count + 1 + missedBefore;
      return { ...lamp, count, hitMs: atMs, lastOnTimeMs: onTimeMs ?? lamp.lastOnTimeMs, speedKmh };
    }
    case 'device-interval': {
      const { toMs, count, meanSpeedKmh } = observation;
      if (count === null || count === 0) return lamp;
      return { ...lamp, count: lamp.count + count, hitMs: toMs, speedKmh: meanSpeedKmh };
    }
    case 'loop-occupancy':
      return lamp;
  }
}
