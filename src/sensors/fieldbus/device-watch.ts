/** What is said about one device besides its values: how many readings came, and what is wrong with it. */
import type { SensorFault, SensorSampling } from '../../traffic/observations/observation.ts';
import type { AskOutcome } from './polled-bus.ts';

/** One lost reply is the weather; so many in a row of the same ask are a fault. */
export const FAILURES_BEFORE_FAULT = 3;

const FAULT_CODES = ['timeout', 'corrupt-reply', 'exception'] as const;
type DeviceFaultCode = (typeof FAULT_CODES)[number];

/**
 * `open`: as the device's own asks say. `hold`: no new fault of silence, because the whole bus may be silent.
 * `hush`: the whole bus is: none of its devices is to blame.
 */
export type Silence = 'open' | 'hold' | 'hush';

export interface DeviceWatch {
  /** Failures since the device was last heard, whatever it was asked. */
  readonly silentInRow: number;
  judge(ask: number, outcome: AskOutcome): void;
  /** Faults that open or close, in the light of what is known about the rest of the bus. */
  changes(silence: Silence, atMs: number): readonly SensorFault[];
  /** The bus is no longer silent: that the device was is not held against it. */
  forgive(): void;
  /** `due`: readings due since the start. Null until at least one reading was due. */
  sample(at: {
    readonly nowMs: number;
    readonly due: number;
    readonly lineIsDown: boolean;
    readonly isPaused: boolean;
  }): SensorSampling | null;
}

export interface DeviceWatchOptions {
  readonly device: string;
  /** One per ask of the device: whether its answers count as readings. */
  readonly countsAsReading: readonly boolean[];
  readonly startMs: number;
}

const NO_FAULTS: readonly SensorFault[] = [];

/** Failures of one ask in a row. Silence and damage may alternate: they are one row with one name. */
interface FailureRow {
  readonly code: DeviceFaultCode;
  readonly detail: string;
  readonly length: number;
  readonly last: DeviceFaultCode;
  /** How often the last one has come in a row. */
  readonly repeats: number;
}

export function createDeviceWatch(options: DeviceWatchOptions): DeviceWatch {
  const rows = options.countsAsReading.map((): FailureRow | null => null);
  /** What was last said about each code; null: nothing yet, so that a fault of an earlier run may be open. */
  const told: Record<DeviceFaultCode, boolean | null> = {
    timeout: null,
    'corrupt-reply': null,
    exception: null,
  };
  let silentInRow = 0;
  let wasHeard = false;
  /** False while nothing can have changed, which is nearly always. */
  let isChanged = false;
  let fromMs = options.startMs;
  let dueReported = 0;
  let received = 0;
  let failed = false;

  const fail = (ask: number, code: DeviceFaultCode, detail: string): void => {
    failed = true;
    isChanged = true;
    const row = rows[ask];
    if (row === null || row === undefined || (row.code === 'exception') !== (code === 'exception')) {
      rows[ask] = { code, detail, length: 1, last: code, repeats: 1 };
      return;
    }
    const repeats = row.last === code ? row.repeats + 1 : 1;
    const name = repeats >= FAILURES_BEFORE_FAULT ? { code, detail } : { code: row.code, detail: row.detail };
    rows[ask] = { ...name, length: row.length + 1, last: code, repeats };
  };
  const heard = (): void => {
    silentInRow = 0;
    if (wasHeard) return;
    wasHeard = true;
    isChanged = true;
  };
  const rowOf = (code: DeviceFaultCode): FailureRow | undefined =>
    rows.find((it) => it !== null && it.code === code && it.length >= FAILURES_BEFORE_FAULT) ?? undefined;
  const isWanted = (code: DeviceFaultCode, silence: Silence): boolean => {
    const isDue = rowOf(code) !== undefined;
    if (code === 'exception' || silence === 'open') return isDue;
    return silence === 'hold' && isDue && told[code] === true;
  };

  return {
    get silentInRow() {
      return silentInRow;
    },
    judge(ask, outcome) {
      switch (outcome.kind) {
        case 'closed':
          return;
        case 'answered':
        case 'unfinished':
          heard();
          if (outcome.kind === 'answered' && options.countsAsReading[ask] === true) received += 1;
          if (rows[ask] === null) return;
          rows[ask] = null;
          isChanged = true;
          return;
        case 'refused':
          heard();
          if (outcome.isTold) rows[ask] = null;
          else fail(ask, 'exception', outcome.why);
          failed = true;
          isChanged = true;
          return;
        case 'timeout':
          silentInRow += 1;
          fail(ask, 'timeout', outcome.why);
          return;
        case 'corrupt':
          silentInRow += 1;
          fail(ask, 'corrupt-reply', `${outcome.why}; check wiring, termination and baud rate`);
          return;
      }
    },
    changes(silence, atMs) {
      if (!isChanged && silence === 'open') return NO_FAULTS;
      isChanged = silence !== 'open';
      return FAULT_CODES.flatMap((code): SensorFault[] => {
        const active = isWanted(code, silence);
        const before = told[code];
        // Good news is told only once the device has been heard: until then nothing is known.
        if (active === before || (before === null && !active && !wasHeard)) return [];
        told[code] = active;
        const detail = active ? (rowOf(code)?.detail ?? '') : closing(silence);
        return [
          { kind: 'sensor-fault', sensor: options.device, layer: 'device', code, active, atMs, detail },
        ];
      });
    },
    forgive() {
      rows.forEach((row, ask) => {
        if (row !== null && row.code !== 'exception') rows[ask] = null;
      });
      silentInRow = 0;
      isChanged = true;
    },
    sample({ nowMs, due, lineIsDown, isPaused }) {
      const expected = due - dueReported;
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
      dueReported = due;
      received = 0;
      failed = false;
      return sampling;
    },
  };
}

function closing(silence: Silence): string {
  return silence === 'hush' ? 'the whole bus is silent' : 'answers';
}
