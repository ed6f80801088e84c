import { expandReads, type ReadSignal } from '../derive/reads.ts';
import {
  GIVEN_PATTERN,
  type Meaning,
  type ModbusDriver,
  type ModbusExample,
} from '../schema/modbus-driver.ts';

/** How one example of a driver file went; no mismatch means that it holds. */
export interface ExampleResult {
  readonly note: string;
  readonly mismatches: readonly string[];
}

const ANY_PERIOD_MS = 100;

/**
 * Plays every example of a Modbus driver through the same requests that the bus will carry: with a loop on each
 * channel, the given registers must decode to the expected meanings.
 */
export function testDriverExamples(driver: ModbusDriver): readonly ExampleResult[] {
  const loops = Array.from({ length: driver.channels }, (_, channel) => `channel-${channel + 1}`);
  const reads = expandReads({ driver, loops, pollMs: ANY_PERIOD_MS, invert: false });
  return driver.examples.map((example) => {
    const given = givenValues(example);
    const decoded = new Map<Meaning, (boolean | number | null)[]>();
    for (const read of reads) {
      for (const signal of read.signals) {
        const means = signal.means === 'loop-fault' ? signal.code : signal.means;
        const values = decoded.get(means) ?? [];
        values[loops.indexOf(signal.loop)] = decodeSignal(signal, (word) =>
          given.get(`${read.table}@${read.address + signal.offset + word}`),
        );
        decoded.set(means, values);
      }
    }
    return { note: example.note, mismatches: mismatchesOf(example, decoded) };
  });
}

function givenValues(example: ModbusExample): ReadonlyMap<string, number> {
  return new Map(
    Object.entries(example.given).flatMap(([place, values]) => {
      const [, table = '', address = ''] = GIVEN_PATTERN.exec(place) ?? [];
      return values.map((value, index) => [`${table}@${Number(address) + index}`, value] as const);
    }),
  );
}

/** One signal's value; null when the example does not say what the card answers there. */
function decodeSignal(
  signal: ReadSignal,
  wordAt: (word: number) => number | undefined,
): boolean | number | null {
  const first = wordAt(0);
  if (first === undefined) return null;
  if (signal.means === 'loop-occupied') return (first !== 0) !== signal.invert;
  if (signal.means === 'loop-fault') return first !== 0;
  const unit = signal.means === 'occupied-time' ? signal.unitMs : 1;
  if (signal.decode === 'u16') return first * unit;
  const second = wordAt(1);
  if (second === undefined) return null;
  const [high, low] = signal.decode === 'u32-msw-first' ? [first, second] : [second, first];
  return (high * 65_536 + low) * unit;
}

function mismatchesOf(
  example: ModbusExample,
  decoded: ReadonlyMap<Meaning, readonly (boolean | number | null)[]>,
): readonly string[] {
  const stated = Object.entries(example.expect) as [Meaning, readonly (boolean | number)[]][];
  if (stated.length === 0) return ['expected at least one meaning under expect, found none'];
  return stated.flatMap(([means, expected]) => {
    const found = JSON.stringify(decoded.get(means) ?? []);
    const wanted = JSON.stringify(expected);
    return found === wanted ? [] : [`${means}: expected ${wanted}, found ${found}`];
  });
}
