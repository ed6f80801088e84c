import { z } from 'zod';
import type { AuditRecord } from '../../traffic/stored-record.ts';
import { explained } from './explained.ts';
import { envelopeFields, headFields, name, type Same } from './head.ts';

const hash = (text: string) =>
  z
    .string()
    .regex(/^[0-9a-f]{64}$/)
    .describe(text);

const auditRecordSchema = z.strictObject({
  ...headFields,
  stream: z.literal('audit'),
  number: z.int().min(1).describe('Place in the audit chain of this site, from 1. It goes on over restarts.'),
  previousHash: hash('`hash` of the entry before; 64 zeros before the first.'),
  hash: hash(
    'SHA-256, hexadecimal, over the canonical JSON (RFC 8785) of the record as stored: without `hash` itself and ' +
      'without `schema`, `replayed` and `publishedAtMs`.',
  ),
  action: explained('What happened.', {
    started: 'the agent started',
    stopped: 'the agent stopped in good order',
    'config-changed': 'the agent started with another configuration than before',
    'command-accepted': 'a command was found good and is about to be carried out',
    'command-done': 'it was carried out',
    'command-failed': 'it could not be carried out',
    'command-refused': 'it was not found good',
    'commands-dropped': 'refusals that came too fast to be told one by one',
    'incident-acknowledged': 'an operator has seen an incident',
  }),
  actor: name('Id of the key that signed, `unsigned`, `unknown` (not authenticated), or `agent`.'),
  command: name('Kind of command.').nullable(),
  commandId: name('Id of the command.').nullable(),
  subject: name('What it concerned, such as an incident or the digest of the configuration.').nullable(),
  reason: name('Why it was refused or failed.').nullable(),
  detail: z.string().max(500).describe('For people.'),
  count: z.int().min(1).describe('How many of it; more than one only for `commands-dropped`.'),
});
true satisfies Same<z.infer<typeof auditRecordSchema>, AuditRecord>;

export const auditPayload = auditRecordSchema
  .extend(envelopeFields('audit'))
  .describe(
    'What was done to the agent, by whom: an entry of a chain in which nothing can be altered unseen.',
  );
