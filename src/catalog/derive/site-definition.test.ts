import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import type { LaneDefinition } from '../../traffic/site-definition.ts';
import { driverSchema, type LoopDriver } from '../schema/driver.ts';
import { CLASS_SCHEMES } from '../schema/lane.ts';
import { siteSchema } from '../schema/site.ts';
import { CLASS_SCHEME_TABLE } from './class-schemes.table.ts';
import { FAULT_LIMITS_BY_KIND, type LaneFaultLimits } from './fault-limits.table.ts';
import { deriveSiteDefinition } from './site-definition.ts';

const evidence = 'manual rev. C, page 12';
const presence = { means: 'loop-occupied', decode: 'bits', table: 'discrete-input', address: 1, evidence };
const register = { decode: 'u16', table: 'holding-register', nonVolatile: true, evidence };
const counter = { ...register, means: 'vehicle-count', address: 1 };
const accumulator = { ...register, means: 'occupied-time', address: 9, unitMs: 10 };

function card(signals: readonly object[]): object {
  return {
    kind: 'loop-detector',
    channels: 2,
    bus: { responseTimeoutMs: 300 },
    signals,
    examples: [{ note: 'n', given: { 'coil@1': [0] }, expect: {} }],
  };
}

function frames(tells: object): object {
  return {
    kind: 'radar-detector',
    protocol: 'frames',
    channels: 2,
    bus: { tcp: { port: 1, role: 'connect' }, responseTimeoutMs: 500 },
    address: { from: 0, to: 9 },
    codec: { name: 'ss125' },
    tells,
    pollMs: { default: 2000, min: 1000, max: 60_000 },
    frameBytes: { request: 8, reply: 60 },
    evidence: [evidence],
    examples: [{ note: 'n', received: ['00'], expect: [{ kind: 'loop-counters', channel: 1, count: 1 }] }],
  };
}

/** A site with one lane whose single loop `a` is on the second channel of one device. */
function laneWith(parts: {
  readonly driver?: object;
  readonly lane?: object;
  readonly station?: object;
  readonly pollMs?: number;
}): LaneDefinition {
  const driver: LoopDriver = driverSchema.parse({
    driver: 'acme-x1',
    label: 'X1',
    ...(parts.driver ?? card([presence])),
  });
  const { pollMs } = parts;
  const device = {
    id: 'd',
    driver: 'acme-x1',
    loops: [null, 'a'],
    ...(pollMs === undefined ? {} : { pollMs }),
  };
  const site = siteSchema.parse({
    version: 1,
    site: { id: 's', name: 'S' },
    approaches: [
      {
        id: 'north',
        name: 'N',
        lanes: [{ number: 3, station: { loops: ['a'], ...parts.station }, ...parts.lane }],
      },
    ],
    buses: [{ id: 'b', protocol: 'modbus-tcp', host: 'h', devices: [device] }],
    uplink: { url: 'mqtt://h' },
  });
  const definition = deriveSiteDefinition({ site, drivers: new Map([['acme-x1', driver]]), configRev: 'r' });
  const [lane] = definition.lanes;
  if (lane === undefined) throw new Error('no lane');
  return lane;
}

describe('what a device can tell about a loop follows from its driver', () => {
  it.each([
    {
      name: 'presence that is polled',
      driver: card([presence]),
      evidence: { kind: 'polled-edges', pollMs: 50, accumulatesOccupancy: false },
      latencyMs: 350,
    },
    {
      name: 'presence beside numbers, which are read each second',
      driver: card([presence, counter, accumulator]),
      evidence: { kind: 'polled-edges', pollMs: 50, accumulatesOccupancy: true },
      latencyMs: 1300,
    },
    { name: 'a counter alone', driver: card([counter]), evidence: { kind: 'counts' }, latencyMs: 1300 },
    {
      name: 'presence that only the first channel has',
      driver: card([{ ...presence, channels: 1 }, counter]),
      evidence: { kind: 'counts' },
      latencyMs: 1300,
    },
    {
      name: 'edges that the device stamps',
      driver: frames({ kind: 'stamped-edges', resolutionMs: 1 }),
      evidence: { kind: 'stamped-edges', resolutionMs: 1 },
      latencyMs: 2500,
    },
    {
      name: 'intervals that the device makes',
      driver: frames({ kind: 'intervals', periodS: 30 }),
      evidence: { kind: 'intervals', periodS: 30 },
      latencyMs: 32_500,
    },
    {
      name: 'edges found in frames that are asked for',
      driver: frames({ kind: 'polled-edges' }),
      evidence: { kind: 'polled-edges', pollMs: 2000, accumulatesOccupancy: false },
      latencyMs: 2500,
    },
  ])('$name', ({ driver, evidence: expected, latencyMs }) => {
    expect(laneWith({ driver }).station?.entry).toMatchObject({ evidence: expected, latencyMs });
  });

  it('the period of the site file goes before that of the driver', () => {
    const { station } = laneWith({ driver: frames({ kind: 'polled-edges' }), pollMs: 1000 });
    expect(station?.entry).toMatchObject({ evidence: { pollMs: 1000 }, latencyMs: 1500 });
  });
});

