import type { Clock } from '../base/clock.ts';
import { type ErrorCode, messageOf, RoadsideError } from '../base/errors.ts';
import type { Outbox } from '../store/outbox.ts';
import { createBackoff } from './backoff.ts';
import { OUTBOUND_WINDOW } from './commands/outbound.ts';
import type { Delivery, MqttSession, MqttVersion, SessionEnd } from './mqtt-session.ts';
import type { SiteInventory } from './payloads/state.ts';
import { encodeBirth, encodeOffline, encodeRecord } from './publication.ts';
import { createRelay } from './relay.ts';
import { packetTooLarge, suspectedTakeover } from './session-errors.ts';
import { parseBrokerUrl, readSecrets, type UplinkSettings } from './settings.ts';
import { type Cancel, SURROUNDINGS, type Surroundings } from './surroundings.ts';
import { createTakeoverWatch, SHORT_SESSIONS, TAKEN_OVER_PAUSE_MS } from './takeover-watch.ts';

export type { SiteInventory } from './payloads/state.ts';
export type { UplinkSettings } from './settings.ts';

export type UplinkLog = (
  level: 'info' | 'warn',
  text: string,
  fields: Readonly<Record<string, unknown>>,
) => void;

export interface UplinkOptions {
  readonly site: string;
  /** Names this run; birth and will carry it. */
  readonly session: string;
  readonly settings: UplinkSettings;
  readonly outbox: Outbox;
  readonly inventory: SiteInventory;
  /** Who takes commands from this upstream; nobody when absent. */
  readonly commands?: CommandPort;
  readonly clock: Clock;
  readonly log?: UplinkLog;
  /** Another network, other timers and other chance than the machine's. */
  readonly surroundings?: Surroundings;
}

/** Shares the connection: gets what arrives on its topic, and publishes beside the relay. */
export interface CommandPort {
  readonly topic: string;
  received(delivery: Delivery): void;
  connected(link: Pick<MqttSession, 'publish'>): void;
  disconnected(): void;
}

export interface UplinkStatus {
  readonly state: 'connecting' | 'online' | 'offline' | 'stopped';
  /** Version on the wire of the present connection: 5, or 4 for MQTT 3.1.1. Null without one. */
  readonly protocol: MqttVersion | null;
  /** What is wrong now; null when all is well. It may stand while online, when records are refused. */
  readonly error: { readonly code: ErrorCode; readonly text: string; readonly hint: string } | null;
  /** Another client has the id of this one: the two throw each other out. */
  readonly takenOver: boolean;
  /** Records sent since the start, repetitions included. */
  readonly published: number;
  /** Records that the platform acknowledged and the outbox forgot since the start. */
  readonly acknowledged: number;
  readonly inFlight: number;
  /** Connections that a broker accepted since the start. */
  readonly connects: number;
}

/** The way to the platform. It needs no care: it connects, relays, reconnects, and says how it is doing. */
export interface Uplink {
  start(): void;
  /** Waits for what is under way, says goodbye and leaves; after `deadlineMs` it leaves without. */
  stop(deadlineMs: number): Promise<void>;
  /** Call after each append. */
  notify(): void;
  status(): UplinkStatus;
}

/** A connection that held this long was good: the next pause is short again. */
const STABLE_AFTER_MS = 60_000;

