import { describe, expect, it } from 'vitest';
import { laneDefinition, loopDefinition, singleStation } from '../../../test/fakes/site.ts';
import { loopMeasure } from '../../traffic/flow/measure.ts';
import { measureDualLoop } from '../../traffic/passages/dual-loop.ts';
import { findDrivers, loadDriver } from '../load/load-driver.ts';
import { driverSchema, type LoopDriver } from '../schema/driver.ts';
import { siteSchema } from '../schema/site.ts';
import { shippedFolders } from '../shipped.ts';
import { doubtsAbout } from './site-doubts.ts';

const files = await findDrivers(shippedFolders.driversDirs);
const drivers = new Map<string, LoopDriver>();
for (const id of ['generic-di8', 'procon-ld220']) {
  const driver = await loadDriver({ id, file: files.get(id) ?? '' });
  if (driver.kind === 'ok') drivers.set(id, driver.value);
}
drivers.set(
  'acme-radar',
  driverSchema.parse({
    driver: 'acme-radar',
    label: 'Radar',
    kind: 'radar-detector',
    protocol: 'frames',
    channels: 8,
    bus: { tcp: { port: 4001, role: 'connect' }, responseTimeoutMs: 500 },
    address: { from: 0, to: 9 },
    codec: { name: 'ss125' },
    tells: { kind: 'intervals', periodS: 30 },
    pollMs: { default: 30_000, min: 1000, max: 60_000 },
    frameBytes: { request: 8, reply: 60 },
    evidence: ['protocol manual, page 1'],
    examples: [{ note: 'n', received: ['00'], expect: [{ kind: 'device-interval', channel: 1, count: 1 }] }],
  }),
);

function doubts(parts: {
  readonly bus?: object;
  readonly devices: readonly object[];
  readonly speedLimitKmh?: number;
  readonly dual?: boolean;
  readonly intervalsS?: readonly number[];
  readonly slowLimitKmh?: number;
}) {
  const site = siteSchema.parse({
    version: 1,
    site: { id: 's', name: 'S' },
    flow: { intervalsS: parts.intervalsS ?? [60] },
    approaches: [
      {
        id: 'north',
        name: 'N',
        lanes: [
          {
            number: 1,
            speedLimitKmh: parts.speedLimitKmh ?? 60,
            station: parts.dual === true ? { loops: ['a', 'b'], spacingM: 4 } : { loops: ['a'] },
          },
          { number: 2, speedLimitKmh: parts.slowLimitKmh ?? 30, station: { loops: ['c'] } },
        ],
      },
    ],
    buses: [{ id: 'lan', protocol: 'modbus-tcp', host: '10.0.0.5', devices: parts.devices, ...parts.bus }],
    uplink: { url: 'mqtt://h' },
  });
  return doubtsAbout(site, { drivers, models: new Map() });
}

const inputs = (pollMs: number) => [{ id: 'd', driver: 'generic-di8', pollMs, loops: ['a', 'b', 'c'] }];

