import { z } from 'zod';
import type { StreamName } from '../../traffic/stored-record.ts';
import { chunkTopic, commandTopic, hasLaneTopics, recordTopic, replyTopic, stateTopic } from '../topics.ts';
import { auditPayload } from './audit.ts';
import { commandPayload } from './command.ts';
import { commandExamples } from './command-examples.ts';
import { exampleRecords, exampleStates } from './contract-examples.ts';
import { faultPayload } from './fault.ts';
import { flowPayload } from './flow.ts';
import { gapPayload } from './gap.ts';
import { CONTRACT_VERSION, schemaName } from './head.ts';
import { healthPayload } from './health.ts';
import { hiResPayload } from './hires.ts';
import { incidentPayload } from './incident.ts';
import { movementPayload } from './movement.ts';
import { passagePayload } from './passage.ts';
import { chunkPayload, replyPayload } from './reply.ts';
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
  health: healthPayload,
} as const satisfies Readonly<Record<StreamName, z.ZodType>>;

/** What goes to and fro when the platform commands. */
const commandChannels = {
  command: { payload: commandPayload, address: commandTopic, title: 'Commands of the platform to one site' },
  reply: { payload: replyPayload, address: replyTopic, title: 'The answer to each command' },
  chunk: { payload: chunkPayload, address: chunkTopic, title: 'Parts of a file that a command asked for' },
} as const;

const PARAMETERS = {
  site: { description: 'The cabinet and its intersection: lower-case letters, digits and hyphens.' },
  lane: {
    description: 'approach-number; numbers run from the median outwards.',
    examples: ['north-1', 'east-2'],
  },
} as const;

const DESCRIPTION = `What one roadside agent publishes over MQTT 5 (or 3.1.1) about its intersection.

* Delivery is at least once (QoS 1). The key of a record is its \`id\`; a known id is a redelivery.
* A record made before the agent knew the time has \`clock: unsynced\`. When the error of its clock is known it comes
  again under the same \`id\` with \`clock: restamped\`, and this copy takes the place of the other.
* Order and completeness are judged by \`seq\` within (\`boot\`, \`stream\`), never by time stamps.
* A missing \`seq\` still comes under \`replay/\`, or a record of the stream \`gap\` says that it never will.
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
    /** As the agent sees it. */
    action?: 'send' | 'receive';
  }) => {
    const { action = 'send' } = channel;
    const used = Object.entries(PARAMETERS).filter(([name]) => channel.address.includes(`{${name}}`));
    channels[channel.key] = {
      address: channel.address,
      title: channel.title,
      messages: { [channel.message]: reference(`components/messages/${channel.message}`) },
      parameters: Object.fromEntries(used),
    };
    operations[`${action}${channel.key.charAt(0).toUpperCase()}${channel.key.slice(1)}`] = {
      action,
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
          lane: hasLaneTopics(record.stream) ? '{lane}' : null,
          replayed,
        }),
        message: stream,
        title: replayed ? `${stream} records that could not be sent live` : `${stream} records`,
        retain: false,
      });
    }
  }

  for (const [name, { payload, title, address }] of Object.entries(commandChannels)) {
    const examples: Readonly<Record<string, Json>> = commandExamples[name as keyof typeof commandChannels];
    addMessage(
      name,
      payload,
      Object.entries(examples).map(([key, value]) => ({ name: key, payload: value })),
    );
    const action = name === 'command' ? 'receive' : 'send';
    addChannel({ key: name, address: address('{site}'), message: name, title, retain: false, action });
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
