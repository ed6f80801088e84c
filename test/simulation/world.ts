import type { RoadsideError } from '../../src/base/errors.ts';
import type { openStore } from '../../src/store/store.ts';
import type { createUplink } from '../../src/uplink/uplink.ts';
import { type SeededRandom, seededRandom } from '../fakes/seeded-random.ts';
import type { Plan } from './plan.ts';
import { createTimeline, type Timeline } from './timeline.ts';

/** What is put to the test: the product's own, or a mutant of it. */
export interface Code {
  readonly openStore: typeof openStore;
  readonly createUplink: typeof createUplink;
  readonly RoadsideError: typeof RoadsideError;
}

/** What all parts of one run share. */
export interface World {
  readonly code: Code;
  readonly plan: Plan;
  readonly timeline: Timeline;
  readonly chance: SeededRandom;
  /** UTC ms; it steps, which `timeline` does not. */
  wallMs(): number;
  stepWallClock(byMs: number): void;
  readonly clockStepped: boolean;
  /** Draws whether a fault of this share happens now; none do after they have ceased. */
  happens(share: number): boolean;
  ceaseFaults(): void;
  readonly faultsCeased: boolean;
  /** A promise that was not kept. */
  breach(what: string): void;
  readonly breaches: readonly string[];
  trace(what: string): void;
}

const BEGIN_WALL_MS = Date.UTC(2026, 2, 4);

export function createWorld(code: Code, plan: Plan, write: ((line: string) => void) | null): World {
  const timeline = createTimeline();
  const chance = seededRandom(plan.seed ^ 0x5eed);
  const breaches: string[] = [];
  let offsetMs = BEGIN_WALL_MS;
  let ceased = false;
  let stepped = false;
  const trace = (what: string): void => write?.(`${(timeline.nowMs / 1000).toFixed(3).padStart(10)} ${what}`);
  return {
    code,
    plan,
    timeline,
    chance,
    wallMs: () => timeline.nowMs + offsetMs,
    stepWallClock(byMs) {
      trace(`the wall clock steps by ${Math.round(byMs)} ms`);
      offsetMs += byMs;
      stepped = true;
    },
    get clockStepped() {
      return stepped;
    },
    happens: (share) => share > 0 && !ceased && chance.share() < share,
    ceaseFaults() {
      trace('the faults cease');
      ceased = true;
    },
    get faultsCeased() {
      return ceased;
    },
    breach(what) {
      trace(`BREACH ${what}`);
      breaches.push(what);
    },
    breaches,
    trace,
  };
}

/** Thrown through the program by a power cut: nothing that it does afterwards reaches the world. */
export class PowerCut extends Error {
  override readonly name = 'PowerCut';
}