describe('reads too far apart for the traffic of a lane', () => {
  it('are named with the speeds above which vehicles are lost, for the quickest lane of the card', () => {
    const [doubt, ...more] = doubts({ devices: inputs(200) });
    expect(more).toEqual([]);
    expect(doubt?.path).toEqual(['buses', 0, 'devices', 0, 'pollMs']);
    expect(doubt?.message).toBe(
      '200 ms between two reads is more than half of the 185 ms that a motorcycle at 78 km/h is on a loop of ' +
        'north-1: counts may miss motorcycles above 72 km/h and cars above 108 km/h, and no mean speed will be ' +
        'estimated',
    );
    expect(doubt?.hint).toContain('pollMs to 92 or less');
    expect(doubt?.chinese).toContain('72 km/h');
  });

  it('leave out speeds before they leave out vehicles', () => {
    const [doubt, ...more] = doubts({ devices: inputs(80), dual: true });
    expect(more).toEqual([]);
    expect(doubt?.message).toContain('no speeds above 45 km/h in north-1, whose limit is 60 km/h');
    expect(doubt?.hint).toContain('pollMs to 60 or less');
    expect(doubts({ devices: inputs(60), dual: true })).toEqual([]);
    expect(doubts({ devices: inputs(80), dual: true, speedLimitKmh: 45 })).toEqual([]);
  });

  const limits = [5, 30, 60, 80, 120];
  it.each(limits)(
    'a limit of %i km/h: doubted where traffic/ calls the readings coarse, nowhere else',
    (limit) => {
      const isDoubted = (pollMs: number) =>
        doubts({ devices: inputs(pollMs), speedLimitKmh: limit, slowLimitKmh: 5 }).length > 0;
      const isCoarse = (pollMs: number) => {
        const evidence = { kind: 'polled-edges', pollMs, accumulatesOccupancy: false } as const;
        const station = singleStation({ entry: loopDefinition({ loop: 'a', evidence }) });
        const lane = laneDefinition({ speedLimitKmh: limit });
        return loopMeasure(lane, { ...station, loopLengthM: 2 }).resolution === 'coarse';
      };
      const periods = Array.from({ length: 99 }, (_, index) => 10 * (index + 1));
      expect(periods.map(isDoubted)).toEqual(periods.map(isCoarse));
    },
  );

  it('traffic/ gives a speed just below the bound that is named, and none just above it', () => {
    const speedAt = (speedKmh: number, pollMs: number) => {
      const travelMs = (4 * 3600) / speedKmh;
      const edges = {
        onUncertaintyMs: pollMs / 2,
        offUncertaintyMs: pollMs / 2,
        onFound: false,
        offFound: false,
      };
      const pulse = (onMs: number) => ({ onMs, offMs: onMs + 500, ...edges });
      const pulses = { first: pulse(0), second: pulse(travelMs) };
      return measureDualLoop(pulses, { spacingM: 4, loopLengthM: 2 }).speedKmh;
    };
    expect(speedAt(44.9, 80)).toBeCloseTo(44.9, 6);
    expect(speedAt(45.1, 80)).toBeNull();
  });
});

describe('several cards behind one Modbus TCP address', () => {
  const cards = (pollMs: number) =>
    [['a'], ['b'], ['c']].map((loops, index) => ({
      id: `card-${index}`,
      driver: 'procon-ld220',
      unit: index + 1,
      pollMs,
      loops,
    }));

  it('are doubted when no serial line behind it could carry the reads', () => {
    const [doubt] = doubts({ devices: cards(50) });
    expect(doubt?.message).toMatch(
      /if 10\.0\.0\.5 is a gateway .* 3 cards take 1\d\d % of that line at 9600/,
    );
    expect(doubts({ devices: cards(90).slice(0, 2) })).toEqual([]);
  });

  it('are not when one card answers there alone', () => {
    expect(doubts({ devices: cards(50).slice(0, 1) })).toEqual([]);
  });
});

describe('flow intervals that device-made intervals do not fill', () => {
  const radar = {
    bus: { protocol: 'tcp-frames', port: 4001 },
    devices: [{ id: 'r', driver: 'acme-radar', loops: ['a', 'b', 'c'] }],
  };

  it('are named', () => {
    expect(doubts({ ...radar, intervalsS: [10, 60, 100] })[0]?.message).toContain('10 s, 100 s');
  });

  it('and intervals that are lost because they are asked for too seldom', () => {
    const devices = [{ ...radar.devices[0], pollMs: 60_000 }];
    expect(doubts({ ...radar, devices, intervalsS: [60] })[0]?.message).toContain('asked each 60 s');
  });

  it('are none when each is a multiple', () => {
    expect(doubts({ ...radar, intervalsS: [30, 60, 300] })).toEqual([]);
  });
});
