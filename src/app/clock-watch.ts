import { CLOCK_STEP_MS, isPlausible, type Now, type TimeSourceState } from '../base/clock.ts';
import type { Restamping } from '../store/restamping.ts';
import type { SensorFault } from '../traffic/observations/observation.ts';

/**
 * Follows the quality of the clock: tells it as faults of the agent, and has records stamped anew that were made before the
 * clock was set. docs/decisions/0005.
 */
export interface ClockWatch {
  /** Called about once a second. Returns what has changed. */
  look(now: Now, source: TimeSourceState): readonly SensorFault[];
}

/** The tick cuts its intervals in the turn after a step; with their wrong stamps they belong to the records before. */
const SETTLED_AFTER_MS = 2000;

/** A time client sets the clock before it says that it is right. */
const UNDECIDED_FOR_MS = 60_000;

/** A machine that has not reached its time source by then probably has none; drift is then no single error any more. */
const FIRST_SYNC_WITHIN_MS = 86_400_000;

/** A clock that no time source has confirmed since the machine was started. */
interface Doubt {
  /** Wall minus monotonic. */
  readonly offsetMs: number;
  /** It is known to be wrong, not only unproven: records are held back. */
  readonly isWrong: boolean;
}

type ClockFaultCode = 'unsynced' | 'stepped';

export function createClockWatch(parts: {
  readonly restamping: Pick<Restamping, 'unset' | 'begin' | 'correct' | 'forget'>;
  /** Names one start of the machine; its monotonic clock begins with it. */
  readonly machineBoot: string;
}): ClockWatch {
  const { restamping, machineBoot } = parts;
  const known = restamping.unset();
  let doubt: Doubt | null =
    known?.machineBoot === machineBoot
      ? { offsetMs: known.fromMs, isWrong: !isPlausible(known.fromMs) }
      : null;
  // On the same start of the machine a clock that is only unproven is no more wrong than it was: nothing has to wait.
  if (doubt !== null && !doubt.isWrong) {
    restamping.begin({ machineBoot, fromMs: doubt.offsetMs }, { hold: false });
  }
  /** When it was seen to have been set. */
  let changedAtMs: number | null = null;
  let offsetMs: number | null = null;
  const open = new Map<ClockFaultCode, string>();

  const report = (code: ClockFaultCode, detail: string | null, now: Now): readonly SensorFault[] => {
    if (open.has(code) === (detail !== null)) return [];
    const told = detail ?? open.get(code) ?? '';
    if (detail === null) open.delete(code);
    else open.set(code, detail);
    return [
      {
        ...{ kind: 'sensor-fault', layer: 'process', sensor: 'clock', code },
        ...{ active: detail !== null, atMs: now.monoMs, detail: told },
      },
    ];
  };
  const begin = (fromMs: number, isWrong: boolean): void => {
    if (!restamping.begin({ machineBoot, fromMs }, { hold: isWrong })) return;
    doubt = { offsetMs: fromMs, isWrong };
    changedAtMs = null;
  };
  const settle = (now: Now, { offsetMs: wrongMs, isWrong }: Doubt, source: TimeSourceState): void => {
    const shiftMs = offsetOf(now) - wrongMs;
    const isError = isWrong || (source === 'synced' && Math.abs(shiftMs) > CLOCK_STEP_MS);
    const toMs = wrongMs + (changedAtMs ?? now.monoMs) + SETTLED_AFTER_MS;
    if (isError) restamping.correct({ shiftMs, toMs });
    else restamping.forget();
    doubt = null;
    changedAtMs = null;
  };
  const follow = (now: Now, source: TimeSourceState): void => {
    const isWrong = now.quality === 'unsynced';
    const isUnproven = source === 'unknown' && now.monoMs < FIRST_SYNC_WITHIN_MS;
    if (doubt === null) {
      if (isWrong || (isUnproven && now.quality === 'holdover')) begin(offsetOf(now), isWrong);
      return;
    }
    const hasMoved = Math.abs(offsetOf(now) - doubt.offsetMs) > CLOCK_STEP_MS;
    if (isWrong && !doubt.isWrong) {
      begin(hasMoved ? offsetOf(now) : doubt.offsetMs, true);
      return;
    }
    const lasts = doubt.isWrong ? isWrong : isUnproven;
    if (lasts && !hasMoved) {
      changedAtMs = null;
      return;
    }
    changedAtMs ??= now.monoMs;
    const sinceMs = now.monoMs - changedAtMs;
    // From one doubtful time to another: what the first had stamped can no longer be put right.
    if (lasts && sinceMs >= UNDECIDED_FOR_MS) begin(offsetOf(now), isWrong);
    else if (!lasts && sinceMs >= SETTLED_AFTER_MS) settle(now, doubt, source);
  };

  return {
    look(now, source) {
      const steppedMs = offsetMs === null ? 0 : offsetOf(now) - offsetMs;
      offsetMs = offsetOf(now);
      follow(now, source);
      const isUnset = now.quality === 'unsynced';
      const stepDetail = `the clock was set ${steppedMs > 0 ? 'forward' : 'back'} by ${(Math.abs(steppedMs) / 1000).toFixed(1)} s`;
      const stepped = Math.abs(steppedMs) > CLOCK_STEP_MS ? stepDetail : (open.get('stepped') ?? null);
      return [
        ...report(
          'unsynced',
          isUnset ? 'no time source has set the clock since the machine started' : null,
          now,
        ),
        ...report('stepped', now.quality === 'stepped' || isUnset ? stepped : null, now),
      ];
    },
  };
}

function offsetOf(now: Now): number {
  return now.wallMs - now.monoMs;
}
