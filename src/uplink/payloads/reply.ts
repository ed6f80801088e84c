import { z } from 'zod';
import { explained } from './explained.ts';
import { name, schemaName, utcMs } from './head.ts';

/** Why a command was not begun. */
const REFUSALS = {
  malformed: 'not the JSON that this contract asks for',
  oversize: 'too many bytes',
  retained: 'it was published as retained',
  'other-site': 'for another site, or on another topic',
  unsigned: 'this site takes signed commands only',
  'unknown-key': 'no key of this name here',
  'bad-signature': 'the signature does not match',
  'clock-unsynced': 'this site does not know the time, so not whether the command is fresh',
  lifetime: 'it expires before it was issued, or too long after',
  'from-the-future': 'issued later than it is here',
  expired: 'it came too late',
  'id-reused': 'another command had this id',
  forbidden: 'the sender may not do this',
  'too-many': 'too many commands at a time',
  'not-audited': 'it could not be noted in the audit',
} as const;
export type Refusal = keyof typeof REFUSALS;

/** Why it was begun and did not succeed. */
const FAILURES = {
  interrupted: 'the agent ended meanwhile; what it did by then is not known',
  'unknown-incident': 'no such incident is stored',
  'no-such-file': 'the incident has no such file, or it is not kept any more',
  'too-large': 'the file is too large for this way',
  busy: 'another file is being sent',
  'not-a-span': 'it ends before it begins, or is too recent',
  'proposal-refused': 'the proposed site file has errors',
  'too-soon': 'the agent has only just started',
  internal: 'something went wrong in the agent',
} as const;
export type Failure = keyof typeof FAILURES;

export const replyPayload = z
  .strictObject({
    schema: z.literal(schemaName('reply')),
    id: name('Id of the command.'),
    site: name('The cabinet and its intersection.'),
    boot: name('The run of the agent that answered.'),
    repliedAtMs: utcMs('When it was answered.'),
    kind: name('Kind of command.').nullable(),
    status: explained('How it ended.', {
      done: 'it was carried out',
      failed: 'it was begun and did not succeed',
      refused: 'nothing was begun',
    }),
    reason: explained('Why not; null when done.', { ...REFUSALS, ...FAILURES }).nullable(),
    detail: z.string().max(500).describe('For people.'),
    result: z.record(z.string(), z.unknown()).nullable().describe('What was asked for; null without.'),
  })
  .describe('The one answer to a command: a repetition has the same bytes.');
export type ReplyPayload = z.infer<typeof replyPayload>;

/** Bytes of a file in one chunk; base64 makes them a third more. */
export const CHUNK_BYTES = 32_768;

export const chunkPayload = z
  .strictObject({
    schema: z.literal(schemaName('chunk')),
    id: name('Id of the command that asked for the file.'),
    site: name('The cabinet and its intersection.'),
    file: name('Name of the file.'),
    sha256: name('Of the whole file, hexadecimal.'),
    bytes: z.int().min(0).describe('Size of the whole file, bytes.'),
    chunk: z.int().min(0).describe('Place of this chunk, from 0.'),
    chunks: z.int().min(1).describe('How many there are.'),
    content: z.string().describe(`Up to ${CHUNK_BYTES} bytes, base64.`),
  })
  .describe('A part of a picture or clip that a command asked for.');
export type ChunkPayload = z.infer<typeof chunkPayload>;
