import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { fuzzSession } from '../../../../test/fakes/session-fuzz.ts';
import { openLine, plan, type Reads, SENSOR, WALL_MS } from '../../../../test/fakes/ss125-line.ts';
import type {
  DeviceInterval,
  Observation,
  VehicleDetection,
} from '../../../traffic/observations/observation.ts';
import type { SessionSays } from '../device-session.ts';
import { createSs125Session } from './ss125.ts';
import { crc8 } from './ss125-frames.ts';
import { decodeUnits, decodeVehicle, signedFixed24 } from './ss125-records.ts';

function observationsIn({ said }: { readonly said: readonly SessionSays[] }): readonly Observation[] {
  return said.flatMap((it) => (it.kind === 'observations' ? it.observations : []));
}

function intervalsIn(poll: { readonly said: readonly SessionSays[] }): readonly DeviceInterval[] {
  return observationsIn(poll).filter((it) => it.kind === 'device-interval');
}

function vehiclesIn(poll: { readonly said: readonly SessionSays[] }): readonly VehicleDetection[] {
  return observationsIn(poll).filter((it) => it.kind === 'vehicle-detection');
}

/** Bodies that a sensor has sent, from the tests of IRIS (SS125PropertyTest). */
const RECORDED = [
  '670100000fc192059182ce004d080000fe005123021850bc',
  '670100000fc192058d0939015c0a0001198043c0021604fc',
].map((hex) => Uint8Array.from(Buffer.from(hex, 'hex')));

describe('what a SmartSensor HD has said', () => {
  it('has the checksum that we compute', () => {
    for (const body of RECORDED) expect(crc8(body.subarray(0, -1))).toBe(body.at(-1));
    expect(crc8(Buffer.from('123456789'))).toBe(0xbc);
  });

  it('is read as it was meant', () => {
    const english = decodeUnits(Uint8Array.from({ length: 83 }, () => 0));
    const [slow, fast] = RECORDED.map((body) => english && decodeVehicle(body.subarray(3, -1), english));
    expect(slow).toMatchObject({ lane: 0, durationMs: 254, speedKmh: null });
    expect(new Date(slow?.stampWallMs ?? 0).toISOString()).toBe('2016-12-18T22:17:32.718Z');
    expect(slow?.lengthM).toBeCloseTo(24.3125 * 0.3048, 2);
    expect(fast).toMatchObject({ lane: 1, durationMs: 281 });
    expect(fast?.speedKmh).toBeCloseTo(67.75 * 1.609344, 2);
  });

  it.each([
    ['ffed40', -19.25],
    ['80375e', 55.3671875],
    ['005123', null],
  ])('%s is a speed of %s', (hex, speed) => {
    const bytes = Uint8Array.from(Buffer.from(hex, 'hex'));
    expect(signedFixed24(new DataView(bytes.buffer), 0)).toBe(speed);
  });
});

