import { z } from 'zod';
import { explained } from './explained.ts';
import { name, schemaName } from './head.ts';

/** Longest time between `issuedAtMs` and `expiresAtMs`. */
export const COMMAND_LIFETIME_MS = 5 * 60_000;
/** A proposed site file, UTF-8. */
export const PROPOSAL_MAX_CHARS = 131_072;

const wholeMs = (text: string) => z.int().min(0).describe(`${text} UTC, whole ms since 1970-01-01.`);
const incident = name('Id of an incident, as its records have it.');

const orderSchema = z.discriminatedUnion('kind', [
  z.strictObject({ kind: z.literal('ping') }).describe('Says that it is there. Role: viewer.'),
  z.strictObject({ kind: z.literal('snapshot') }).describe('How the site is doing now. Role: viewer.'),
  z
    .strictObject({
      kind: z.literal('backfill'),
      fromMs: wholeMs('Records stored from this moment on.'),
      toMs: wholeMs('And before this one.'),
    })
    .describe('Sends stored records again, on the replay topics, some thousands at a time. Role: operator.'),
  z
    .strictObject({
      kind: z.literal('clip'),
      incident,
      file: z
        .string()
        .max(200)
        .describe('Send this file of it in chunks; the files are only listed when absent.')
        .exactOptional(),
      fromChunk: z
        .int()
        .min(0)
        .describe('Begin with this chunk, after a transfer that broke off.')
        .exactOptional(),
    })
    .describe('Lists the evidence of an incident, or sends one file of it. Role: operator.'),
  z
    .strictObject({
      kind: z.literal('acknowledge-incident'),
      incident,
      note: z.string().max(300).describe('What the operator wants kept.').exactOptional(),
    })
    .describe(
      'Keeps in the audit that somebody has seen it; the incident itself is what sensors saw. Role: operator.',
    ),
  z
    .strictObject({
      kind: z.literal('log-level'),
      level: explained('The least that is logged.', {
        debug: 'everything',
        info: 'what happens',
        warn: 'what is not as it should be',
        error: 'what failed',
      }),
      forMin: z.int().min(1).max(1440).describe('Minutes until the level is what it was.'),
    })
    .describe('Role: operator.'),
  z
    .strictObject({ kind: z.literal('config-get') })
    .describe('The site file with defaults filled in and secrets left out. Role: operator.'),
  z
    .strictObject({
      kind: z.literal('config-propose'),
      text: z.string().min(1).max(PROPOSAL_MAX_CHARS).describe('A whole site file, YAML.'),
    })
    .describe('Checks a site file and keeps it as a proposal. It is never applied by itself. Role: admin.'),
  z
    .strictObject({ kind: z.literal('restart') })
    .describe('Ends the agent, which is started again. Role: admin.'),
]);

export const COMMAND_ID = /^[A-Za-z0-9_-]{16,64}$/;

export const commandPayload = z
  .strictObject({
    schema: z.literal(schemaName('command')),
    id: z
      .string()
      .regex(COMMAND_ID)
      .describe('Never used before: a command is carried out once. A known id gets the same reply again.'),
    site: name('The site that is meant.'),
    issuedAtMs: wholeMs('When it was issued.'),
    expiresAtMs: wholeMs('When it is void: at most five minutes later.'),
    order: orderSchema.describe('What is to be done.'),
    key: name('Id of the key that signs, as the site file has it.').exactOptional(),
    signature: z
      .string()
      .regex(/^[A-Za-z0-9_-]{86}$/)
      .describe(
        'Ed25519 over the canonical JSON (RFC 8785) of this object without `signature`, base64url without padding.',
      )
      .exactOptional(),
  })
  .describe('One command to one site. Never retained.');

export type CommandPayload = z.infer<typeof commandPayload>;
export type Order = CommandPayload['order'];
