import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { fuzzSession } from '../../../../test/fakes/session-fuzz.ts';
import { createRtmsG4Device, type RtmsG4DevicePlan } from '../../../simulator/devices/rtms-g4-device.ts';
import type {
  DeviceInterval,
  Observation,
  VehicleDetection,
} from '../../../traffic/observations/observation.ts';
import type { FrameDevicePlan } from '../../contract.ts';
import type { SessionSays } from '../device-session.ts';
import { createRtmsG4Session } from './rtms-g4.ts';
import { encodeG4Frame } from './rtms-g4-frames.ts';

const SENSOR = 0x0102;
const WALL_MS = Date.UTC(2026, 4, 1, 8);
const PERIOD_S = 30;

function plan(reads: 'intervals' | 'vehicles' = 'intervals'): FrameDevicePlan {
  return {
    id: 'radar',
    address: SENSOR,
    identity: null,
    responseTimeoutMs: 1000,
    turnaroundMs: 0,
    everyMs: 10_000,
    codec: { name: 'rtms-g4', reads },
    channels: [1, 2, 3].map((channel) => ({ channel, loop: `zone-${channel}` })),
  };
}

/** A radar and a session on one line; monotonic time 0 is WALL_MS. */
function openLine(options: Partial<RtmsG4DevicePlan> = {}, clockErrorMs = 0) {
  const radar = createRtmsG4Device({
    sensor: SENSOR,
    zones: 3,
    periodS: PERIOD_S,
    poweredUpAtMs: WALL_MS + clockErrorMs,
    unit: 'km/h',
    ...options,
  });
  const session = createRtmsG4Session(plan(options.perVehicle === true ? 'vehicles' : 'intervals'));
  const at = (monoMs: number) => ({ monoMs, wallMs: WALL_MS + monoMs });
  const deviceMs = (monoMs: number): number => WALL_MS + monoMs + clockErrorMs;
  const hear = (replies: readonly Uint8Array[], monoMs: number): readonly SessionSays[] => {
    return replies.flatMap((reply) => session.receive(reply, at(monoMs)));
  };
  return {
    radar,
    session,
    hear,
    deviceMs,
    poll(monoMs: number): readonly SessionSays[] {
      const said: SessionSays[] = [];
      let requests = [session.ask(0, at(monoMs))];
      while (requests.length > 0) {
        const answers = hear(
          requests.flatMap((request) => radar.receive(request, deviceMs(monoMs))),
          monoMs + 50,
        );
        said.push(...answers);
        requests = answers.flatMap((it) => (it.kind === 'send' ? [it.bytes] : []));
      }
      return said;
    },
    drive(lane: number, monoMs: number, speedKmh = 50, lengthM = 4.5) {
      return radar.vehiclePasses({ lane, atMs: deviceMs(monoMs), durationMs: 500, speedKmh, lengthM });
    },
  };
}

function observationsIn(said: readonly SessionSays[]): readonly Observation[] {
  return said.flatMap((it) => (it.kind === 'observations' ? it.observations : []));
}

function intervalsIn(said: readonly SessionSays[]): readonly DeviceInterval[] {
  return observationsIn(said).filter((it) => it.kind === 'device-interval');
}

