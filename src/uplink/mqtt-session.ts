import { Socket } from 'node:net';
import type { ConnectionOptions } from 'node:tls';
import { connect, ErrorWithReasonCode, type IClientOptions, type MqttClient, ReasonCodes } from 'mqtt';
import type { RoadsideError } from '../base/errors.ts';
import { joinWrites } from './joined-writes.ts';
import {
  ackOverdue,
  blamesPacket,
  connectRefusal,
  disconnectReason,
  isReset,
  isVersionRefusal,
  publishRefusal,
  silentClose,
  silentLink,
  subscribeRefusal,
  transportError,
} from './session-errors.ts';
import { createAckDeadline, createPingTimer } from './session-timers.ts';
import type { BrokerAddress, UplinkSecrets } from './settings.ts';

/** MQTT 5, or 4 on the wire for MQTT 3.1.1. */
export type MqttVersion = 5 | 4;

/** One message to the broker, QoS 1. Expiry and properties travel only with MQTT 5. */
export interface Publication {
  readonly topic: string;
  /** JSON text. */
  readonly payload: string;
  readonly retain: boolean;
  /** The broker forgets it for late receivers after this; null for never. */
  readonly expiryS: number | null;
  readonly properties: Readonly<Record<string, string>>;
  /** By which a receiver knows what is answered (MQTT 5). */
  readonly correlationData?: Uint8Array;
}

/** What came on a topic that was subscribed to. */
export interface Delivery {
  readonly topic: string;
  readonly bytes: Uint8Array;
  readonly retained: boolean;
  /** MQTT 5 only. */
  readonly responseTopic: string | undefined;
  readonly correlationData: Uint8Array | undefined;
}

export type PublishOutcome =
  | { readonly kind: 'accepted' }
  | { readonly kind: 'refused'; readonly error: RoadsideError }
  /** It was not sent: the broker, or we ourselves, take no packets of this size. */
  | { readonly kind: 'too-large'; readonly bytes: number; readonly maxBytes: number };

export interface SessionEnd {
  readonly error: RoadsideError;
  /** Whether the other version of MQTT is worth a try: the broker said so, or only hung up. */
  readonly otherVersion: 'asked-for' | 'possible' | 'no';
  /** The broker closed a connection that it had accepted, in good order: without a reason, or because of a packet. */
  readonly orderly: boolean;
}

export interface SessionListener {
  /** The broker accepted the connection; it takes at most `window` unacknowledged publications. */
  connected(limits: { readonly window: number }): void;
  /** Once, for whatever reason but `close` and `destroy`. No outcome is reported after it. */
  ended(end: SessionEnd): void;
}

export interface MqttSessionOptions {
  readonly broker: BrokerAddress;
  readonly version: MqttVersion;
  readonly clientId: string;
  readonly user?: string | undefined;
  readonly secrets: UplinkSecrets;
  readonly keepaliveS: number;
  readonly ackDeadlineMs: number;
  readonly will: Publication;
}

/** One connection to the broker, from CONNECT to its end. It never reconnects and keeps nothing. */
export interface MqttSession {
  /** Only while connected, and only as many as the window allows. */
  publish(publication: Publication, settle: (outcome: PublishOutcome) => void): void;
  /** Once, while connected: listens to one topic, from now on. `refused` when the broker does not allow it. */
  subscribe(
    topic: string,
    received: (delivery: Delivery) => void,
    refused: (error: RoadsideError) => void,
  ): void;
  /** Says goodbye, so that the broker keeps the will to itself. */
  close(): Promise<void>;
  /** Drops the connection; the broker publishes the will. */
  destroy(): void;
}

const CONNECT_TIMEOUT_MS = 20_000;
/** What mqtt.js says when a ping stays unanswered until one and a half keep-alive periods are over. */
const KEEPALIVE_TIMEOUT = 'Keepalive timeout';
/** Receive maximum of a broker that names none (MQTT 5, 3.2.2.3.3). */
const WINDOW_UNLIMITED = 65_535;
/** The largest packet in either direction, whatever a broker would take. */
const PACKET_MAX_BYTES = 256 * 1024;
/** Fixed header, packet id and properties, generously. */
const PACKET_OVERHEAD_BYTES = 256;

