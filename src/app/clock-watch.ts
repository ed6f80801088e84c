import { CLOCK_STEP_MS, type Now } from '../base/clock.ts';
import type { Restamping } from '../store/restamping.ts';
import type { SensorFault } from '../traffic/observations/observation.ts';

/**
 * Follows the quality of the clock: tells it as faults of the agent, and has records stamped anew that were made before the
 * clock was set. docs/decisions/0005.
 */
export interface ClockWatch {
  /** Called about once a second. Returns what has changed. */
  look(now: Now): readonly SensorFault[];
}

/** The tick cuts its intervals in the turn after a step; with their wrong stamps they belong to the records before. */
const SETTLED_AFTER_MS = 2000;

/** A time client sets the clock before it says that it is right. */
const UNDECIDED_FOR_MS = 60_000;

type ClockFaultCode = 'unsynced' | 'stepped';

export function createClockWatch(parts: {
  readonly restamping: Pick<Restamping, 'unset' | 'begin' | 'correct'>;
  /** Names one start of the machine; its monotonic clock begins with it. */
  readonly machineBoot: string;
}): ClockWatch {
  const { restamping, machineBoot } = parts;
  const known = restamping.unset();
  /** Wall minus monotonic while the clock was wrong; null when it is right or nobody will know. */
  let wrongOffsetMs = known?.machineBoot === machineBoot ? known.fromMs : null;
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
  const begin = (now: Now): void => {
    restamping.begin({ machineBoot, fromMs: offsetOf(now) });
    wrongOffsetMs = offsetOf(now);
    changedAtMs = null;
  };
  const follow = (now: Now): void => {
    const isUnset = now.quality === 'unsynced';
    if (wrongOffsetMs === null) {
      if (isUnset) begin(now);
      return;
    }
    const hasMoved = Math.abs(offsetOf(now) - wrongOffsetMs) > CLOCK_STEP_MS;
    if (isUnset && !hasMoved) {
      changedAtMs = null;
      return;
    }
    changedAtMs ??= now.monoMs;
    const sinceMs = now.monoMs - changedAtMs;
    if (isUnset) {
      // From one wrong time to another: what the first had stamped can no longer be put right.
      if (sinceMs >= UNDECIDED_FOR_MS) begin(now);
    } else if (sinceMs >= SETTLED_AFTER_MS) {
      const toMs = wrongOffsetMs + changedAtMs + SETTLED_AFTER_MS;
      restamping.correct({ shiftMs: offsetOf(now) - wrongOffsetMs, toMs });
      wrongOffsetMs = null;
      changedAtMs = null;
    }
  };

  return {
    look(now) {
      const steppedMs = offsetMs === null ? 0 : offsetOf(now) - offsetMs;
      offsetMs = offsetOf(now);
      follow(now);
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
