import { connect, ErrorWithReasonCode, type MqttClient } from 'mqtt';
import type { Clock } from '../../base/clock.ts';
import { messageOf, RoadsideError } from '../../base/errors.ts';
import type { StoredRecord } from '../../traffic/stored-record.ts';
import { createBackoff } from '../backoff.ts';
import { connectRefusal, silentClose, transportError } from '../session-errors.ts';
import { type BrokerAddress, parseBrokerUrl, readSecrets, type UplinkSettings } from '../settings.ts';
import type { UplinkLog, UplinkStatus } from '../uplink.ts';
import { createEdgeNode, type EdgeNodeNames, type EdgeNodePublication, REBIRTH } from './edge-node.ts';
import { flowMetrics } from './flow-metrics.ts';

export interface SparkplugOptions {
  readonly site: string;
  readonly names: EdgeNodeNames;
  readonly settings: UplinkSettings;
  readonly clock: Clock;
  readonly log: UplinkLog;
}

/**
 * Flow figures for a Sparkplug host, beside the contract: latest values only, QoS 0, nothing is kept and
 * nothing repeated. It has a connection of its own, because a connection has one will and here that is the
 * NDEATH, and it never touches the outbox.
 */
export interface SparkplugLink {
  start(): void;
  offer(records: readonly StoredRecord[]): void;
  /** Says the NDEATH itself, since the broker keeps it for lost connections; leaves after `deadlineMs` at the latest. */
  stop(deadlineMs: number): Promise<void>;
  status(): SparkplugStatus;
}

export type SparkplugStatus = Pick<UplinkStatus, 'state' | 'error' | 'connects'>;

const CONNECT_TIMEOUT_MS = 20_000;
/** However often a host asks: a birth holds everything, and a loop of two hosts must not fill the link. */
const BIRTHS_AT_LEAST_MS = 1000;
/** A connection that held this long was good: the next pause is short again. */
const STABLE_AFTER_MS = 60_000;

