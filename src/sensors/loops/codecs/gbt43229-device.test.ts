import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  createGbt43229Detector,
  type Gbt43229Detector,
  type Gbt43229DetectorPlan,
} from '../../../simulator/devices/gbt43229-detector.ts';
import type { DeviceInterval } from '../../../traffic/observations/observation.ts';
import type { FrameDevicePlan } from '../../contract.ts';
import type { DeviceSession, SessionSays } from '../device-session.ts';
import { createGbt43229Session } from './gbt43229.ts';

const IDENTITY = 'c0db0102c06400';
const CHANNELS = 3;
const MINUTE_MS = 60_000;
const START_WALL_MS = Date.UTC(2026, 4, 1, 8);
const CRCS = [
  { polynomial: 0x8005, initial: 0xffff, reflected: true },
  { polynomial: 0x1005, initial: 0, reflected: false },
];

interface Visit {
  readonly channel: number;
  readonly onMs: number;
  readonly offMs: number;
  readonly lengthM: number;
}

/** Vehicles that follow each other on every channel, for three minutes. */
const traffic = fc
  .array(
    fc.record({
      channel: fc.integer({ min: 1, max: CHANNELS }),
      gapMs: fc.integer({ min: 200, max: 20_000 }),
      onTimeMs: fc.integer({ min: 50, max: 8000 }),
      lengthM: fc.integer({ min: 30, max: 180 }).map((tenths) => tenths / 10),
    }),
    { maxLength: 60 },
  )
  .map((vehicles) => {
    const free = new Map<number, number>();
    return vehicles.map(({ channel, gapMs, onTimeMs, lengthM }): Visit => {
      const onMs = (free.get(channel) ?? 0) + gapMs;
      free.set(channel, onMs + onTimeMs);
      return { channel, onMs, offMs: onMs + onTimeMs, lengthM };
    });
  });

interface World {
  readonly device: Gbt43229Detector;
  readonly session: DeviceSession;
  readonly says: SessionSays[];
  deliver(frames: readonly Uint8Array[], atMs: number): void;
}

/** A detector and a session on one perfect line. */
function connect(crc: Gbt43229DetectorPlan['crc'], zoneMs = 0): World {
  const device = createGbt43229Detector({
    identity: IDENTITY,
    controller: 'c0db0101000700',
    channels: CHANNELS,
    crc,
    statisticsMs: MINUTE_MS,
    clockAtZeroMs: START_WALL_MS + zoneMs,
  });
  const plan: FrameDevicePlan = {
    id: 'det-1',
    address: 100,
    identity: IDENTITY,
    responseTimeoutMs: 1000,
    turnaroundMs: 0,
    everyMs: MINUTE_MS,
    codec: {
      name: 'gbt43229',
      crcPolynomial: crc.polynomial,
      crcInitial: crc.initial,
      crcReflected: crc.reflected,
    },
    channels: Array.from({ length: CHANNELS }, (_, index) => ({ channel: index + 1, loop: `n${index + 1}` })),
  };
  const session = createGbt43229Session(plan);
  const says: SessionSays[] = [];
  const deliver = (frames: readonly Uint8Array[], atMs: number): void => {
    for (const frame of frames) {
      for (const said of session.receive(frame, { monoMs: atMs, wallMs: START_WALL_MS + atMs })) {
        says.push(said);
        if (said.kind === 'send') deliver(device.receive(said.bytes, atMs), atMs);
      }
    }
  };
  return { device, session, says, deliver };
}