/**
 * mqtt.js holds unacknowledged publications in memory, replays them one by one without the DUP flag, has no
 * PUBACK timeout and gives up for good after a refused CONNACK. So each connection is a client of its own
 * with reconnection off, nothing is published while it is down, and the deadline is ours.
 */
export function openMqttSession(options: MqttSessionOptions, listener: SessionListener): MqttSession {
  const { broker, version, ackDeadlineMs } = options;
  const name = `${broker.host}:${broker.port}`;
  const tls = broker.scheme === 'mqtts';
  const client = startClient(options, name);
  let transportOpen = false;
  let connected = false;
  let closedByPeer = false;
  let over = false;
  let maxBytes = PACKET_MAX_BYTES;
  /** The last outcome, when that was a refusal: it explains why the broker hangs up next. */
  let lastRefusal: RoadsideError | null = null;

  const deadline = createAckDeadline(ackDeadlineMs, () => end(ackOverdue(name, ackDeadlineMs)));

  const finish = (): void => {
    over = true;
    deadline.stop();
  };
  const end = (
    error: RoadsideError,
    { otherVersion = 'no', orderly = false }: Partial<Omit<SessionEnd, 'error'>> = {},
  ): void => {
    if (over) return;
    finish();
    client.end(true);
    listener.ended({ error, otherVersion, orderly });
  };

  // One turn's publications leave in one write; Nagle's algorithm would hold its tail back until the broker's
  // delayed ACK, some 40 ms for each window.
  if (client.stream instanceof Socket) {
    client.stream.setNoDelay(true);
    joinWrites(client.stream);
  }
  client.stream.once(tls ? 'secureConnect' : 'connect', () => {
    transportOpen = true;
  });
  client.stream.once('end', () => {
    closedByPeer = true;
  });
  client.on('connect', (connack) => {
    if (over) return;
    connected = true;
    maxBytes = Math.min(maxBytes, connack.properties?.maximumPacketSize ?? maxBytes);
    listener.connected({ window: connack.properties?.receiveMaximum ?? WINDOW_UNLIMITED });
  });
  client.on('disconnect', (packet) => {
    const reason = packet.reasonCode ?? 0;
    end(disconnectReason(reason, reasonText(reason), name), { orderly: blamesPacket(reason) });
  });
  client.on('error', (cause) => {
    const reason = cause instanceof ErrorWithReasonCode ? cause.code : null;
    if (reason !== null && !connected) {
      end(connectRefusal(reason, reasonText(reason), name), {
        otherVersion: isVersionRefusal(reason) ? 'asked-for' : 'no',
      });
      return;
    }
    if (isReset(cause) && transportOpen) return;
    if (cause.message === KEEPALIVE_TIMEOUT) {
      end(silentLink(name, options.keepaliveS));
      return;
    }
    end(transportError({ cause, broker: name, tls, secured: transportOpen }));
  });
  client.on('close', () => {
    const hungUp = transportOpen && !connected;
    const orderly = connected && closedByPeer && lastRefusal === null;
    end(lastRefusal ?? silentClose(name, connected), { otherVersion: hungUp ? 'possible' : 'no', orderly });
  });

  return {
    publish(publication, settle) {
      if (over) return;
      const { topic, payload } = publication;
      const bytes = Buffer.byteLength(payload) + Buffer.byteLength(topic) + PACKET_OVERHEAD_BYTES;
      if (bytes > maxBytes) {
        setImmediate(() => (over ? undefined : settle({ kind: 'too-large', bytes, maxBytes })));
        return;
      }
      const awaited = deadline.expect();
      client.publish(topic, payload, publishOptions(publication, version), (failure) => {
        if (over) return;
        deadline.came(awaited);
        if (failure === undefined || failure === null) {
          lastRefusal = null;
          settle({ kind: 'accepted' });
        } else if (failure instanceof ErrorWithReasonCode) {
          lastRefusal = publishRefusal(failure.code, reasonText(failure.code), topic);
          settle({ kind: 'refused', error: lastRefusal });
        }
      });
    },
    subscribe(topic, received, refused) {
      client.on('message', (on, bytes, { retain: retained, properties }) => {
        const { responseTopic, correlationData } = properties ?? {};
        if (!over) received({ topic: on, bytes, retained, responseTopic, correlationData });
      });
      // Nothing retained is wanted, and what was published so is to be told from what was not (MQTT 5, 3.8.3.1).
      client.subscribe(topic, { qos: 1, rh: 2, rap: true }, (failure) => {
        if (over || failure === undefined || failure === null) return;
        const reason = failure instanceof ErrorWithReasonCode ? failure.code : 0x87;
        refused(subscribeRefusal(topic, reasonText(reason)));
      });
    },
    async close() {
      finish();
      await client.endAsync(false);
    },
    destroy() {
      finish();
      client.end(true);
    },
  };
}

