import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { fuzzSession } from '../../../../test/fakes/session-fuzz.ts';
import { createSs105Device, type Ss105DevicePlan } from '../../../simulator/devices/ss105-device.ts';
import type { DeviceInterval } from '../../../traffic/observations/observation.ts';
import type { FrameDevicePlan } from '../../contract.ts';
import type { SessionSays } from '../device-session.ts';
import { createSs105Session } from './ss105.ts';
import { decodeSs105Interval, judgeSs105Line } from './ss105-frames.ts';

const SENSOR = 42;
const WALL_MS = Date.UTC(2026, 4, 1, 8);

const PLAN: FrameDevicePlan = {
  id: 'radar',
  address: SENSOR,
  identity: null,
  responseTimeoutMs: 1000,
  turnaroundMs: 0,
  everyMs: 10_000,
  codec: { name: 'ss105' },
  channels: [1, 2, 3].map((channel) => ({ channel, loop: `lane-${channel}` })),
};

/** A radar and a session on one line; monotonic time 0 is WALL_MS. */
function openLine(options: Partial<Ss105DevicePlan> = {}, clockErrorMs = 0) {
  const poweredUpAtMs = WALL_MS + clockErrorMs;
  const device = { sensor: SENSOR, lanes: 3, periodS: 30, metric: false, poweredUpAtMs, ...options };
  const radar = createSs105Device(device);
  const session = createSs105Session(PLAN);
  const deviceMs = (monoMs: number): number => WALL_MS + monoMs + clockErrorMs;
  return {
    session,
    /** One exchange with all its parts; what happens to a reply on its way is up to the caller. */
    poll(monoMs: number, onTheWay: (reply: Uint8Array) => Uint8Array = (reply) => reply) {
      const at = { monoMs, wallMs: WALL_MS + monoMs };
      const said: SessionSays[] = [];
      const replies: Uint8Array[] = [];
      let requests = [session.ask(0, at)];
      while (requests.length > 0) {
        const answers = requests.flatMap((request) => radar.receive(request, deviceMs(monoMs))).map(onTheWay);
        replies.push(...answers);
        const heard = answers.flatMap((reply) => session.receive(reply, { ...at, monoMs: monoMs + 20 }));
        said.push(...heard);
        requests = heard.flatMap((it) => (it.kind === 'send' ? [it.bytes] : []));
      }
      return { said, replies };
    },
    drive(lane: number, monoMs: number, speedKmh = 50, lengthM = 4.5): void {
      radar.vehiclePasses({ lane, atMs: deviceMs(monoMs), durationMs: 300, speedKmh, lengthM });
    },
  };
}

function intervalsIn({ said }: { readonly said: readonly SessionSays[] }): readonly DeviceInterval[] {
  const observations = said.flatMap((it) => (it.kind === 'observations' ? it.observations : []));
  return observations.filter((it) => it.kind === 'device-interval');
}

const bytesOf = (text: string): Uint8Array => Uint8Array.from(Buffer.from(text, 'latin1'));
const textOf = (bytes: Uint8Array | undefined): string => Buffer.from(bytes ?? []).toString('latin1');

