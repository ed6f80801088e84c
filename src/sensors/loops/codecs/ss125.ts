/**
 * Wavetronix SmartSensor HD radars over serial or TCP. Intervals are fetched by number, lane by lane, so that
 * one which was missed is fetched later as long as the sensor has it; or single vehicles are taken from its
 * queue until it is empty. Units and period are asked, not assumed. Protocol: IRIS, comm/ss125.
 */
import type { FrameDevicePlan } from '../../contract.ts';
import type { DeviceSession, Moment, SessionSays } from '../device-session.ts';
import { createFrameScanner } from './frame-scanner.ts';
import {
  decodeSs125Frame,
  encodeSs125Request,
  judgeSs125Frame,
  LONGEST_FRAME_BYTES,
  MESSAGE,
  type Ss125Frame,
} from './ss125-frames.ts';
import { createSs125Intervals } from './ss125-intervals.ts';
import { decodePeriodS, decodeUnits, decodeVehicle, type Ss125Units } from './ss125-records.ts';
import { createSs125Vehicles } from './ss125-vehicles.ts';

/** Vehicles that one ask takes from the queue; the rest waits for the next. */
const VEHICLES_PER_ASK = 64;
/** Units and period are asked again: a technician may have changed them. */
const SETTINGS_EVERY_MS = 600_000;
/** IRIS, ResponseCode. */
const NO_SUCH_INTERVAL = 15;
const NO_PAYLOAD = new Uint8Array(0);

/** What the sensor has been asked and has not answered yet. */
type Pending =
  | { readonly step: 'units' | 'period' | 'vehicle' }
  | { readonly step: 'interval'; readonly number: number; readonly part: number };

export function createSs125Session(plan: FrameDevicePlan): DeviceSession {
  const takesVehicles = plan.codec.name === 'ss125' && plan.codec.reads === 'vehicles';
  const scanner = createFrameScanner({
    longestBytes: LONGEST_FRAME_BYTES,
    judge: (held) => judgeSs125Frame(held, plan.address),
  });
  const intervals = createSs125Intervals(plan.channels);
  const vehicles = createSs125Vehicles(plan.channels);
  let sequence = 0;
  let pending: Pending | null = null;
  let units: Ss125Units | null = null;
  let periodS: number | null = null;
  let taken = 0;
  let askedMonoMs = 0;
  let settingsMonoMs = -Infinity;

  const request = (next: Pending): Uint8Array => {
    pending = next;
    sequence = (sequence + 1) % 256;
    const [part, payload] = next.step === 'interval' ? [next.part, u24(next.number)] : [0, NO_PAYLOAD];
    return encodeSs125Request({
      sensor: plan.address,
      sequence,
      message: MESSAGE_OF[next.step],
      part,
      payload,
    });
  };
  const firstStep = (): Pending => {
    if (units === null) return { step: 'units' };
    if (takesVehicles) return { step: 'vehicle' };
    return periodS === null ? { step: 'period' } : { step: 'interval', ...intervals.begin() };
  };
  const send = (next: Pending): SessionSays => ({ kind: 'send', bytes: request(next) });
  const end = (said: SessionSays): readonly SessionSays[] => {
    pending = null;
    return [said];
  };
  const answered = (): readonly SessionSays[] => end({ kind: 'answered', exchange: 0 });
  const damaged = (why: string): readonly SessionSays[] => end({ kind: 'corrupt', why });
  const onSettings = (frame: Ss125Frame): readonly SessionSays[] => {
    if (frame.message === MESSAGE.generalConfig) units = decodeUnits(frame.payload);
    else periodS = decodePeriodS(frame.payload);
    const isKnown = (frame.message === MESSAGE.generalConfig ? units : periodS) !== null;
    return isKnown ? [send(firstStep())] : damaged('the settings make no sense');
  };

  const onVehicle = (frame: Ss125Frame, at: Moment): readonly SessionSays[] => {
    if (frame.part === 0) {
      vehicles.drained(askedMonoMs);
      return answered();
    }
    const vehicle = units === null ? null : decodeVehicle(frame.payload, units);
    if (frame.part !== 1 || vehicle === null) return damaged('a vehicle makes no sense');
    taken += 1;
    const observations = vehicles.read(vehicle, at);
    const said: SessionSays[] = observations.length === 0 ? [] : [{ kind: 'observations', observations }];
    return [...said, ...(taken < VEHICLES_PER_ASK ? [send({ step: 'vehicle' })] : answered())];
  };

  const onInterval = (frame: Ss125Frame, at: Moment): readonly SessionSays[] => {
    if (units === null || periodS === null) return [];
    const read = intervals.read({ part: frame.part, payload: frame.payload, units, periodS }, at);
    if (read.kind === 'damaged') return damaged('an interval makes no sense');
    const { observations } = read;
    const said: SessionSays[] = observations.length === 0 ? [] : [{ kind: 'observations', observations }];
    return [...said, ...(read.next === null ? answered() : [send({ step: 'interval', ...read.next })])];
  };

  const onFrame = (frame: Ss125Frame, at: Moment): readonly SessionSays[] => {
    // The sensor answers with the number after the request's: late answers to other requests are not taken.
    if (pending === null || frame.sequence !== (sequence + 1) % 256) return [];
    if (frame.message !== MESSAGE_OF[pending.step]) return [];
    if (frame.kind === 'result') {
      const code = frame.payload.length === 2 ? ((frame.payload[0] ?? 0) << 8) | (frame.payload[1] ?? 0) : -1;
      const next = pending.step === 'interval' && code === NO_SUCH_INTERVAL ? intervals.skip() : null;
      if (next !== null) return [send({ step: 'interval', ...next })];
      return end({ kind: 'refused', exchange: 0, why: `the sensor answers with result ${code}` });
    }
    if (pending.step === 'interval') return frame.part === pending.part ? onInterval(frame, at) : [];
    return pending.step === 'vehicle' ? onVehicle(frame, at) : onSettings(frame);
  };

  return {
    exchanges: [
      {
        name: takesVehicles ? 'vehicles' : 'intervals',
        everyMs: plan.everyMs,
        pushed: false,
        countsAsReading: true,
      },
    ],
    get discardedBytes() {
      return scanner.discardedBytes;
    },
    ask(_exchange, { monoMs }) {
      scanner.forget();
      taken = 0;
      askedMonoMs = monoMs;
      if (monoMs - settingsMonoMs >= SETTINGS_EVERY_MS) {
        [units, periodS] = [null, null];
        settingsMonoMs = monoMs;
      }
      return request(firstStep());
    },
    receive(bytes, at) {
      return scanner.scan(bytes).flatMap((found): readonly SessionSays[] => {
        if (found.kind === 'damaged') return [{ kind: 'corrupt', why: found.why }];
        const frame = decodeSs125Frame(found.frame);
        return frame === null ? [] : onFrame(frame, at);
      });
    },
    interrupt() {
      scanner.forget();
      pending = null;
    },
  };
}

const MESSAGE_OF = {
  units: MESSAGE.generalConfig,
  period: MESSAGE.dataConfig,
  vehicle: MESSAGE.vehicle,
  interval: MESSAGE.interval,
} as const;

function u24(value: number): Uint8Array {
  return Uint8Array.from([value >> 16, (value >> 8) & 0xff, value & 0xff]);
}
