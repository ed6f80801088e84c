import { connect, type MqttClient } from 'mqtt';
import type { Clock } from '../../base/clock.ts';
import { messageOf } from '../../base/errors.ts';
import type { StoredRecord } from '../../traffic/stored-record.ts';
import { createBackoff } from '../backoff.ts';
import { parseBrokerUrl, readSecrets, type UplinkSettings } from '../settings.ts';
import type { UplinkLog } from '../uplink.ts';
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
}

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
  let online = false;
  let stopped = false;
  let retryTimer: NodeJS.Timeout | null = null;
  let rebirthTimer: NodeJS.Timeout | null = null;
  let bornAtMs = 0;
  let onlineSinceMs = 0;
  let trouble = '';

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
    if (!online || rebirthTimer !== null) return;
    const restMs = bornAtMs + BIRTHS_AT_LEAST_MS - clock.monoMs();
    rebirthTimer = setTimeout(giveBirth, Math.max(0, restMs));
  };
  const ended = (of: MqttClient | null, reason: string): void => {
    if (of !== client || stopped) return;
    client?.end(true);
    client = null;
    const heldMs = online ? clock.monoMs() - onlineSinceMs : 0;
    if (heldMs >= STABLE_AFTER_MS) backoff.reset(heldMs);
    online = false;
    if (rebirthTimer !== null) clearTimeout(rebirthTimer);
    rebirthTimer = null;
    if (reason !== trouble) log('warn', 'sparkplug offline', { reason });
    trouble = reason;
    retryTimer = setTimeout(() => void open(), backoff.nextMs());
  };

  async function open(): Promise<void> {
    try {
      const broker = parseBrokerUrl(settings.url);
      const secrets = await readSecrets(settings);
      if (stopped) return;
      node.beginSession();
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
      opened.on('error', (error) => ended(opened, error.message));
      opened.on('close', () => ended(opened, 'the broker closed the connection'));
    } catch (error) {
      ended(client, messageOf(error));
    }
  }

  function welcome(opened: MqttClient): void {
    opened.subscribe(node.commandTopic, { qos: 1 }, (error) => {
      if (error !== null) return ended(opened, error.message);
      online = true;
      trouble = '';
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
      if (online && rebirthTimer === null) publish(node.tell(metrics, nowMs()));
      else node.remember(metrics);
    },
    async stop(deadlineMs) {
      stopped = true;
      for (const timer of [retryTimer, rebirthTimer]) if (timer !== null) clearTimeout(timer);
      if (client === null) return;
      const leaving = client;
      const deadline = setTimeout(() => leaving.end(true), deadlineMs);
      if (online) {
        const { topic, payload } = node.death(nowMs());
        await leaving.publishAsync(topic, payload, { qos: 0, retain: false }).catch(() => undefined);
      }
      await leaving.endAsync(!online).catch(() => undefined);
      clearTimeout(deadline);
    },
  };
}