describe('a SmartSensor HD that is asked for its intervals', () => {
  it('tells each lane once, in kilometres, whatever the units it is set to', () => {
    for (const metric of [false, true]) {
      const line = openLine('intervals', { metric });
      line.poll(1000);
      line.drive(1, 5000, 48, 4.5);
      line.drive(1, 15_000, 52, 13);
      line.drive(2, 20_000, 60, 7);
      const [one, two, three] = intervalsIn(line.poll(31_000));
      expect(one).toMatchObject({
        loop: 'lane-1',
        fromMs: 20,
        toMs: 30_020,
        count: 2,
        meanHeadwayS: 10,
        meanGapS: 9.7,
      });
      expect(one?.occupancyPct).toBeCloseTo(2, 1);
      expect(one?.meanSpeedKmh).toBeCloseTo(50, 1);
      expect(one?.speed85Kmh).toBeCloseTo(52, 1);
      expect(one?.classCounts).toEqual({ 'class-1': 0, 'class-2': 1, 'class-3': 0, 'class-4': 1 });
      expect(two).toMatchObject({ loop: 'lane-2', count: 1, meanHeadwayS: null });
      expect(three).toMatchObject({ loop: 'lane-3', count: 0, meanSpeedKmh: null, occupancyPct: 0 });
      expect(line.poll(32_000).said.map((it) => it.kind)).toEqual(['answered']);
    }
  });

  it('comes out with the vehicles that went in, also through an outage', () => {
    const traffic = fc.array(fc.record({ lane: fc.integer({ min: 1, max: 3 }), atMs: fc.nat(209_000) }), {
      maxLength: 60,
    });
    fc.assert(
      fc.property(traffic, fc.subarray([31, 62, 93, 94, 130, 155, 181]), (vehicles, polledAtS) => {
        const line = openLine('intervals');
        line.poll(1000);
        for (const { lane, atMs } of vehicles.toSorted((one, other) => one.atMs - other.atMs))
          line.drive(lane, atMs);
        line.poll(31_000);
        const firstIsOut = 1;
        const intervals = [...polledAtS, 211].flatMap((second) => intervalsIn(line.poll(second * 1000)));
        expect(intervals).toHaveLength((7 - firstIsOut) * 3);
        for (const { loop, fromMs, count } of intervals) {
          const startMs = Math.round(fromMs / 30_000) * 30_000;
          const inside = vehicles.filter(
            (it) => `lane-${it.lane}` === loop && it.atMs >= startMs && it.atMs < startMs + 30_000,
          );
          expect(count).toBe(inside.length);
        }
      }),
      { numRuns: 40 },
    );
  });

  it('leaves a gap for intervals that the sensor has not kept', () => {
    const line = openLine('intervals');
    line.poll(31_000);
    const said = intervalsIn(line.poll(10_000_000)).filter((it) => it.loop === 'lane-1');
    expect(said).toHaveLength(11);
    expect(said.every((it) => it.toMs > 9_600_000)).toBe(true);
  });

  it('asks for units and period again after ten minutes, because a technician may have changed them', () => {
    const line = openLine('intervals');
    expect(line.poll(31_000).replies).toHaveLength(2 + 3);
    expect(line.poll(32_000).replies).toHaveLength(1);
    expect(line.poll(632_000).replies.length).toBeGreaterThan(2 + 3);
  });

  it('hears its own sensor only, and only the answer to what was asked', () => {
    const line = openLine('intervals');
    const { replies } = line.poll(31_000);
    const neighbour = createSs125Session({ ...plan('intervals'), address: SENSOR + 1 });
    const at = { monoMs: 31_000, wallMs: WALL_MS + 31_000 };
    neighbour.ask(0, at);
    expect(replies.flatMap((reply) => neighbour.receive(reply, at))).toEqual([]);
    line.session.ask(0, at);
    expect(replies.flatMap((reply) => line.session.receive(reply, at))).toEqual([]);
  });
});

describe('a SmartSensor HD that is asked for its vehicles', () => {
  it('empties the queue, each vehicle at its own moment whatever the sensor believes the time to be', () => {
    for (const clockErrorMs of [0, -5_000_000]) {
      const line = openLine('vehicles', {}, clockErrorMs);
      const said: VehicleDetection[] = [];
      for (let second = 1; second < 30; second += 1) {
        said.push(...vehiclesIn(line.poll(second * 1000)));
        if (second < 5 || second > 27) continue;
        line.drive(1, second * 1000 + 137 + second * 20, 40 + second);
        line.drive(2, second * 1000 + 240, -30);
      }
      expect(said).toHaveLength(46);
      for (const { loop, atMs, uncertaintyMs, speedKmh, direction } of said) {
        const second = Math.round((speedKmh ?? 0) - 40);
        const isReverse = loop === 'lane-2';
        expect(direction).toBe(isReverse ? 'reverse' : 'forward');
        const trueMs = second * 1000 + 137 + second * 20;
        if (!isReverse) expect(Math.abs(atMs - trueMs)).toBeLessThanOrEqual(uncertaintyMs);
        expect(uncertaintyMs).toBeLessThan(1500);
      }
    }
  });

  it('takes a long queue in several turns', () => {
    const line = openLine('vehicles');
    line.poll(1000);
    for (let index = 0; index < 100; index += 1) line.drive(3, 1100 + index * 8);
    expect(vehiclesIn(line.poll(2000))).toHaveLength(64);
    expect(vehiclesIn(line.poll(3000))).toHaveLength(36);
  });

  it('loses none and misplaces none when its clock is set, and when one stamp is damaged', () => {
    const line = openLine('vehicles');
    const told: VehicleDetection[] = [];
    const run = (fromS: number, toS: number, stampErrorMs: (second: number) => number): void => {
      for (let second = fromS; second < toS; second += 1) {
        line.drive(1, second * 1000 + 100 + stampErrorMs(second), 40 + second);
        told.push(...vehiclesIn(line.poll(second * 1000 + 1000)));
      }
    };
    line.poll(500);
    run(1, 10, () => 0);
    run(10, 20, (second) => (second === 15 ? 5_000_000 : 0));
    run(20, 30, () => -3_600_000);
    // One whose stamp contradicts all others is no vehicle that anybody could place.
    const speeds = Array.from({ length: 29 }, (_, index) => 41 + index).filter((speed) => speed !== 55);
    expect(told.map(({ speedKmh }) => Math.round(speedKmh ?? 0))).toEqual(speeds);
    for (const { atMs, uncertaintyMs, speedKmh } of told) {
      const trueMs = (Math.round(speedKmh ?? 0) - 40) * 1000 + 100;
      expect(Math.abs(atMs - trueMs)).toBeLessThanOrEqual(uncertaintyMs);
    }
  });

  it('loses none when no clock holds for its stamps', () => {
    const line = openLine('vehicles');
    line.poll(500);
    const told: VehicleDetection[] = [];
    const stampErrorsMs = [0, 0, 90_000, -400_000, 700_000, -50_000, 0, 0, 0];
    for (const [index, errorMs] of stampErrorsMs.entries()) {
      const monoMs = (index + 1) * 1000;
      line.drive(1, monoMs + 100 + errorMs, 41 + index);
      told.push(...vehiclesIn(line.poll(monoMs + 1000)));
    }
    expect(told.map(({ speedKmh }) => Math.round(speedKmh ?? 0))).toEqual(
      stampErrorsMs.map((_, i) => 41 + i),
    );
    for (const { atMs, speedKmh } of told) {
      expect(Math.abs(atMs - (Math.round(speedKmh ?? 0) - 40) * 1000 - 100)).toBeLessThan(1500);
    }
  });

  it.each([
    ['an instant', { durationMs: 3 }],
    ['no length of a vehicle', { lengthM: 0.3 }],
    ['a road train of seventy metres', { lengthM: 70 }],
    ['less way than a third of its length', { speedKmh: 30, lengthM: 14 }],
  ])('does not believe a vehicle of %s', (_, changes) => {
    const line = openLine('vehicles');
    line.poll(500);
    const vehicle = { lane: 1, atMs: WALL_MS + 1100, durationMs: 300, speedKmh: 50, lengthM: 4.5 };
    line.radar.vehiclePasses({ ...vehicle, ...changes });
    const { said } = line.poll(2000);
    expect(said.map((it) => it.kind)).toEqual(['corrupt']);
    line.radar.vehiclePasses(vehicle);
    expect(vehiclesIn(line.poll(3000))).toHaveLength(1);
  });

  it('claims nothing of what was in the queue at first', () => {
    const line = openLine('vehicles');
    line.drive(1, 1000);
    expect(vehiclesIn(line.poll(50_000))).toEqual([]);
  });
});

