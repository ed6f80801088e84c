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

/** Ids that the audit uses for who has no key. */
const RESERVED_KEY_IDS: readonly string[] = ['unsigned', 'unknown', 'agent'];

const commandKeySchema = z.strictObject({
  id: idSchema.describe('The name by which commands and the audit call this key.'),
  publicKeyFile: filePath.describe('Ed25519 public key of the sender, PEM.'),
  role: z
    .enum(['viewer', 'operator', 'admin'])
    .default('operator')
    .describe('viewer looks, operator fetches and acknowledges, admin proposes configurations and restarts.'),
});

const commandsSchema = z
  .strictObject({
    enabled: z.boolean().default(false).describe('true to take commands from the platform.'),
    keys: z
      .array(commandKeySchema)
      .max(8)
      .default([])
      .refine(hasOwnNames, { error: 'keys with ids of their own, none of them unsigned, unknown or agent' })
      .describe('Who may send commands. With one key or more, unsigned commands are refused.'),
    unsignedRole: z
      .enum(['viewer', 'operator'])
      .default('viewer')
      .describe('Without keys: what everybody may do whom the broker lets publish commands.'),
  })
  .prefault({});

function hasOwnNames(keys: readonly { readonly id: string }[]): boolean {
  const ids = keys.map(({ id }) => id);
  return new Set(ids).size === ids.length && !ids.some((id) => RESERVED_KEY_IDS.includes(id));
}

const sparkplugName = z
  .string()
  .min(1)
  .max(100)
  .regex(/^[^/+#]+$/, { error: 'a name without /, + and #' });

const sparkplugSchema = z
  .strictObject({
    groupId: sparkplugName.describe('Sparkplug group, such as the district.'),
    edgeNodeId: sparkplugName.describe('Sparkplug edge node: this cabinet, once in its group.'),
  })
  .describe(
    'Flow figures as Sparkplug B too: latest values only, QoS 0, on a second connection. Off when absent.',
  );

/** The traffic police platform. */
export const uplinkSchema = z.strictObject({
  ...broker,
  publishPassages: z.boolean().default(false).describe('true to send every single passage too.'),
  healthEveryS: z
    .number()
    .int()
    .min(0)
    .max(86_400)
    .default(300)
    .describe('Seconds between two records about the agent and its machine; 0 for none.'),
  publishHiRes: z
    .boolean()
    .default(false)
    .describe('true to send the high-resolution log too; it is always kept locally.'),
  commands: commandsSchema,
  sparkplug: sparkplugSchema.exactOptional(),
});

/** The name of the platform among the upstreams. */
export const PLATFORM = 'platform';

export const RELAYABLE_STREAMS = [
  'incident',
  'fault',
  'flow',
  'movement',
  'passage',
  'hires',
  'health',
] as const;

/** Another receiver with its own broker, credentials and place in the records. */
export const furtherUplinkSchema = z.strictObject({
  id: idSchema.describe('Your name for this receiver, such as transport; not platform.'),
  ...broker,
  streams: z
    .array(z.enum(RELAYABLE_STREAMS))
    .min(1)
    .default(['flow'])
    .describe('Which records it gets: incident, fault, flow, movement, passage, hires, health.'),
});
