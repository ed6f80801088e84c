/**
 * Wavetronix SmartSensor 105 radars, and what emulates them, over serial or TCP. The newest interval is read
 * twice before it is believed: its 16-bit sum of characters lets two opposite bit errors through. Protocol: IRIS
 * (github mnit-rtmc/iris), comm/ss105.
 */
import { round } from '../../../base/units.ts';
import type { Observation } from '../../../traffic/observations/observation.ts';
import type { FrameDevicePlan } from '../../contract.ts';
import type { DeviceSession, Moment, SessionSays } from '../device-session.ts';
import { createFrameScanner } from './frame-scanner.ts';
import { createIntervalPlacement } from './interval-placement.ts';
import {
  decodeSs105Interval,
  decodeSs105Line,
  decodeSs105PeriodS,
  encodeSs105Request,
  judgeSs105Line,
  LONGEST_LINE_BYTES,
  REQUEST,
  type Ss105Interval,
  type Ss105Line,
} from './ss105-frames.ts';

type Step = keyof typeof REQUEST;

/** Units and period are asked again: a technician may have changed them. */
const SETTINGS_EVERY_MS = 600_000;
/** Two equal answers are wanted; between two readings an interval may end. */
const READINGS_PER_ASK = 3;
const METRIC = 'M';
const KMH_PER_MPH = 1.609344;

export function createSs105Session(plan: FrameDevicePlan): DeviceSession {
  const scanner = createFrameScanner({
    longestBytes: LONGEST_LINE_BYTES,
    judge: (held) => judgeSs105Line(held, plan.address),
  });
  const placement = createIntervalPlacement();
  let pending: Step | null = null;
  let settingsMonoMs = -Infinity;
  let kmhPerUnit: number | null = null;
  let periodS: number | null = null;
  /** What the sensor said to the same request just before. */
  let heard: string | null = null;
  let readings = 0;
  let reported = '';

  const request = (step: Step): Uint8Array => {
    if (step !== pending) [heard, readings] = [null, 0];
    pending = step;
    readings += 1;
    return encodeSs105Request(plan.address, REQUEST[step]);
  };
  const firstStep = (): Step => {
    if (kmhPerUnit === null) return 'units';
    return periodS === null ? 'period' : 'interval';
  };
  const end = (said: SessionSays): readonly SessionSays[] => {
    pending = null;
    return [said];
  };
  const goOn = (): readonly SessionSays[] => [{ kind: 'send', bytes: request(firstStep()) }];
  /** Whether this is the second equal answer; otherwise what to do about it. */
  const isConfirmed = (text: string, step: Step): true | readonly SessionSays[] => {
    if (text === heard) return true;
    heard = text;
    if (readings < READINGS_PER_ASK) return [{ kind: 'send', bytes: request(step) }];
    return end({ kind: 'corrupt', why: 'the sensor does not say the same thing twice' });
  };

  const onUnits = ({ text, isRefusal }: Ss105Line): readonly SessionSays[] => {
    // One letter without a checksum. A sensor that does not know the question counts in miles (IRIS).
    const confirmed = isConfirmed(text, 'units');
    if (confirmed !== true) return confirmed;
    kmhPerUnit = !isRefusal && text === METRIC ? 1 : KMH_PER_MPH;
    return goOn();
  };

  const onInterval = ({ text }: Ss105Line, at: Moment): readonly SessionSays[] => {
    const interval = decodeSs105Interval(text);
    if (interval === null) return end({ kind: 'corrupt', why: 'an interval makes no sense' });
    const answered = { kind: 'answered', exchange: 0 } as const;
    if (text === reported) return end(answered);
    const confirmed = isConfirmed(text, 'interval');
    if (confirmed !== true) return confirmed;
    reported = text;
    const observations = observationsOf(interval, at);
    return [
      ...(observations.length === 0 ? [] : [{ kind: 'observations', observations } as const]),
      ...end(answered),
    ];
  };

  const observationsOf = ({ endWallMs, lanes }: Ss105Interval, at: Moment): readonly Observation[] => {
    const periodMs = (periodS ?? 0) * 1000;
    const toMs = placement.endOf({ endWallMs, periodMs }, at);
    return plan.channels.flatMap(({ channel, loop }) => {
      const sample = lanes.find((it) => it.lane === channel);
      if (sample === undefined) return [];
      const known = {
        kind: 'device-interval',
        loop,
        fromMs: toMs - periodMs,
        toMs,
        count: sample.count,
        occupancyPct: sample.occupancyPct,
        meanSpeedKmh: sample.count === 0 ? null : round(sample.speed * (kmhPerUnit ?? KMH_PER_MPH), 2),
        speed85Kmh: null,
        meanHeadwayS: null,
        meanGapS: null,
        meanLengthM: null,
        classCounts: sample.classCounts,
      } as const;
      return [known];
    });
  };

  const onLine = (line: Ss105Line, at: Moment): readonly SessionSays[] => {
    if (pending === null || line.command !== REQUEST[pending].slice(0, 2)) return [];
    if (pending === 'units') return onUnits(line);
    if (line.isRefusal) return end({ kind: 'refused', exchange: 0, why: `the sensor answers: ${line.text}` });
    if (pending === 'interval') return onInterval(line, at);
    periodS = decodeSs105PeriodS(line.text);
    return periodS === null ? end({ kind: 'corrupt', why: 'the period makes no sense' }) : goOn();
  };

  return {
    exchanges: [{ name: 'intervals', everyMs: plan.everyMs, pushed: false, countsAsReading: true }],
    get discardedBytes() {
      return scanner.discardedBytes;
    },
    ask(_exchange, { monoMs }) {
      scanner.forget();
      pending = null;
      if (monoMs - settingsMonoMs >= SETTINGS_EVERY_MS) {
        [kmhPerUnit, periodS] = [null, null];
        settingsMonoMs = monoMs;
      }
      return request(firstStep());
    },
    receive(bytes, at) {
      return scanner.scan(bytes).flatMap((found): readonly SessionSays[] => {
        return found.kind === 'frame'
          ? onLine(decodeSs105Line(found.frame), at)
          : [{ kind: 'corrupt', why: found.why }];
      });
    },
    interrupt() {
      scanner.forget();
      pending = null;
    },
  };
}