export function createSparkplugLink(options: SparkplugOptions): SparkplugLink {
  const { site, names, settings, clock, log } = options;
  const node = createEdgeNode(names);
  const backoff = createBackoff({ minMs: settings.reconnectMinMs, maxMs: settings.reconnectMaxMs });
  let client: MqttClient | null = null;
  let state: SparkplugStatus['state'] = 'offline';
  let connects = 0;
  let retryTimer: NodeJS.Timeout | null = null;
  let rebirthTimer: NodeJS.Timeout | null = null;
  let bornAtMs = 0;
  let onlineSinceMs = 0;
  let trouble: RoadsideError | null = null;

  const nowMs = (): number => clock.now().wallMs;
  const publish = ({ topic, payload }: EdgeNodePublication): void => {
    client?.publish(topic, payload, { qos: 0, retain: false });
  };
  const giveBirth = (): void => {
    rebirthTimer = null;
    bornAtMs = clock.monoMs();
    publish(node.birth(nowMs()));
  };
  /** Until the birth that was asked for, nothing else is said (operational-behavior, rebirth-action-1). */
  const rebirth = (): void => {
    if (state !== 'online' || rebirthTimer !== null) return;
    const restMs = bornAtMs + BIRTHS_AT_LEAST_MS - clock.monoMs();
    rebirthTimer = setTimeout(giveBirth, Math.max(0, restMs));
  };
  const ended = (of: MqttClient | null, error: RoadsideError): void => {
    if (of !== client || state === 'stopped') return;
    client?.end(true);
    client = null;
    const heldMs = state === 'online' ? clock.monoMs() - onlineSinceMs : 0;
    if (heldMs >= STABLE_AFTER_MS) backoff.reset(heldMs);
    state = 'offline';
    if (rebirthTimer !== null) clearTimeout(rebirthTimer);
    rebirthTimer = null;
    if (error.message !== trouble?.message) {
      log('warn', `sparkplug: ${error.message}`, { code: error.code, hint: error.hint });
    }
    trouble = error;
    retryTimer = setTimeout(() => void open(), backoff.nextMs());
  };

  function isStopped(): boolean {
    return state === 'stopped';
  }

  async function open(): Promise<void> {
    state = 'connecting';
    try {
      const broker = parseBrokerUrl(settings.url);
      const secrets = await readSecrets(settings);
      if (isStopped()) return;
      node.beginSession();
      const before = connects;
      const { user, keepaliveS, clientId = `roadside-${site}` } = settings;
      const opened = connect({
        protocol: broker.scheme,
        host: broker.host,
        port: broker.port,
        protocolVersion: 4,
        clientId: `${clientId}-sparkplug`,
        clean: true,
        keepalive: keepaliveS,
        connectTimeout: CONNECT_TIMEOUT_MS,
        reconnectPeriod: 0,
        queueQoSZero: false,
        rejectUnauthorized: true,
        will: { ...node.death(nowMs()), qos: 1, retain: false },
        ...(user === undefined ? {} : { username: user }),
        ...secrets,
      });
      client = opened;
      opened.on('connect', () => welcome(opened));
      opened.on('message', (_topic, payload) => {
        // The one command that a node must know; a host has no reason to send it with `false`.
        if (payload.includes(REBIRTH)) rebirth();
      });
      const wasAccepted = (): boolean => connects > before;
      opened.on('error', (cause) => ended(opened, connectionTrouble(cause, broker, wasAccepted())));
      opened.on('close', () => ended(opened, silentClose(nameOf(broker), wasAccepted())));
    } catch (error) {
      ended(client, openingTrouble(error));
    }
  }

  function welcome(opened: MqttClient): void {
    connects += 1;
    opened.subscribe(node.commandTopic, { qos: 1 }, (error) => {
      if (error !== null) return ended(opened, notSubscribed(node.commandTopic, error));
      state = 'online';
      trouble = null;
      onlineSinceMs = clock.monoMs();
      log('info', 'sparkplug online', { ...names });
      giveBirth();
    });
  }

  return {
    start: () => void open(),
    offer(records) {
      const metrics = flowMetrics(records);
      if (metrics.length === 0) return;
      if (state === 'online' && rebirthTimer === null) publish(node.tell(metrics, nowMs()));
      else node.remember(metrics);
    },
    async stop(deadlineMs) {
      const wasOnline = state === 'online';
      state = 'stopped';
      for (const timer of [retryTimer, rebirthTimer]) if (timer !== null) clearTimeout(timer);
      if (client === null) return;
      const leaving = client;
      const deadline = setTimeout(() => leaving.end(true), deadlineMs);
      if (wasOnline) {
        const { topic, payload } = node.death(nowMs());
        await leaving.publishAsync(topic, payload, { qos: 0, retain: false }).catch(() => undefined);
      }
      await leaving.endAsync(!wasOnline).catch(() => undefined);
      clearTimeout(deadline);
    },
    status: () => ({
      ...{ state, connects },
      error: trouble === null ? null : { code: trouble.code, text: trouble.message, hint: trouble.hint },
    }),
  };
}

function nameOf({ host, port }: BrokerAddress): string {
  return `${host}:${port}`;
}

function connectionTrouble(cause: Error, address: BrokerAddress, secured: boolean): RoadsideError {
  const broker = nameOf(address);
  if (cause instanceof ErrorWithReasonCode) return connectRefusal(cause.code, cause.message, broker);
  return transportError({ cause, broker, tls: address.scheme === 'mqtts', secured });
}

/** Nothing was sent yet: a file or the site file's address is at fault. */
function openingTrouble(error: unknown): RoadsideError {
  if (error instanceof RoadsideError) return error;
  return new RoadsideError('uplink-tls', `no connection can be opened: ${messageOf(error)}`, {
    hint: 'Check that caFile, certFile and keyFile are PEM, and that key and certificate belong together.',
    cause: error,
  });
}

function notSubscribed(topic: string, cause: Error): RoadsideError {
  return new RoadsideError(
    'uplink-credentials',
    `the broker does not let us listen to ${topic}: ${cause.message}`,
    {
      hint: 'Ask the platform to let this site read its own Sparkplug command topic and publish beside it.',
      cause,
    },
  );
}
