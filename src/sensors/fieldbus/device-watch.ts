/** What is said about one device besides its values: how many readings came, and what is wrong with it. */
import type { SensorFault, SensorSampling } from '../../traffic/observations/observation.ts';
import type { ReadOutcome } from './modbus-master.ts';

/** One lost reply is the weather; so many in a row of the same read are a fault. */
export const FAILURES_BEFORE_FAULT = 3;

const FAULT_CODES = ['timeout', 'corrupt-reply', 'exception'] as const;
type DeviceFaultCode = (typeof FAULT_CODES)[number];

export interface DeviceWatch {
  /** Faults that this outcome opens or closes. */
  judge(read: number, outcome: ReadOutcome, atMs: number): readonly SensorFault[];
  /** `slotsDone`: readings due since the start. Null until at least one reading was due. */
  sample(at: {
    readonly nowMs: number;
    readonly slotsDone: number;
    readonly lineIsDown: boolean;
    readonly isPaused: boolean;
  }): SensorSampling | null;
}

export interface DeviceWatchOptions {
  readonly device: string;
  /** One per read of the plan: whether its replies count as readings. */
  readonly countsAsReading: readonly boolean[];
  readonly startMs: number;
}

interface FailureRow {
  code: DeviceFaultCode;
  length: number;
  detail: string;
}

export function createDeviceWatch(options: DeviceWatchOptions): DeviceWatch {
  const rows = options.countsAsReading.map((): FailureRow | null => null);
  const active = new Set<DeviceFaultCode>();
  let fromMs = options.startMs;
  let slotsReported = 0;
  let received = 0;
  let failed = false;

  const changes = (atMs: number): readonly SensorFault[] => {
    const faults: SensorFault[] = [];
    for (const code of FAULT_CODES) {
      const row = rows.find((it) => it?.code === code && it.length >= FAILURES_BEFORE_FAULT);
      if ((row !== undefined && row !== null) === active.has(code)) continue;
      const isActive = row !== undefined && row !== null;
      if (isActive) active.add(code);
      else active.delete(code);
      const detail = isActive ? row.detail : 'answers again';
      faults.push({
        kind: 'sensor-fault',
        sensor: options.device,
        layer: 'device',
        code,
        active: isActive,
        atMs,
        detail,
      });
    }
    return faults;
  };

  return {
    judge(read, outcome, atMs) {
      if (outcome.kind === 'closed') return [];
      if (outcome.kind === 'values') {
        if (options.countsAsReading[read] === true) received += 1;
        if (rows[read] === null) return [];
        rows[read] = null;
        return changes(atMs);
      }
      failed = true;
      const { code, detail } = describe(outcome);
      const row = rows[read] ?? null;
      if (row !== null && row.code === code) row.length += 1;
      else rows[read] = { code, length: 1, detail };
      return changes(atMs);
    },
    sample({ nowMs, slotsDone, lineIsDown, isPaused }) {
      const expected = slotsDone - slotsReported;
      if (expected <= 0) return null;
      const blamed = failed || isPaused ? 'device' : 'bus';
      const cause = received >= expected ? null : lineIsDown ? 'bus' : blamed;
      const sampling: SensorSampling = {
        kind: 'sensor-sampling',
        sensor: options.device,
        fromMs,
        toMs: nowMs,
        expected,
        received: Math.min(received, expected),
        cause,
      };
      fromMs = nowMs;
      slotsReported = slotsDone;
      received = 0;
      failed = false;
      return sampling;
    },
  };
}

function describe(outcome: Exclude<ReadOutcome, { kind: 'values' | 'closed' }>): {
  code: DeviceFaultCode;
  detail: string;
} {
  switch (outcome.kind) {
    case 'timeout':
      return { code: 'timeout', detail: 'does not answer; check its power, unit address and wiring' };
    case 'corrupt':
      return { code: 'corrupt-reply', detail: `${outcome.why}; check wiring, termination and baud rate` };
    case 'exception':
      return { code: 'exception', detail: `refuses the read with exception ${outcome.code}` };
  }
}
