/** Whether what was observed is what an example of a driver expects. Pure. */
import type { ExpectedClaim } from '../catalog/schema/frame-driver.ts';
import type { Meaning, ModbusExample } from '../catalog/schema/modbus-driver.ts';
import type { Observation } from '../traffic/observations/observation.ts';

export interface Observed {
  readonly observations: readonly Observation[];
  /** The loop on each channel, channel 1 first. */
  readonly loops: readonly string[];
}

type Value = boolean | number | null;

/** One sentence per meaning that differs; the last claim about a loop counts. */
export function modbusMismatches(expect: ModbusExample['expect'], observed: Observed): readonly string[] {
  const stated = Object.entries(expect) as [Meaning, readonly (boolean | number)[]][];
  return stated.flatMap(([means, expected]) => {
    const found = expected.map((_, channel) => observedValue(means, observed, observed.loops[channel]));
    const [wanted, seen] = [JSON.stringify(expected), JSON.stringify(found)];
    return wanted === seen ? [] : [`${means}: expected ${wanted}, observed ${seen}`, ...troubles(observed)];
  });
}

function observedValue(means: Meaning, { observations }: Observed, loop: string | undefined): Value {
  switch (means) {
    case 'loop-occupied':
      return lastOf(observations, (one) =>
        one.kind === 'loop-transition' && one.loop === loop ? one.occupied : null,
      );
    case 'vehicle-count':
      return lastOf(observations, (one) =>
        one.kind === 'loop-counters' && one.loop === loop ? one.count : null,
      );
    case 'occupied-time':
      return lastOf(observations, (one) =>
        one.kind === 'loop-occupancy' && one.loop === loop ? one.occupiedMs : null,
      );
    case 'loop-fault':
    case 'loop-open':
    case 'loop-short':
    case 'loop-excess-change':
      // A fault that was never there is not claimed.
      return (
        lastOf(observations, (one) =>
          one.kind === 'sensor-fault' && one.sensor === loop && one.code === means ? one.active : null,
        ) ?? false
      );
  }
}

function lastOf(observations: readonly Observation[], pick: (one: Observation) => Value): Value {
  return observations.reduce<Value>((last, one) => pick(one) ?? last, null);
}

/** The first claim that did not follow, and what was observed instead; empty when all came in order. */
export function frameMismatches(expect: readonly ExpectedClaim[], observed: Observed): readonly string[] {
  const claims = observed.observations.flatMap((one) => claimOf(one, observed.loops) ?? []);
  let at = 0;
  for (const [index, expected] of expect.entries()) {
    const found = claims.findIndex((claim, place) => place >= at && matches(expected, claim));
    if (found < 0) {
      const kinds = claims.slice(at).filter(({ kind }) => kind === expected.kind);
      return [
        `expected claim ${index + 1} of ${expect.length}: ${JSON.stringify(expected)}`,
        ...(kinds.length > 0 ? kinds.slice(0, 3) : claims.slice(at, at + 3)).map(
          (claim) => `observed instead:      ${JSON.stringify(claim)}`,
        ),
        ...(claims.length === at ? [`observed nothing ${at === 0 ? '' : 'more'}`.trim()] : []),
        ...troubles(observed),
      ];
    }
    at = found + 1;
  }
  return [];
}

type Claim = Readonly<Record<string, unknown>> & { readonly kind: string };

/** Without moments, and with the channel in place of the loop. */
function claimOf(observation: Observation, loops: readonly string[]): Claim | null {
  const channelOf = (loop: string) => {
    const index = loops.indexOf(loop);
    return index < 0 ? {} : { channel: index + 1 };
  };
  switch (observation.kind) {
    case 'loop-transition':
    case 'loop-counters':
    case 'loop-occupancy':
    case 'vehicle-detection': {
      const { loop, atMs: _, ...claim } = observation;
      return { ...claim, ...channelOf(loop) };
    }
    case 'device-interval': {
      const { loop, fromMs: _from, toMs: _to, ...claim } = observation;
      return { ...claim, ...channelOf(loop) };
    }
    case 'sensor-fault': {
      const { sensor, atMs: _, detail: _detail, ...claim } = observation;
      // The bus and the process are ours, not the device's.
      if (claim.layer === 'port' || claim.layer === 'process') return null;
      return { ...claim, ...channelOf(sensor) };
    }
    case 'sensor-sampling':
    case 'road-object':
    case 'evidence-kept':
    case 'vehicle-tracks':
      return null;
  }
}

function matches(expected: ExpectedClaim, claim: Claim): boolean {
  return Object.entries(expected).every(([key, value]) => equal(claim[key], value));
}

function equal(a: unknown, b: unknown): boolean {
  if (typeof a !== 'object' || a === null || typeof b !== 'object' || b === null) return a === b;
  const [left, right] = [Object.entries(a), new Map(Object.entries(b))];
  return left.length === right.size && left.every(([key, value]) => equal(value, right.get(key)));
}

/** What the process said about the device itself: the reason, more often than not. */
function troubles({ observations }: Observed): readonly string[] {
  const said = observations.flatMap((one) =>
    one.kind === 'sensor-fault' && one.layer !== 'channel' && one.active
      ? [`${one.code}: ${one.detail}`]
      : [],
  );
  return [...new Set(said)].slice(0, 3);
}
