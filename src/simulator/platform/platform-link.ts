import { connectAsync, type MqttClient } from 'mqtt';

/** A platform's connection: a persistent session, so that what is published while it is away waits for it. */
export interface PlatformLink {
  close(): Promise<void>;
}

const RECONNECT_MS = 500;
const SESSION_EXPIRY_S = 86_400;

/**
 * Connects as a platform would and hands over every message.
 *
 * @param options `protocol` 4 is MQTT 3.1.1, which is all that the demo's broker speaks
 */
export async function openPlatformLink(options: {
  readonly url: string;
  readonly clientId: string;
  readonly protocol: 4 | 5;
  readonly topics: readonly string[];
  readonly onPayload: (topic: string, payload: Buffer) => void;
}): Promise<PlatformLink> {
  const client: MqttClient = await connectAsync(options.url, {
    clientId: options.clientId,
    protocolVersion: options.protocol,
    clean: false,
    ...(options.protocol === 5 ? { properties: { sessionExpiryInterval: SESSION_EXPIRY_S } } : {}),
    reconnectPeriod: RECONNECT_MS,
    reconnectOnConnackError: true,
  });
  client.on('message', (topic, payload) => options.onPayload(topic, payload));
  // A lost connection is part of the demonstration; the client comes back by itself.
  client.on('error', () => undefined);
  await client.subscribeAsync([...options.topics], { qos: 1 });
  return { close: () => client.endAsync(true) };
}
