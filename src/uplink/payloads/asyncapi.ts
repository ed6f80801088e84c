import { z } from 'zod';
import type { StreamName } from '../../traffic/stored-record.ts';
import { recordTopic, stateTopic, topicLaneOf } from '../topics.ts';
import { auditPayload } from './audit.ts';
import { exampleRecords, exampleStates } from './contract-examples.ts';
import { faultPayload } from './fault.ts';
import { flowPayload } from './flow.ts';
import { gapPayload } from './gap.ts';
import { schemaName } from './head.ts';
import { hiResPayload } from './hires.ts';
import { incidentPayload } from './incident.ts';
import { movementPayload } from './movement.ts';
import { passagePayload } from './passage.ts';
import { statePayload } from './state.ts';

/** The schema of each stream's payload. */
export const recordPayloads = {
  incident: incidentPayload,
  fault: faultPayload,
  flow: flowPayload,
  movement: movementPayload,
  passage: passagePayload,
  hires: hiResPayload,
  gap: gapPayload,
  audit: auditPayload,
} as const satisfies Readonly<Record<StreamName, z.ZodType>>;

/** The version of the contract document; the topic root and the payload names carry the major part. */
const CONTRACT_VERSION = '1.3.0';

const PARAMETERS = {
  site: { description: 'The cabinet and its intersection: lower-case letters, digits and hyphens.' },
  lane: {
    description: 'approach-number; numbers run from the median outwards.',
    examples: ['north-1', 'east-2'],
  },
} as const;

const DESCRIPTION = `What one roadside agent publishes over MQTT 5 (or 3.1.1) about its intersection.

* Delivery is at least once (QoS 1). The key of a record is its \`id\`; a known id is a redelivery.
* Order and completeness are judged by \`seq\` within (\`boot\`, \`stream\`), never by time stamps.
* A fault keeps its id over restarts of the agent, whatever ended it, and is open until a record closes it.
  An incident is void when a birth tells of a new boot.
* Records that could not be sent live come on the topics under \`replay/\` with \`replayed: true\`.
* Zero is a measurement, null is none. Units are the last part of a name: \`gapMs\`, \`speedKmh\`.
* With MQTT 5, live flow expires at the broker after one hour, the content type is \`application/json\` and
  the user properties \`schema\` and \`replayed\` repeat the two fields of the payload.`;

type Json = Readonly<Record<string, unknown>>;

/** The contract with the platform as an AsyncAPI 3.0 document, made from the schemas of this folder. */
export function buildAsyncApi(): Json {
  const channels: Record<string, Json> = {};
  const operations: Record<string, Json> = {};
  const messages: Record<string, Json> = {};
  const schemas: Record<string, Json> = {};

  const addChannel = (channel: {
    key: string;
    address: string;
    message: string;
    title: string;
    retain: boolean;
  }) => {
    const used = Object.entries(PARAMETERS).filter(([name]) => channel.address.includes(`{${name}}`));
    channels[channel.key] = {
      address: channel.address,
      title: channel.title,
      messages: { [channel.message]: reference(`components/messages/${channel.message}`) },
      parameters: Object.fromEntries(used),
    };
    operations[`send${channel.key.charAt(0).toUpperCase()}${channel.key.slice(1)}`] = {
      action: 'send',
      channel: reference(`channels/${channel.key}`),
      messages: [reference(`channels/${channel.key}/messages/${channel.message}`)],
      bindings: { mqtt: { qos: 1, retain: channel.retain, bindingVersion: '0.2.0' } },
    };
  };

  addMessage('state', statePayload, [
    { name: 'birth', payload: exampleStates.online },
    { name: 'will', payload: exampleStates.will },
  ]);
  addChannel({
    key: 'state',
    address: stateTopic('{site}'),
    message: 'state',
    title: 'Whether the site is connected (retained)',
    retain: true,
  });
  for (const [stream, payload] of Object.entries(recordPayloads) as [StreamName, z.ZodType][]) {
    const record = exampleRecords[stream];
    const envelope = { schema: schemaName(stream), publishedAtMs: record.observedAtMs + 350 };
    addMessage(stream, payload, [{ name: 'live', payload: { ...envelope, replayed: false, ...record } }]);
    for (const replayed of [false, true]) {
      addChannel({
        key: replayed ? `${stream}Replay` : stream,
        address: recordTopic({
          site: '{site}',
          stream,
          lane: topicLaneOf(record) === null ? null : '{lane}',
          replayed,
        }),
        message: stream,
        title: replayed ? `${stream} records that could not be sent live` : `${stream} records`,
        retain: false,
      });
    }
  }

  function addMessage(name: string, payload: z.ZodType, examples: readonly Json[]): void {
    const { $schema: _draft, ...schema } = z.toJSONSchema(payload, { target: 'draft-7' });
    schemas[name] = schema;
    messages[name] = {
      name,
      title: payload.description ?? name,
      contentType: 'application/json',
      payload: reference(`components/schemas/${name}`),
      examples,
    };
  }

  return {
    asyncapi: '3.0.0',
    info: {
      title: 'roadside uplink',
      version: CONTRACT_VERSION,
      description: DESCRIPTION,
      license: { name: 'Apache-2.0' },
    },
    defaultContentType: 'application/json',
    channels,
    operations,
    components: { messages, schemas },
  };
}

/** The document as it is shipped: `docs/contract/asyncapi.json`. */
export function contractText(): string {
  return `${JSON.stringify(buildAsyncApi(), null, 2)}\n`;
}

function reference(path: string): Json {
  return { $ref: `#/${path}` };
}