/** @throws RoadsideError uplink-tls when a certificate or key file does not hold one */
function startClient(options: MqttSessionOptions, name: string): MqttClient {
  try {
    return connect(clientOptions(options));
  } catch (cause) {
    const error = cause instanceof Error ? cause : new Error(String(cause));
    throw transportError({
      cause: error,
      broker: name,
      tls: options.broker.scheme === 'mqtts',
      secured: false,
    });
  }
}

/** mqtt.js hands what it does not know on to tls.connect(). */
type ClientOptions = IClientOptions & Pick<ConnectionOptions, 'minVersion'>;

function clientOptions(options: MqttSessionOptions): ClientOptions {
  const { broker, version, clientId, user, secrets, keepaliveS, will } = options;
  const { password, ca, cert, key } = secrets;
  return {
    protocol: broker.scheme,
    host: broker.host,
    port: broker.port,
    protocolVersion: version,
    clientId,
    clean: true,
    keepalive: keepaliveS,
    connectTimeout: CONNECT_TIMEOUT_MS,
    reconnectPeriod: 0,
    queueQoSZero: false,
    ...(version === 5 ? { properties: { maximumPacketSize: PACKET_MAX_BYTES } } : {}),
    resubscribe: false,
    // Its own log is made of some twenty calls for each record, which do nothing but ask whether it is wanted.
    log: () => undefined,
    timerVariant: createPingTimer((keepaliveS * 1000) / 2),
    will: { topic: will.topic, payload: Buffer.from(will.payload), ...publishOptions(will, version) },
    // mqtt.js checks the name in the certificate against `host` (servername, or the IP address itself).
    rejectUnauthorized: true,
    // RFC 8996 forbids TLS 1.0 and 1.1; 1.3 is used wherever the broker has it.
    minVersion: 'TLSv1.2',
    ...(user === undefined ? {} : { username: user }),
    ...(password === undefined ? {} : { password }),
    ...(ca === undefined ? {} : { ca }),
    ...(cert === undefined ? {} : { cert }),
    ...(key === undefined ? {} : { key }),
  };
}

function publishOptions(publication: Publication, version: MqttVersion) {
  const { retain, expiryS, properties, correlationData } = publication;
  const options = { qos: 1, retain } as const;
  if (version === 4) return options;
  return {
    ...options,
    properties: {
      contentType: 'application/json',
      payloadFormatIndicator: true,
      ...(correlationData === undefined ? {} : { correlationData: Buffer.from(correlationData) }),
      userProperties: { ...properties },
      ...(expiryS === null ? {} : { messageExpiryInterval: expiryS }),
    },
  };
}

function reasonText(reason: number): string {
  const texts: Readonly<Record<number, string>> = ReasonCodes;
  return `${texts[reason] ?? 'no reason given'} (0x${reason.toString(16).padStart(2, '0')})`;
}
