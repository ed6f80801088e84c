/** What a person asked of the bench on the command line. */
import { parseArgs } from 'node:util';
import { numberFrom } from '../common/number-from.ts';

export type PartName = 'drain' | 'delay' | 'kill' | 'incidents' | 'bytes';

export interface BenchOptions {
  readonly rounds: number;
  /** Records of one drain. */
  readonly records: number;
  readonly parts: readonly PartName[];
}

export const USAGE = `npm run bench:uplink -- [--rounds 3] [--records 100000] [--only drain|delay|kill|incidents|bytes]
  --rounds   how often each comparison is repeated; ratios are medians over the rounds
  --records  length of the backlog; at least 2000
  --only     one part; may be repeated`;

const PARTS: readonly PartName[] = ['drain', 'delay', 'kill', 'incidents', 'bytes'];

/** Throws a TypeError or RangeError whose message is for a person. */
export function parseOptions(args: readonly string[]): BenchOptions {
  const { values } = parseArgs({
    args: [...args],
    options: {
      rounds: { type: 'string', default: '3' },
      records: { type: 'string', default: '100000' },
      only: { type: 'string', multiple: true, default: [] },
    },
  });
  const { only } = values;
  for (const name of only) {
    if (!PARTS.some((part) => part === name)) throw new RangeError(`--only ${name}: there is no such part`);
  }
  return {
    rounds: numberFrom('--rounds', values.rounds, 1),
    records: numberFrom('--records', values.records, 2000),
    parts: PARTS.filter((part) => only.length === 0 || only.includes(part)),
  };
}