describe('an RTMS G4 that is asked for its intervals', () => {
  it('tells each zone once, with what the sensor counted', () => {
    const line = openLine();
    line.poll(1000);
    line.drive(1, 5000, 48, 4.5);
    line.drive(1, 15_000, 52, 13);
    line.drive(2, 20_000, 60, 7);
    const said = line.poll(31_000);
    expect(intervalsIn(said)).toEqual([
      {
        kind: 'device-interval',
        loop: 'zone-1',
        fromMs: 0,
        toMs: 30_000,
        count: 2,
        occupancyPct: 3.3,
        meanSpeedKmh: 50,
        speed85Kmh: 52,
        meanHeadwayS: 10,
        meanGapS: 9.5,
        meanLengthM: null,
        classCounts: { small: 0, regular: 1, medium: 0, large: 0, truck: 1, 'extra-large': 0 },
      },
      expect.objectContaining({ loop: 'zone-2', count: 1, meanHeadwayS: null, meanSpeedKmh: 60 }),
      expect.objectContaining({ loop: 'zone-3', count: 0, meanSpeedKmh: null, occupancyPct: 0 }),
    ]);
    expect(said.at(-1)).toEqual({ kind: 'answered', exchange: 0 });
    expect(line.poll(41_000)).toEqual([{ kind: 'answered', exchange: 0 }]);
  });

  it('turns miles per hour into kilometres per hour, and leaves kilometres alone', () => {
    for (const unit of ['mph', 'km/h'] as const) {
      const line = openLine({ unit });
      line.drive(1, 5000, 80.4672);
      const [interval] = intervalsIn(line.poll(31_000));
      expect(interval?.meanSpeedKmh).toBeCloseTo(unit === 'mph' ? 50 * 1.609344 : 80, 2);
    }
  });

  it('comes out with the vehicles that went in, whatever the traffic', () => {
    const traffic = fc.array(fc.record({ lane: fc.integer({ min: 1, max: 3 }), atMs: fc.nat(119_000) }), {
      maxLength: 60,
    });
    fc.assert(
      fc.property(traffic, fc.boolean(), (vehicles, fifo) => {
        const line = openLine({ fifo });
        for (const { lane, atMs } of vehicles.toSorted((one, other) => one.atMs - other.atMs))
          line.drive(lane, atMs);
        const intervals = [31, 45, 61, 91, 121, 131].flatMap((second) =>
          intervalsIn(line.poll(second * 1000)),
        );
        expect(intervals).toHaveLength(12);
        for (const { loop, fromMs, count } of intervals) {
          const startMs = Math.round(fromMs / 30_000) * 30_000;
          const inside = vehicles.filter(
            (it) => `zone-${it.lane}` === loop && it.atMs >= startMs && it.atMs < startMs + 30_000,
          );
          expect(count).toBe(inside.length);
        }
      }),
    );
  });

  it('fetches what a sensor in FIFO mode has kept through an outage, each in its own place', () => {
    const line = openLine({ fifo: true });
    expect(intervalsIn(line.poll(31_000))).toHaveLength(3);
    const said = intervalsIn(line.poll(200_000)).filter((it) => it.loop === 'zone-1');
    expect(said.map((it) => Math.round(it.toMs / 1000))).toEqual([60, 90, 120, 150, 180]);
  });

  it('reports no interval for the time that it could not fetch', () => {
    const line = openLine();
    line.poll(31_000);
    expect(intervalsIn(line.poll(200_000)).map((it) => Math.round(it.toMs / 1000))).toEqual([180, 180, 180]);
  });

  it('places an interval by its arrival when the sensor has the wrong date', () => {
    const line = openLine({}, -86_400_000);
    expect(intervalsIn(line.poll(31_000))[0]?.toMs).toBe(31_050);
  });

  it('opens a fault when the sensor is not well, and closes it', () => {
    const line = openLine();
    const health = (atMs: number) =>
      observationsIn(line.poll(atMs)).flatMap((it) => (it.kind === 'sensor-fault' ? [it.active] : []));
    // What it says first is told, good or bad: a fault from before a restart may have ended meanwhile.
    expect(health(1000)).toEqual([]);
    expect(health(31_000)).toEqual([false]);
    expect(health(45_000)).toEqual([]);
    line.radar.setHealth(0x11);
    expect(observationsIn(line.poll(61_000))).toContainEqual(
      expect.objectContaining({ kind: 'sensor-fault', sensor: 'radar', code: 'sensor-health', active: true }),
    );
    line.radar.setHealth(0x10);
    expect(observationsIn(line.poll(91_000))).toContainEqual(
      expect.objectContaining({ kind: 'sensor-fault', code: 'sensor-health', active: false }),
    );
  });

  it('hears that the sensor refuses, and does not listen to its neighbour', () => {
    const { session } = openLine();
    const at = { monoMs: 0, wallMs: WALL_MS };
    session.ask(0, at);
    const refusal = new Uint8Array(0);
    expect(session.receive(encodeG4Frame(0x1a, SENSOR + 1, refusal), at)).toEqual([]);
    expect(session.receive(encodeG4Frame(0x1a, SENSOR, refusal), at)[0]?.kind).toBe('refused');
  });

  it('takes a train whole or not at all', () => {
    const line = openLine();
    const request = line.session.ask(0, { monoMs: 31_000, wallMs: WALL_MS });
    const train = line.radar.receive(request, line.deviceMs(31_000));
    for (let lost = 0; lost < train.length; lost += 1) {
      line.session.ask(0, { monoMs: 31_000, wallMs: WALL_MS });
      const said = line.hear(train.toSpliced(lost, 1), 31_050);
      expect(intervalsIn(said), `without frame ${lost}`).toEqual([]);
    }
  });
});