/** Twelve polls and what was said to them. */
function recordConversation(reads: Reads) {
  const line = openLine(reads);
  return Array.from({ length: 12 }, (_, turn) => {
    const monoMs = (turn + 1) * 30_000 + 1000;
    for (let vehicle = 0; vehicle <= turn; vehicle += 1) {
      line.drive((vehicle % 3) + 1, monoMs - 20_000 + vehicle * 900, 30 + turn + vehicle, 4 + turn / 10);
    }
    return { exchange: 0, afterMs: 30_000, replies: line.poll(monoMs).replies };
  });
}

/** Everything that both checksums let through, at any offset. */
function findFrames(bytes: Uint8Array): Uint8Array[] {
  return Array.from(bytes.keys()).flatMap((from) => {
    const size = bytes[from + 9] ?? 0;
    const frame = bytes.slice(from, from + size + 12);
    if (frame[0] !== 0x5a || frame.length < size + 12 || slowCrc(frame.slice(0, 11)) !== 0) return [];
    return slowCrc(frame.slice(11)) === 0 ? [frame] : [];
  });
}

/** Polynomial division of the whole, checksum included: nothing remains of a true one. */
function slowCrc(bytes: Uint8Array): number {
  const bits = Array.from(bytes, (byte) => byte.toString(2).padStart(8, '0')).join('');
  let rest = 0;
  for (const bit of bits) {
    rest = (rest << 1) | Number(bit);
    if (rest > 0xff) rest ^= 0x11c;
  }
  return rest;
}

/** A sensor answers with the number after the request's. */
function retarget(reply: Uint8Array, request: Uint8Array): Uint8Array {
  const header = [...reply.slice(0, 8), ((request[8] ?? 0) + 1) % 256, reply[9] ?? 0];
  return Uint8Array.from([...header, slowCrc(Uint8Array.from([...header, 0])), ...reply.slice(11)]);
}

describe('a SmartSensor HD on a bad line', () => {
  it.each<Reads>(['intervals', 'vehicles'])('makes nothing of noise and damage (%s)', (reads) => {
    const report = fuzzSession({
      createSession: () => createSs125Session(plan(reads)),
      conversation: recordConversation(reads),
      findFrames,
      retarget,
      seed: 125,
      randomBytes: 1_000_000,
      startWallMs: WALL_MS,
      toleranceMs: 30_000,
    });
    expect(report.damagedTurns).toBeGreaterThan(500);
    expect(report.forgedClaims).toBeLessThanOrEqual(report.claims / 1000);
  });
});