/** A device's life in steps of 100 ms; polled exchanges are asked when they are due. */
function live(world: World, visits: readonly Visit[], untilMs: number): readonly DeviceInterval[] {
  const { device, session, says, deliver } = world;
  const edges = visits
    .flatMap((visit) => [
      { atMs: visit.onMs, occupied: true, visit },
      { atMs: visit.offMs, occupied: false, visit },
    ])
    .sort((one, other) => one.atMs - other.atMs || Number(one.occupied) - Number(other.occupied));
  let next = 0;
  for (let nowMs = 0; nowMs <= untilMs; nowMs += 100) {
    for (; (edges[next]?.atMs ?? Number.POSITIVE_INFINITY) <= nowMs; next += 1) {
      const edge = edges[next];
      if (edge === undefined) break;
      deliver(device.advance(edge.atMs), edge.atMs);
      device.setOccupied(edge.visit.channel, edge.occupied, edge.atMs, {
        lengthM: edge.visit.lengthM,
        speedKmh: 50,
      });
    }
    deliver(device.advance(nowMs), nowMs);
    for (const [index, exchange] of session.exchanges.entries()) {
      if (exchange.pushed || nowMs % exchange.everyMs !== 0) continue;
      const at = { monoMs: nowMs, wallMs: START_WALL_MS + nowMs };
      deliver(device.receive(session.ask(index, at), nowMs), nowMs);
    }
  }
  return says
    .flatMap((it) => (it.kind === 'observations' ? it.observations : []))
    .filter((it) => it.kind === 'device-interval');
}

describe('a simulated detector', () => {
  const zones = fc.constantFrom(0, 8 * 3_600_000, -3.5 * 3_600_000);

  it('has every vehicle in exactly one interval, whatever its CRC and its zone', () => {
    fc.assert(
      fc.property(traffic, fc.constantFrom(...CRCS), zones, (visits, crc, zoneMs) => {
        const intervals = live(connect(crc, zoneMs), visits, 3 * MINUTE_MS);
        expect(intervals).toHaveLength(3 * CHANNELS);
        for (const { loop, fromMs, toMs, count, classCounts, occupancyPct } of intervals) {
          expect(toMs - fromMs).toBe(MINUTE_MS);
          expect(toMs % MINUTE_MS).toBe(0);
          const here = visits.filter((it) => `n${it.channel}` === loop);
          const counted = here.filter((it) => it.offMs > fromMs && it.offMs <= toMs);
          expect(count).toBe(counted.length);
          expect(classCounts).toEqual({
            a: counted.filter((it) => it.lengthM >= 12).length,
            b: counted.filter((it) => it.lengthM >= 6 && it.lengthM < 12).length,
            c: counted.filter((it) => it.lengthM < 6).length,
          });
          const onMs = here.reduce(
            (sum, it) => sum + Math.max(0, Math.min(it.offMs, toMs) - Math.max(it.onMs, fromMs)),
            0,
          );
          expect(Math.abs((occupancyPct ?? -1) - (100 * onMs) / MINUTE_MS)).toBeLessThanOrEqual(0.0501);
        }
      }),
      { numRuns: 40 },
    );
  });

  it('is answered, and nothing of what it says is damaged or refused', () => {
    const world = connect(CRCS[0] as (typeof CRCS)[0]);
    live(world, [], 2 * MINUTE_MS);
    const kinds = new Set(world.says.map((it) => it.kind));
    expect(kinds).toEqual(new Set(['answered', 'observations', 'send']));
    expect(world.session.discardedBytes).toBe(0);
  });
});

it('a channel that turns abnormal and recovers becomes a fault that opens and closes', () => {
  const world = connect(CRCS[0] as (typeof CRCS)[0]);
  live(world, [], 1000);
  for (const isAbnormal of [true, false]) {
    world.device.setAbnormal(2, isAbnormal);
    world.deliver(world.device.advance(2000), 2000);
  }
  const faults = world.says
    .flatMap((it) => (it.kind === 'observations' ? it.observations : []))
    .filter((it) => it.kind === 'sensor-fault' && it.sensor === 'n2');
  expect(faults).toMatchObject([false, true, false].map((active) => ({ code: 'loop-fault', active })));
});

it('with another CRC than the detector has nothing is claimed and every frame is reported as damaged', () => {
  const [first, second] = CRCS as [(typeof CRCS)[0], (typeof CRCS)[0]];
  const { device } = connect(first);
  const { session } = connect(second);
  const says = device
    .advance(0)
    .flatMap((frame) => session.receive(frame, { monoMs: 0, wallMs: START_WALL_MS }));
  expect(says).toEqual([{ kind: 'corrupt', why: 'the CRC does not fit' }]);
});
