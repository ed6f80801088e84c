import { z } from 'zod';
import type { HiResRecord } from '../../traffic/record.ts';
import { envelopeFields, headFields, type Same, utcMs } from './head.ts';

const hiResRecordSchema = z.strictObject({
  ...headFields,
  stream: z.literal('hires'),
  fromMs: utcMs('Time of the first entry.'),
  toMs: utcMs('Time of the last entry.'),
  entries: z
    .array(
      z
        .tuple([z.number().min(0), z.int().min(0).max(255), z.int()])
        .describe('Milliseconds since `fromMs`, code, parameter.'),
    )
    .describe(
      'In order of time. 82/81: detector on/off, 83: restored, 84-88: faulty (other, watchdog, open loop, ' +
        'shorted loop, excessive change), each with the number of the detector; 181: clock stepped by so many ' +
        'seconds; 182: the agent was last heard of before it ended; 184: it has started.',
    ),
});
true satisfies Same<z.infer<typeof hiResRecordSchema>, HiResRecord>;

export const hiResPayload = hiResRecordSchema
  .extend(envelopeFields('hires'))
  .describe(
    'Some seconds of the high-resolution log; codes of the Indiana Hi-Res Data Logger Enumerations (TPF-5(377)). ' +
      'Sent only where the site asks for it.',
  );
