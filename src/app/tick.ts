import type { BoundedQueue } from '../base/bounded-queue.ts';
import type { Clock, Now } from '../base/clock.ts';
import { RoadsideError } from '../base/errors.ts';
import type { Store } from '../store/store.ts';
import type { Observation } from '../traffic/observations/observation.ts';
import type { TrafficRecord } from '../traffic/record.ts';
import { closeSite, foldSite } from '../traffic/site.ts';
import type { SiteDefinition } from '../traffic/site-definition.ts';
import { createSiteState, type EarlierRuns, type SiteState } from '../traffic/site-state.ts';
import { isCommitDue } from './commit-company.ts';
import type { Recorder } from './recording.ts';

export const TICK_EVERY_MS = 100;
/** Observations folded in one tick at most; the rest waits in the inbox. */
export const OBSERVATIONS_PER_TICK = 5000;
/** Records kept in memory while the store refuses them; about an hour of a busy site. */
const MAX_UNSTORED_RECORDS = 20_000;
/** Of what has waited for long, so many at a time: a full disk has room for a short log only. */
const RECORDS_PER_COMMIT = 500;

export interface TickParts {
  readonly definition: SiteDefinition;
  readonly boot: string;
  readonly clock: Clock;
  readonly inbox: BoundedQueue<Observation>;
  readonly store: Pick<Store, 'append' | 'giveUp'>;
  readonly earlier: EarlierRuns;
  readonly recorder: Recorder | null;
  /** How long passages may wait in memory for others to be stored with. */
  readonly passagesWaitMs: number;
  /** Records are on the disk: the uplink may look. */
  readonly onStored: () => void;
  /** What was folded, whether or not the store takes it. */
  readonly onRecords?: (records: readonly TrafficRecord[], now: Now) => void;
}

/** One turn of the gateway: drain, fold, commit. What is stored in a turn is stored in one transaction. */
export interface Tick {
  turn(): void;
  /** The last turn: ends running intervals and stores them. */
  close(): Promise<void>;
  state(): SiteState;
  /** Records waiting in memory because the store refuses them, and how many had to be given up. */
  unstored(): { readonly waiting: number; readonly lost: number; readonly problem: RoadsideError | null };
}

export function createTick(parts: TickParts): Tick {
  const { definition, boot, clock, inbox, store, recorder } = parts;
  let state = createSiteState(boot, parts.earlier);
  let waiting: TrafficRecord[] = [];
  let waitingSinceMs = 0;
  let lost = 0;
  let problem: RoadsideError | null = null;

  const take = (records: readonly TrafficRecord[], nowMs: number): void => {
    if (waiting.length === 0) waitingSinceMs = nowMs;
    waiting.push(...records);
    const waitedMs = nowMs - waitingSinceMs;
    if (isCommitDue({ records: waiting, waitedMs, mayWaitMs: parts.passagesWaitMs })) commit();
  };
  const commit = (): void => {
    if (waiting.length === 0) return;
    try {
      while (waiting.length > 0) {
        store.append(waiting.slice(0, RECORDS_PER_COMMIT));
        waiting = waiting.slice(RECORDS_PER_COMMIT);
      }
      problem = null;
      parts.onStored();
    } catch (error) {
      if (!(error instanceof RoadsideError)) throw error;
      problem = error;
      const over = waiting.length - MAX_UNSTORED_RECORDS;
      if (over > 0) {
        store.giveUp(waiting.splice(0, over));
        lost += over;
      }
    }
  };

  const turn = (): void => {
    const now = clock.now();
    const storeFault = faultOfStore(problem, state, now.monoMs);
    const observations = [...inbox.take(OBSERVATIONS_PER_TICK), ...storeFault];
    recorder?.tick(now, observations);
    const fold = foldSite(definition, state, observations, now);
    state = fold.state;
    take(fold.records, now.monoMs);
    parts.onRecords?.(fold.records, now);
  };

  return {
    turn,
    async close() {
      turn();
      const now = clock.now();
      const fold = closeSite(definition, state, now);
      state = fold.state;
      take(fold.records, now.monoMs);
      commit();
      await recorder?.close(now);
    },
    state: () => state,
    unstored: () => ({ waiting: problem === null ? 0 : waiting.length, lost, problem }),
  };
}

const STORE_FAULT = 'process/store/refused';

/** A store that refuses is itself a fault; its record waits with the others until the store accepts again. */
function faultOfStore(problem: RoadsideError | null, state: SiteState, atMs: number): readonly Observation[] {
  const open = state.faults.has(STORE_FAULT);
  if (open === (problem !== null)) return [];
  const detail = problem === null ? '' : `${problem.code}: ${problem.message}`.slice(0, 500);
  return [
    {
      kind: 'sensor-fault',
      sensor: 'store',
      layer: 'process',
      code: 'refused',
      active: problem !== null,
      atMs,
      detail,
    },
  ];
}
