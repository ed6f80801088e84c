import type { NetworkFaults } from './plan.ts';
import type { World } from './world.ts';

/** The two ways of one connection: what goes over them arrives late and in order, or not at all. */
export interface Link {
  /** Towards the broker. */
  up(arrival: () => void): void;
  /** Back to the gateway; after `lateMs` and out of turn, where that is given. */
  down(arrival: () => void, lateMs?: number): void;
  /** Nothing arrives any more, in either direction. */
  cut(): void;
}

export interface LinkOptions {
  readonly world: World;
  readonly faults: NetworkFaults;
  /** The link has broken by itself, and both ends know. */
  readonly broken: () => void;
  /** It has fallen silent by itself, and neither end knows. */
  readonly silenced: () => void;
}

export function createLink({ world, faults, broken, silenced }: LinkOptions): Link {
  const { timeline, chance } = world;
  let isDead = false;
  let lastUpMs = 0;
  let lastDownMs = 0;

  const arrive = (arrival: () => void): void => {
    if (isDead) return;
    if (world.happens(faults.broken)) {
      isDead = true;
      broken();
    } else if (world.happens(faults.silenced)) {
      isDead = true;
      silenced();
    } else arrival();
  };
  const inTurn = (lastMs: number): number =>
    Math.max(lastMs, timeline.nowMs + faults.latencyMs * (0.5 + chance.share()));
  const die = (): void => {
    isDead = true;
  };
  return {
    up(arrival) {
      lastUpMs = inTurn(lastUpMs);
      timeline.after(lastUpMs - timeline.nowMs, () => arrive(arrival));
    },
    down(arrival, lateMs = 0) {
      if (lateMs === 0) lastDownMs = inTurn(lastDownMs);
      const inMs = lateMs === 0 ? lastDownMs - timeline.nowMs : lateMs;
      timeline.after(inMs, () => arrive(arrival));
    },
    cut: die,
  };
}