describe('a lane', () => {
  it('is judged by its kind, and by what the site file says instead', () => {
    const limits = laneWith({ lane: { kind: 'bus', faultLimits: { lockedOnS: 77, quietHours: null } } });
    expect(limits.faultLimits).toEqual({ ...FAULT_LIMITS_BY_KIND.bus, lockedOnS: 77, quietHours: null });
  });

  it.each([
    { lane: { kind: 'through' }, station: {}, atStopLine: false, lockedOnS: 120 },
    { lane: { kind: 'stop-line' }, station: {}, atStopLine: true, lockedOnS: 1800 },
    { lane: { kind: 'through' }, station: { atStopLine: true }, atStopLine: true, lockedOnS: 1800 },
    { lane: { kind: 'stop-line' }, station: { atStopLine: false }, atStopLine: false, lockedOnS: 1800 },
    { lane: { kind: 'bus' }, station: { atStopLine: true }, atStopLine: true, lockedOnS: 600 },
  ])('%o', ({ lane, station, atStopLine, lockedOnS }) => {
    expect(laneWith({ lane, station })).toMatchObject({
      station: { atStopLine },
      faultLimits: { lockedOnS },
    });
  });

  it('classifies by one of the schemes or by bins of its own', () => {
    expect(laneWith({}).classScheme).toBe(CLASS_SCHEME_TABLE.gbt43229);
    expect(laneWith({ lane: { classes: 'tls9' } }).classScheme).toBe(CLASS_SCHEME_TABLE.tls9);
    const bins = [{ name: 'any', belowM: 30 }];
    expect(laneWith({ lane: { classes: bins } }).classScheme).toEqual({ scheme: 'custom', bins });
  });
});

describe('the class schemes', () => {
  it.each(CLASS_SCHEMES)('%s: its bins rise, end above every vehicle, and keep their names apart', (name) => {
    const { scheme, bins } = CLASS_SCHEME_TABLE[name];
    const bounds = bins.map(({ belowM }) => belowM);
    expect(scheme).toBe(name);
    expect(bounds).toEqual(bounds.toSorted((a, b) => a - b));
    expect(bounds.at(-1)).toBeGreaterThan(100);
    expect(new Set(bins.map((bin) => bin.name)).size).toBe(bins.length);
  });
});

it('the guide shows the fault limits that the program works with', () => {
  const guide = readFileSync(join(import.meta.dirname, '..', '..', '..', 'docs', 'configuration.md'), 'utf8');
  const kinds = ['through', 'stop-line', 'turn', 'bus', 'non-motor'] as const;
  const rowOf = (...keys: readonly (keyof LaneFaultLimits)[]): string => {
    const cells = kinds.map((kind) => keys.map((key) => FAULT_LIMITS_BY_KIND[kind][key]).join(', '));
    return `| ${keys.map((key) => `\`${key}\``).join(', ')} | ${cells.join(' | ')} |`;
  };
  expect(FAULT_LIMITS_BY_KIND.ramp).toEqual(FAULT_LIMITS_BY_KIND['stop-line']);
  const alone = ['lockedOnS', 'noHitsS', 'chatterPer30S', 'constantS', 'mismatchPct'] as const;
  for (const key of [...alone, 'pairMismatches', 'crosstalkPct', 'disagreementPct'] as const) {
    expect(guide).toContain(rowOf(key));
  }
  expect(guide).toContain(rowOf('shortPulseMs', 'shortPulsePct'));
});
