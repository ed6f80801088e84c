import { z } from 'zod';
import { lane, name, schemaName, utcMs } from './head.ts';

const common = {
  schema: z.literal(schemaName('state')).describe('Name and major version of this payload.'),
  site: name('The cabinet and its intersection.'),
  session: name('Names one run of the uplink; birth and will of one run carry the same.'),
};

const onlineSchema = z.strictObject({
  ...common,
  state: z.literal('online'),
  publishedAtMs: utcMs('When this state was sent.'),
  version: name('Version of the agent.'),
  configRev: name('Revision of the site configuration.'),
  lanes: z.array(lane).describe('Lanes that this site measures.'),
  sensors: z.array(name('Loop, device or camera id.')).describe('Sensors that this site reads.'),
  drivers: z.array(name('Name of a driver file.')).describe('By which drivers its devices are read.'),
  models: z.array(name('Name of a detection model.')).describe('By which models its pictures are read.'),
  upstream: name('What this site calls the receiver; gap records name it.'),
  contract: name('Version of the contract that this agent keeps, e.g. `1.3.0`.'),
});

const offlineSchema = z.strictObject({
  ...common,
  state: z.literal('offline'),
  reason: z
    .enum(['stopped', 'lost'])
    .describe('`stopped`: the agent said goodbye. `lost`: the broker speaks for an agent that went silent.'),
});

export const statePayload = z
  .discriminatedUnion('state', [onlineSchema, offlineSchema])
  .describe(
    'Retained: whether the site is connected, and what it has. The broker publishes the will itself.',
  );

export type StatePayload = z.infer<typeof statePayload>;

/** What a site has, as its birth tells the platform. */
export interface SiteInventory {
  readonly version: string;
  readonly configRev: string;
  readonly lanes: readonly string[];
  readonly sensors: readonly string[];
  readonly drivers: readonly string[];
  readonly models: readonly string[];
  /** Whose uplink this is. */
  readonly upstream: string;
}
