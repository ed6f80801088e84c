/** What a person asked of the bench on the command line. */
import { parseArgs } from 'node:util';
import { numberFrom } from '../common/number-from.ts';

export type PartName = 'rate' | 'jitter' | 'rtu';

export interface BenchOptions {
  /** Seconds of each stretch in which everybody polls at 10 ms; the other stretches follow from it. */
  readonly seconds: number;
  readonly rounds: number;
  readonly withNodeRed: boolean;
  readonly parts: ReadonlySet<PartName>;
}

export const USAGE = `npm run bench:loops -- [--seconds 30] [--rounds 5] [--without node-red] [--only rate|jitter|rtu]
  --seconds  length of one stretch of polling at 10 ms; at least 5
  --rounds   how often each comparison is repeated; ratios are medians over the rounds
  --without  leaves node-red out; may be repeated with rate, jitter, rtu
  --only     one part: rate, jitter or rtu`;

const PARTS: readonly PartName[] = ['rate', 'jitter', 'rtu'];

/** Throws a TypeError or RangeError whose message is for a person. */
export function parseOptions(args: readonly string[]): BenchOptions {
  const { values } = parseArgs({
    args: [...args],
    options: {
      seconds: { type: 'string', default: '30' },
      rounds: { type: 'string', default: '5' },
      without: { type: 'string', multiple: true, default: [] },
      only: { type: 'string' },
    },
  });
  for (const name of values.without) {
    if (name !== 'node-red' && !isPart(name))
      throw new RangeError(`--without ${name}: there is no such part`);
  }
  const { only } = values;
  if (only !== undefined && !isPart(only)) throw new RangeError(`--only ${only}: there is no such part`);
  const parts = PARTS.filter(
    (part) => (only === undefined || part === only) && !values.without.includes(part),
  );
  return {
    seconds: numberFrom('--seconds', values.seconds, 5),
    rounds: numberFrom('--rounds', values.rounds, 1),
    withNodeRed: !values.without.includes('node-red'),
    parts: new Set(parts),
  };
}

function isPart(name: string): name is PartName {
  return PARTS.some((part) => part === name);
}
