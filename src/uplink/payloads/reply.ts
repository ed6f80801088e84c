import { z } from 'zod';
import { name, schemaName, utcMs } from './head.ts';

/** Why a command was not begun. */
export const REFUSALS = [
  'malformed',
  'oversize',
  'retained',
  'other-site',
  'unsigned',
  'unknown-key',
  'bad-signature',
  'clock-unsynced',
  'lifetime',
  'from-the-future',
  'expired',
  'id-reused',
  'forbidden',
  'too-many',
  'not-audited',
] as const;
export type Refusal = (typeof REFUSALS)[number];

/** Why it was begun and did not succeed. */
export const FAILURES = [
  'interrupted',
  'unknown-incident',
  'no-such-file',
  'too-large',
  'busy',
  'not-a-span',
  'proposal-refused',
  'too-soon',
  'internal',
] as const;
export type Failure = (typeof FAILURES)[number];

export const replyPayload = z
  .strictObject({
    schema: z.literal(schemaName('reply')),
    id: name('Id of the command.'),
    site: name('The cabinet and its intersection.'),
    boot: name('The run of the agent that answered.'),
    repliedAtMs: utcMs('When it was answered.'),
    kind: name('Kind of command.').nullable(),
    status: z
      .enum(['done', 'failed', 'refused'])
      .describe('`refused`: nothing was begun. `failed`: it was begun and did not succeed.'),
    reason: z
      .enum([...REFUSALS, ...FAILURES])
      .nullable()
      .describe('Why not; null when done.'),
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
    bytes: z.int().min(0).describe('Of the whole file.'),
    chunk: z.int().min(0).describe('Place of this chunk, from 0.'),
    chunks: z.int().min(1).describe('How many there are.'),
    content: z.string().describe(`Up to ${CHUNK_BYTES} bytes, base64.`),
  })
  .describe('A part of a picture or clip that a command asked for.');
export type ChunkPayload = z.infer<typeof chunkPayload>;
