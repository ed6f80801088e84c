import { z } from 'zod';
import type { GapRecord } from '../../traffic/stored-record.ts';
import { explained } from './explained.ts';
import { envelopeFields, headFields, name, type Same } from './head.ts';

const seq = (text: string) => z.int().min(1).describe(text);

const gapRecordSchema = z.strictObject({
  ...headFields,
  stream: z.literal('gap'),
  upstream: name('Whom it concerns: a receiver ignores what concerns another.'),
  reason: z
    .enum(['evicted', 'damaged', 'unstored', 'oversized'])
    .describe(
      '`evicted`: gave way because the store was full. `damaged`: the disk altered it. `unstored`: the store ' +
        'refused it for longer than memory could hold it. `oversized`: larger than what this receiver takes at a time; ' +
        'it is still in the store.',
    ),
  count: z.int().min(1).describe('How many records.'),
  ranges: z
    .array(
      z.strictObject({
        boot: name('The run that numbered them.'),
        stream: explained('Which of the streams of that run.', {
          passage: 'single vehicles',
          flow: 'intervals of lanes',
          movement: 'turning movements',
          incident: 'what happened on the road',
          fault: 'what was wrong with devices',
          hires: 'the high-resolution log',
          gap: 'records such as this one',
          audit: 'what was done to the agent',
          health: 'how the agent is doing',
        }),
        fromSeq: seq('First number.'),
        toSeq: seq('Last number, included.'),
      }),
    )
    .max(500)
    .describe('Their numbers: a `seq` in one of these ranges will never come.'),
  unnamed: z.int().min(0).describe('Records of `count` whose number could not be read any more.'),
});
true satisfies Same<z.infer<typeof gapRecordSchema>, GapRecord>;

export const gapPayload = gapRecordSchema
  .extend(envelopeFields('gap'))
  .describe('Records that one receiver will never get, each accounted for.');
