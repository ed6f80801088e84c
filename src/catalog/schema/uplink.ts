import { z } from 'zod';
import { filePath, hasNoUserinfo, idSchema, isUrl, passwordFile, user } from './fields.ts';

/* Where the records go: the platform that every site has, and whoever else is to get some of them. */

const broker = {
  url: z
    .string()
    .max(1000)
    .refine((text) => isUrl(text, ['mqtt:', 'mqtts:']), {
      error: 'an address such as mqtts://platform.example:8883',
    })
    .refine(hasNoUserinfo, { error: 'an address without user and password' })
    .describe('The MQTT broker: mqtts:// with TLS, mqtt:// without. User and password stand beside it.'),
  user: user.exactOptional(),
  passwordFile: passwordFile.exactOptional(),
  caFile: filePath
    .exactOptional()
    .describe('Certificate authority that signed the broker, PEM; else the system list.'),
  certFile: filePath.exactOptional().describe('Client certificate, PEM; needs keyFile.'),
  keyFile: filePath.exactOptional().describe('Private key of certFile, PEM.'),
  keepaliveS: z
    .number()
    .int()
    .min(5)
    .max(30)
    .default(20)
    .describe('MQTT keep-alive in seconds; a dead link is noticed after one and a half of it.'),
  window: z
    .number()
    .int()
    .min(1)
    .max(1000)
    .default(100)
    .describe('Records on the way without an answer, at most.'),
  reconnectMaxS: z
    .number()
    .int()
    .min(1)
    .max(3600)
    .default(60)
    .describe('Seconds between two attempts to connect, at most; attempts begin quickly.'),
  backfillPerS: z
    .number()
    .int()
    .min(1)
    .max(10_000)
    .default(100)
    .describe('Records that could not be sent live: so many in a second at most; incidents do not wait.'),
  backfillDelayMaxS: z
    .number()
    .min(0)
    .max(3600)
    .default(30)
    .describe(
      'They begin a random time up to this after a connection, so that a city does not send at once.',
    ),
};

/** The traffic police platform. */
export const uplinkSchema = z.strictObject({
  ...broker,
  publishPassages: z.boolean().default(false).describe('true to send every single passage too.'),
  publishHiRes: z
    .boolean()
    .default(false)
    .describe('true to send the high-resolution log too; it is always kept locally.'),
});

/** The name of the platform among the upstreams. */
export const PLATFORM = 'platform';

export const RELAYABLE_STREAMS = ['incident', 'fault', 'flow', 'movement', 'passage', 'hires'] as const;

/** Another receiver with its own broker, credentials and place in the records. */
export const furtherUplinkSchema = z.strictObject({
  id: idSchema.describe('Your name for this receiver, such as transport; not platform.'),
  ...broker,
  streams: z
    .array(z.enum(RELAYABLE_STREAMS))
    .min(1)
    .default(['flow'])
    .describe('Which records it gets: incident, fault, flow, movement, passage, hires.'),
});
