/** What a person asked of the bench on the command line. */
import { parseArgs } from 'node:util';
import { numberFrom } from '../common/number-from.ts';

export const PARTS = ['pipeline', 'streams', 'latency', 'incident'] as const;
export type PartName = (typeof PARTS)[number];

export interface BenchOptions {
  /** Length of one measured stretch. */
  readonly seconds: number;
  readonly rounds: number;
  readonly parts: readonly PartName[];
  readonly withOpencv: boolean;
}

export const USAGE = `npm run bench:vision -- [--seconds 8] [--rounds 3] [--only PART] [--without PART|opencv]
  --seconds  length of one measured stretch; at least 3
  --rounds   how often each comparison is repeated; ratios are medians over the rounds
  --only     one part: ${PARTS.join(', ')}
  --without  leaves a part or opencv out; may be repeated`;

/** Throws a TypeError or RangeError whose message is for a person. */
export function parseOptions(args: readonly string[]): BenchOptions {
  const { values } = parseArgs({
    args: [...args],
    options: {
      seconds: { type: 'string', default: '8' },
      rounds: { type: 'string', default: '3' },
      only: { type: 'string' },
      without: { type: 'string', multiple: true, default: [] },
    },
  });
  const { only, without } = values;
  for (const name of only === undefined ? without : [...without, only]) {
    if (name !== 'opencv' && !PARTS.some((part) => part === name))
      throw new RangeError(`${name}: there is no such part, but ${PARTS.join(', ')}`);
  }
  return {
    seconds: numberFrom('--seconds', values.seconds, 3),
    rounds: numberFrom('--rounds', values.rounds, 1),
    parts: PARTS.filter((part) => (only === undefined || part === only) && !without.includes(part)),
    withOpencv: !without.includes('opencv'),
  };
}