describe('the frames of an answer', () => {
  const trainOf = (line: ReturnType<typeof openLine>, monoMs: number): readonly Uint8Array[] => {
    const request = line.session.ask(0, { monoMs, wallMs: WALL_MS + monoMs });
    return line.radar.receive(request, line.deviceMs(monoMs));
  };
  const swapped = (train: readonly Uint8Array[]): readonly Uint8Array[] =>
    train.toSpliced(2, 2, ...train.slice(2, 4).toReversed());

  it('may have any order, but keep it', () => {
    const line = openLine();
    expect(intervalsIn(line.hear(swapped(trainOf(line, 31_000)), 31_050))).toHaveLength(3);
    expect(intervalsIn(line.hear(swapped(trainOf(line, 61_000)), 61_050))).toHaveLength(3);
    const said = line.hear(trainOf(line, 91_000), 91_050);
    expect(said.map((it) => it.kind)).toEqual(['corrupt']);
    // The same again is how the sensor speaks from now on.
    expect(intervalsIn(line.hear(trainOf(line, 92_000), 92_050))).toHaveLength(3);
  });
});

describe('an RTMS G4 that tells each vehicle', () => {
  it('gives what it measured, at the moment that the record came less the dwell', () => {
    const line = openLine({ perVehicle: true, unit: 'mph' });
    const [vehicle] = observationsIn(
      line.hear(line.drive(2, 5000, 80.4672, 4.5), 5520),
    ) as VehicleDetection[];
    expect(vehicle).toMatchObject({ kind: 'vehicle-detection', loop: 'zone-2', onTimeMs: 500, lengthM: 4.5 });
    expect(vehicle?.speedKmh).toBeCloseTo(80.4672, 2);
    expect(Math.abs((vehicle?.atMs ?? 0) - 5000)).toBeLessThanOrEqual(vehicle?.uncertaintyMs ?? 0);
    expect(intervalsIn(line.poll(31_000))).toEqual([]);
  });

  it('puts a record that comes late where its stamp says', () => {
    const line = openLine({ perVehicle: true });
    for (let second = 1; second < 20; second += 1) {
      line.hear(line.drive(1, second * 1370), second * 1370 + 540);
    }
    const late = line.drive(1, 40_000);
    const [vehicle] = observationsIn(line.hear(late, 49_000)) as VehicleDetection[];
    expect(Math.abs((vehicle?.atMs ?? 0) - 40_000)).toBeLessThanOrEqual(vehicle?.uncertaintyMs ?? 0);
    expect(vehicle?.uncertaintyMs).toBeLessThan(1600);
  });
});

/** Twelve busy polls, or twelve vehicles between two polls. */
function recordConversation(perVehicle: boolean) {
  const line = openLine({ perVehicle, fifo: false });
  const turns = Array.from({ length: 12 }, (_, turn) => {
    const monoMs = (turn + 1) * 30_000 + 1000;
    for (let vehicle = 0; vehicle <= turn; vehicle += 1)
      line.drive((vehicle % 3) + 1, monoMs - 20_000 + vehicle * 900);
    const request = line.session.ask(0, { monoMs, wallMs: WALL_MS + monoMs });
    const train = {
      exchange: 0,
      afterMs: 30_000,
      replies: line.radar.receive(request, line.deviceMs(monoMs)),
    };
    if (!perVehicle) return [train];
    const record = line.drive((turn % 3) + 1, monoMs + 1000, 30 + turn, 4 + turn / 10);
    return [train, { exchange: null, afterMs: 0, replies: record }];
  });
  return turns.flat();
}

/** Everything that the sum lets through, at any offset. */
function findFrames(bytes: Uint8Array): Uint8Array[] {
  return Array.from(bytes.keys()).flatMap((from) => {
    const length = bytes[from + 3] ?? 0;
    const frame = bytes.slice(from, from + length + 6);
    if (frame[0] !== 0xff || frame[1] !== 0xaa || frame.length < length + 6 || length < 2) return [];
    const sum = frame.slice(4, -2).reduce((total, byte) => total + byte, 0) & 0xffff;
    return frame.at(-2) === sum >> 8 && frame.at(-1) === (sum & 0xff) ? [frame] : [];
  });
}

describe('an RTMS G4 on a bad line', () => {
  it.each([false, true])(
    'makes no interval and no vehicle of noise and damage (per vehicle: %s)',
    (perVehicle) => {
      const report = fuzzSession({
        createSession: () => createRtmsG4Session(plan(perVehicle ? 'vehicles' : 'intervals')),
        conversation: recordConversation(perVehicle),
        findFrames,
        seed: 4,
        randomBytes: 1_000_000,
        startWallMs: WALL_MS,
        toleranceMs: 30_000,
      });
      expect(report.damagedTurns).toBeGreaterThan(500);
      expect(report.corrupt).toBeGreaterThan(100);
      expect(report.forgedClaims).toBeLessThanOrEqual(report.claims / 200);
    },
  );
});
