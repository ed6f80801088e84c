/**
 * RTMS G4 side-fired radars (EIS, later Image Sensing Systems) over serial or TCP. A statistics poll is answered
 * with the newest interval, or in FIFO mode with the oldest one that was not fetched; in per-vehicle mode the
 * sensor also tells each vehicle by itself. Protocol: IRIS (github mnit-rtmc/iris), comm/g4.
 */
import type { Observation } from '../../../traffic/observations/observation.ts';
import type { FrameDevicePlan } from '../../contract.ts';
import type { DeviceSession, Moment, SessionSays } from '../device-session.ts';
import { createFrameScanner } from './frame-scanner.ts';
import { createIntervalPlacement } from './interval-placement.ts';
import {
  decodeG4Frame,
  encodeG4Frame,
  type G4Frame,
  judgeG4Frame,
  LONGEST_FRAME_BYTES,
  QUALIFIER,
} from './rtms-g4-frames.ts';
import { createStatisticsTrain, type G4Statistics } from './rtms-g4-statistics.ts';
import { createG4VehicleReader } from './rtms-g4-vehicles.ts';

/** What a healthy sensor says of itself (IRIS: "currently always 0x10"). */
const HEALTHY = 0x10;
/** The sensor keeps at least this many; one ask fetches them, the rest waits for the next. */
const INTERVALS_PER_ASK = 20;
/** One byte, reserved. */
const POLL_DATA = Uint8Array.from([0]);

export function createRtmsG4Session(plan: FrameDevicePlan): DeviceSession {
  const takesVehicles = plan.codec.name === 'rtms-g4' && plan.codec.reads === 'vehicles';
  const poll = encodeG4Frame(QUALIFIER.statisticsPoll, plan.address, POLL_DATA);
  const scanner = createFrameScanner({
    longestBytes: LONGEST_FRAME_BYTES,
    judge: (held) => judgeG4Frame(held, plan.address),
  });
  const train = createStatisticsTrain();
  const vehicles = createG4VehicleReader(plan.channels);
  const placement = createIntervalPlacement();
  let isAsked = false;
  let fetched = 0;
  let lastInterval = '';
  /** Null before the first answer: a fault of an earlier run may be open, so the first is told, good or bad. */
  let health: number | null = null;

  const onStatistics = (statistics: G4Statistics, at: Moment): readonly SessionSays[] => {
    if (!isAsked) return [];
    const interval = `${statistics.number} ${statistics.endWallMs}`;
    const isNew = interval !== lastInterval;
    lastInterval = interval;
    const observations = [
      ...healthChange(statistics, at),
      ...(isNew && !takesVehicles ? intervalsOf(statistics, at) : []),
    ];
    const said: SessionSays[] = observations.length === 0 ? [] : [{ kind: 'observations', observations }];
    const isBehind = at.wallMs - (statistics.endWallMs ?? at.wallMs) > statistics.periodS * 1000;
    fetched += 1;
    if (isNew && isBehind && fetched < INTERVALS_PER_ASK) return [...said, { kind: 'send', bytes: poll }];
    isAsked = false;
    return [...said, { kind: 'answered', exchange: 0 }];
  };

  const healthChange = ({ health: is, supplyV }: G4Statistics, at: Moment): readonly Observation[] => {
    if (is === health) return [];
    const wasIll = health !== null && health !== HEALTHY;
    health = is;
    if (wasIll && is !== HEALTHY) return [];
    const detail = `health ${is.toString(16).padStart(2, '0')}h, supply ${supplyV.toFixed(1)} V`;
    const fault = { kind: 'sensor-fault', sensor: plan.id, layer: 'device', code: 'sensor-health' } as const;
    return [{ ...fault, active: is !== HEALTHY, atMs: at.monoMs, detail }];
  };

  const intervalsOf = (statistics: G4Statistics, at: Moment): readonly Observation[] => {
    const periodMs = statistics.periodS * 1000;
    const toMs = placement.endOf({ endWallMs: statistics.endWallMs, periodMs }, at);
    return plan.channels.flatMap(({ channel, loop }) => {
      const zone = statistics.zones[channel - 1];
      if (zone === undefined) return [];
      return [
        {
          kind: 'device-interval',
          loop,
          fromMs: toMs - periodMs,
          toMs,
          count: zone.count,
          occupancyPct: zone.occupancyPct,
          meanSpeedKmh: zone.speedKmh,
          speed85Kmh: zone.speed85Kmh,
          meanHeadwayS: zone.headwayS,
          meanGapS: zone.gapS,
          meanLengthM: null,
          classCounts: zone.classCounts,
        } as const,
      ];
    });
  };

  const onFrame = (frame: G4Frame, at: Moment): readonly SessionSays[] => {
    if (frame.qualifier === QUALIFIER.refused) {
      const refused = {
        kind: 'refused',
        exchange: 0,
        why: 'the sensor refuses the statistics poll',
      } as const;
      const wasAsked = isAsked;
      isAsked = false;
      return wasAsked ? [refused] : [];
    }
    if (frame.qualifier === QUALIFIER.vehicle) {
      const vehicle = vehicles.read(frame.data, at);
      if (vehicle === 'damaged') return [{ kind: 'corrupt', why: 'a vehicle record makes no sense' }];
      return takesVehicles && vehicle !== null ? [{ kind: 'observations', observations: [vehicle] }] : [];
    }
    const step = train.couple(frame);
    if (step.kind === 'damaged') return [{ kind: 'corrupt', why: step.why }];
    return step.kind === 'complete' ? onStatistics(step.statistics, at) : [];
  };

  return {
    exchanges: [{ name: 'statistics', everyMs: plan.everyMs, pushed: false, countsAsReading: true }],
    get discardedBytes() {
      return scanner.discardedBytes;
    },
    ask() {
      // Records that the sensor tells by itself may be under way: what is held stays.
      train.forget();
      isAsked = true;
      fetched = 0;
      return poll;
    },
    receive(bytes, at) {
      return scanner.scan(bytes).flatMap((found): readonly SessionSays[] => {
        if (found.kind === 'frame') return onFrame(decodeG4Frame(found.frame), at);
        train.forget();
        return [{ kind: 'corrupt', why: found.why }];
      });
    },
    interrupt() {
      scanner.forget();
      train.forget();
      isAsked = false;
    },
  };
}