export function createUplink(options: UplinkOptions): Uplink {
  const {
    site,
    session: sessionId,
    settings,
    outbox,
    inventory,
    clock,
    commands,
    log = () => undefined,
  } = options;
  const { scheduler, random, openSession } = options.surroundings ?? SURROUNDINGS;
  const backoff = createBackoff({ minMs: settings.reconnectMinMs, maxMs: settings.reconnectMaxMs, random });
  let state: UplinkStatus['state'] = 'offline';
  let session: MqttSession | null = null;
  let version: MqttVersion = 5;
  /** The broker has spoken `version` once: hanging up is then no sign that it cannot. */
  let versionProven = false;
  const takeovers = createTakeoverWatch();
  let trouble: RoadsideError | null = null;
  let connects = 0;
  /** When the broker accepted the present connection, and when the birth was out. */
  let acceptedMs: number | null = null;
  let onlineSinceMs: number | null = null;
  let retry: Cancel | null = null;
  let farewellOver: () => void = () => undefined;

  const relay = createRelay({
    outbox,
    clock,
    liveWithinMs: settings.liveWithinMs,
    pace: settings,
    surroundings: { scheduler, random },
    encode: ({ row, replayed }) => encodeRecord(row, { site, wallMs: clock.now().wallMs, replayed }),
    refused: (error) => report(error),
    failed(error) {
      session?.destroy();
      ended({ error: asRoadsideError(error), otherVersion: 'no', orderly: false });
    },
  });

  function report(error: RoadsideError): void {
    if (trouble?.message !== error.message) {
      log('warn', error.message, { code: error.code, hint: error.hint });
    }
    trouble = error;
  }

  function ended(end: SessionEnd): void {
    if (session === null && state !== 'connecting') return;
    session = null;
    relay.disconnected(end.orderly);
    commands?.disconnected();
    farewellOver();
    if (state === 'stopped') return;
    state = 'offline';
    const lastedMs = acceptedMs === null ? null : clock.monoMs() - acceptedMs;
    const declared = end.error.code === 'uplink-taken-over';
    // A broker that says why makes room for nobody.
    const orderly = end.orderly && end.error.code === 'uplink-unreachable';
    const takenOver = takeovers.ended({ lastedMs, declared, orderly });
    report(takenOver && !declared ? suspectedTakeover(settings.url, SHORT_SESSIONS) : end.error);
    if (end.otherVersion === 'asked-for' || (end.otherVersion === 'possible' && !versionProven)) {
      version = version === 5 ? 4 : 5;
      versionProven = false;
    }
    const stableMs = onlineForMs() ?? 0;
    if (stableMs >= STABLE_AFTER_MS) backoff.reset(stableMs);
    acceptedMs = null;
    onlineSinceMs = null;
    const pauseMs = backoff.nextMs() + (takenOver ? TAKEN_OVER_PAUSE_MS : 0);
    retry = scheduler.after(pauseMs, () => void connect());
  }

  async function connect(): Promise<void> {
    state = 'connecting';
    try {
      const broker = parseBrokerUrl(settings.url);
      const secrets = await readSecrets(settings);
      if (isStopped()) return;
      session = openSession(
        {
          broker,
          version,
          clientId: settings.clientId ?? `roadside-${site}`,
          user: settings.user,
          secrets,
          keepaliveS: settings.keepaliveS,
          ackDeadlineMs: settings.ackDeadlineMs,
          will: encodeOffline({ site, session: sessionId, reason: 'lost' }),
        },
        { connected: ({ window }) => welcome(Math.min(window, settings.window)), ended },
      );
    } catch (error) {
      ended({ error: asRoadsideError(error), otherVersion: 'no', orderly: false });
    }
  }

  function onlineForMs(): number | null {
    return onlineSinceMs === null ? null : clock.monoMs() - onlineSinceMs;
  }

  function isStopped(): boolean {
    return state === 'stopped';
  }

  /** The birth goes first: whoever sees a record can look up whose it is. */
  function welcome(window: number): void {
    connects += 1;
    versionProven = true;
    acceptedMs = clock.monoMs();
    const birth = encodeBirth({ site, session: sessionId, wallMs: clock.now().wallMs, inventory });
    session?.publish(birth, (outcome) => {
      if (isStopped() || session === null) return;
      state = 'online';
      onlineSinceMs = clock.monoMs();
      trouble = null;
      if (outcome.kind === 'refused') report(outcome.error);
      if (outcome.kind === 'too-large') report(packetTooLarge({ what: 'the birth', ...outcome }));
      log('info', 'uplink online', { protocol: version, connects, window });
      relay.connected(session, openCommands(session, window));
    });
  }

  /** Returns how much of the window is left for records. */
  function openCommands(on: MqttSession, window: number): number {
    if (commands === undefined) return window;
    if (window <= OUTBOUND_WINDOW) {
      log('warn', 'the broker takes too little at a time for commands to be answered', { window });
      return window;
    }
    on.subscribe(commands.topic, (delivery) => commands.received(delivery), report);
    commands.connected(on);
    return window - OUTBOUND_WINDOW;
  }

  async function farewell(leaving: MqttSession): Promise<void> {
    await relay.finish();
    const offline = encodeOffline({ site, session: sessionId, reason: 'stopped' });
    await new Promise<void>((resolve) => leaving.publish(offline, () => resolve()));
    await leaving.close();
  }

  return {
    start: () => void connect(),
    async stop(deadlineMs) {
      const wasOnline = state === 'online';
      state = 'stopped';
      retry?.();
      const leaving = session;
      if (leaving === null) return;
      if (wasOnline) {
        const cut = new Promise<void>((resolve) => {
          farewellOver = resolve;
        });
        const cancelDeadline = scheduler.after(deadlineMs, () => farewellOver());
        await Promise.race([farewell(leaving), cut]);
        cancelDeadline();
      }
      leaving.destroy();
      session = null;
      relay.disconnected();
      commands?.disconnected();
    },
    notify: () => relay.notify(),
    status: () => ({
      state,
      protocol: state === 'online' ? version : null,
      error: trouble === null ? null : { code: trouble.code, text: trouble.message, hint: trouble.hint },
      takenOver: takeovers.isTakenOver(onlineForMs()),
      connects,
      ...relay.figures(),
    }),
  };
}

function asRoadsideError(error: unknown): RoadsideError {
  if (error instanceof RoadsideError) return error;
  return new RoadsideError('uplink-unreachable', `the uplink failed: ${messageOf(error)}`, {
    hint: 'Report this with the log of the minutes before it; the gateway tries again by itself.',
    cause: error,
  });
}
