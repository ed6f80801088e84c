import { z } from 'zod';
import type { FaultRecord } from '../../traffic/record.ts';
import { explained } from './explained.ts';
import { envelopeFields, headFields, name, type Same, utcMs } from './head.ts';

const faultRecordSchema = z.strictObject({
  ...headFields,
  stream: z.literal('fault'),
  fault: name('Id of the fault; the same from open to close, whichever boot closes it.'),
  phase: explained('A fault opens once and closes once.', {
    open: 'it was recognised',
    close: 'it is over',
  }),
  layer: explained('Which layer failed: one dead port is one fault, not sixteen dead loops.', {
    port: 'a serial line or a TCP connection',
    device: 'a card',
    channel: 'one loop or its channel',
    camera: 'a camera, its stream or its picture',
    model: 'the detector model of the cameras',
    process: 'a part of the agent itself',
  }),
  sensor: name('Bus, device, loop, camera, model or process id, according to `layer`.'),
  code: name('What is wrong, in kebab-case, e.g. `timeout`, `locked-on`, `stalled`.'),
  detail: z.string().describe('What was seen, for a technician.'),
  lanes: z.array(name('Lane.')).describe('Lanes whose figures it touches.'),
  openedAtMs: utcMs('When it was recognised.'),
  closedAtMs: utcMs('When it was over; null while it lasts.').nullable(),
});
true satisfies Same<z.infer<typeof faultRecordSchema>, FaultRecord>;

export const faultPayload = faultRecordSchema
  .extend(envelopeFields('fault'))
  .describe('A fault of a device, opened or closed.');