describe('a SmartSensor 105', () => {
  it('tells each lane once, in kilometres, whatever the units it is set to', () => {
    for (const metric of [false, true, null]) {
      const line = openLine({ metric });
      line.drive(1, 5000, 80.4672, 4.5);
      line.drive(1, 15_000, 80.4672, 13);
      line.drive(2, 20_000, 60, 7);
      const [one, two, three] = intervalsIn(line.poll(31_000));
      expect(one).toMatchObject({ loop: 'lane-1', fromMs: 20, toMs: 30_020, count: 2 });
      expect(one?.meanSpeedKmh).toBeCloseTo(metric === true ? 80 : 80.4672, 2);
      expect(one?.occupancyPct).toBeCloseTo(2, 0);
      expect(one?.classCounts).toEqual({ small: 1, medium: 0, large: 1 });
      expect(two).toMatchObject({ loop: 'lane-2', count: 1, classCounts: { small: 0, medium: 1, large: 0 } });
      expect(three).toMatchObject({ loop: 'lane-3', count: 0, meanSpeedKmh: null });
      expect(line.poll(41_000).said.map((it) => it.kind)).toEqual(['answered']);
    }
  });

  it('comes out with the vehicles that went in; what was not fetched in time is missing, not zero', () => {
    const traffic = fc.array(fc.record({ lane: fc.integer({ min: 1, max: 3 }), atMs: fc.nat(209_000) }), {
      maxLength: 60,
    });
    fc.assert(
      fc.property(traffic, fc.subarray([31, 62, 93, 130, 155, 181]), (vehicles, polledAtS) => {
        const line = openLine();
        for (const { lane, atMs } of vehicles.toSorted((one, other) => one.atMs - other.atMs))
          line.drive(lane, atMs);
        const intervals = polledAtS.flatMap((second) => intervalsIn(line.poll(second * 1000)));
        expect(intervals).toHaveLength(polledAtS.length * 3);
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

  it('places an interval by its arrival when the sensor is set to local time', () => {
    expect(intervalsIn(openLine({}, 28_800_000).poll(31_000))[0]?.toMs).toBe(31_020);
  });

  it('does not believe an answer whose sum is right and that it says only once', () => {
    const line = openLine();
    line.drive(1, 5000);
    let readings = 0;
    const { said } = line.poll(31_000, (reply) => {
      const text = textOf(reply);
      readings += text.includes('XD') ? 1 : 0;
      // One character up and one down: the sum stays.
      return text.includes('XD') && readings === 1 ? bytesOf(text.replace('00000001', '00000010')) : reply;
    });
    expect(readings).toBe(3);
    expect(intervalsIn({ said })[0]?.count).toBe(1);
  });

  it('says what the sensor refuses, and lives on', () => {
    const line = openLine();
    const { said } = line.poll(10_000);
    expect(said.at(-1)).toEqual({ kind: 'refused', exchange: 0, why: 'the sensor answers: Empty' });
    expect(intervalsIn(line.poll(31_000))).toHaveLength(3);
  });

  it.each([
    ['a lane twice', '0'.repeat(8) + `1${'0'.repeat(28)}`.repeat(2)],
    ['more than all of the time', `${'0'.repeat(8)}1${'0'.repeat(12)}0401${'0'.repeat(12)}`],
    ['a lane too short', '0'.repeat(36)],
    ['small letters', `${'0'.repeat(7)}a1${'0'.repeat(28)}`],
  ])('is not understood when it says %s', (_, text) => {
    expect(decodeSs105Interval(text)).toBeNull();
  });

  it('is told apart from its neighbour', () => {
    expect(judgeSs105Line(bytesOf('Z00043XDEmpty~'), SENSOR)).toEqual({ kind: 'noise', bytes: 14 });
    expect(judgeSs105Line(bytesOf('Z00042XDEmpty~'), SENSOR)).toEqual({ kind: 'frame', bytes: 14 });
    expect(judgeSs105Line(bytesOf('Z00042XDEmpsy~'), SENSOR).kind).toBe('damaged');
  });

  it('makes nothing of noise and damage', () => {
    const line = openLine();
    const conversation = Array.from({ length: 12 }, (_, turn) => {
      const monoMs = (turn + 1) * 30_000 + 1000;
      for (let vehicle = 0; vehicle <= turn; vehicle += 1)
        line.drive((vehicle % 3) + 1, monoMs - 20_000 + vehicle * 900);
      return { exchange: 0, afterMs: 30_000, replies: line.poll(monoMs).replies };
    });
    const report = fuzzSession({
      createSession: () => createSs105Session(PLAN),
      conversation,
      findFrames,
      seed: 105,
      randomBytes: 1_000_000,
      startWallMs: WALL_MS,
      toleranceMs: 30_000,
    });
    expect(report.damagedTurns).toBeGreaterThan(500);
    expect(report.forgedClaims).toBe(0);
  });
});

/** Everything that the sum lets through, and the words and letters that have none. */
function findFrames(bytes: Uint8Array): Uint8Array[] {
  const lines = textOf(bytes).matchAll(/Z0\d{4}(?:XD|SJ)([^~Z]*)([0-9A-F]{4})~|Z0\d{4}S6[A-Z]~/g);
  return Array.from(lines).flatMap(([line, body, sum]) => {
    const total = Array.from(body ?? '').reduce((all, char) => all + char.charCodeAt(0), 0);
    return sum === undefined || Number.parseInt(sum, 16) === total ? [bytesOf(line)] : [];
  });
}
