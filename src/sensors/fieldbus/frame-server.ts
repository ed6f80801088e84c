/**
 * Devices that connect to us. Nobody knows who a connection is before a whole frame says so: until then its
 * bytes are tried on a session of each device, and then given from the first byte to the device's own.
 */
import { monotonicMs } from '../../base/clock.ts';
import type { FrameBusPlan } from '../contract.ts';
import type { DeviceSession } from '../loops/device-session.ts';
import { createDeadline } from './deadline.ts';
import type { CreateSession } from './frame-bus.ts';
import type { Line, LineListener } from './line.ts';
import { createLineKeeper } from './line-keeper.ts';
import type { AskOutcome, BusListener, PolledBus, PolledDevice } from './polled-bus.ts';
import { createSessionPort, moment } from './session-port.ts';
import { createListenOpener, type ListeningPort } from './tcp-listener.ts';

/** Connections at most: two for each device, which may dial in anew before the old one is known to be gone. */
export const CONNECTIONS_PER_DEVICE = 2;
export const FRAME_SERVER_LIMITS = {
  /** Who has not been recognised after so long, or so much, is nobody of ours. */
  unknownMs: 60_000,
  unknownBytes: 65_536,
  /** A connection without a byte for so long is given up, or for three periods of the slowest exchange. */
  idleMs: 60_000,
  sweepEveryMs: 5000,
} as const;
export type FrameServerLimits = { readonly [K in keyof typeof FRAME_SERVER_LIMITS]: number };

const NOT_CONNECTED: AskOutcome = {
  kind: 'timeout',
  why: 'has not connected; check its power, network, and the server address in its settings',
};

interface Connection {
  readonly line: Line;
  readonly openedAtMs: number;
  heardAtMs: number;
  /** Index of the device it belongs to; null while it is unknown. */
  device: number | null;
  /** One for each device, while it is unknown. */
  trials: readonly DeviceSession[];
  /** What came while it was unknown. */
  held: Uint8Array[];
}

export function openFrameServer(
  plan: Extract<FrameBusPlan, { protocol: 'tcp-frames-server' }>,
  options: {
    readonly listener: BusListener;
    readonly createSession: CreateSession;
    /** For tests. */
    readonly limits?: Partial<FrameServerLimits>;
  },
): PolledBus {
  const { listener, createSession } = options;
  const limits: FrameServerLimits = { ...FRAME_SERVER_LIMITS, ...options.limits };
  const figures = { timeouts: 0, corruptReplies: 0, unknownPeers: 0 };
  const connections = new Set<Connection>();
  const devices = plan.devices.map((device, index) => {
    const session = createSession(device);
    const port = createSessionPort({
      session,
      responseTimeoutMs: device.responseTimeoutMs,
      charMs: 0,
      observe: listener.observe,
      onPushed: (ask) => listener.onPushed({ device: index, ask }),
      onStrayDamage: () => {
        figures.corruptReplies += 1;
      },
    });
    const slowestMs = Math.max(...session.exchanges.map(({ everyMs }) => everyMs));
    return { plan: device, session, port, idleLimitMs: Math.max(limits.idleMs, 3 * slowestMs) };
  });
  /** A device that is asked for on every unknown connection. */
  let search: { readonly device: number; readonly settle: (outcome: AskOutcome) => void } | null = null;

  const connectionOf = (device: number): Connection | undefined =>
    [...connections].find((connection) => connection.device === device);
  const unknown = (): readonly Connection[] => [...connections].filter(({ device }) => device === null);
  const forget = (connection: Connection): void => {
    connections.delete(connection);
    if (connection.device === null) figures.unknownPeers += 1;
    else devices[connection.device]?.port.lose();
  };
  const hangUp = (connection: Connection): void => {
    forget(connection);
    void connection.line.close();
  };
  const settleSearch = (outcome: AskOutcome): void => {
    const ended = search;
    search = null;
    searchDeadline.clear();
    ended?.settle(outcome);
  };
  const searchDeadline = createDeadline(() => {
    if (search === null) return;
    for (const { trials } of unknown()) trials[search.device]?.interrupt('timeout');
    settleSearch({ kind: 'timeout', why: 'nobody who is connected answers for it; check its number' });
  });
  const bind = (connection: Connection, device: number): void => {
    const previous = connectionOf(device);
    if (previous !== undefined) hangUp(previous);
    const { held } = connection;
    Object.assign(connection, { device, trials: [], held: [] });
    for (const bytes of held) devices[device]?.port.receive(bytes, connection.line);
    listener.onConnected(device);
    // It is here, and its own session has not been asked yet.
    if (search?.device === device) settleSearch({ kind: 'unfinished' });
  };
  const tryOn = (connection: Connection, bytes: Uint8Array): void => {
    connection.held.push(bytes.slice());
    const device = connection.trials.findIndex((trial) =>
      trial.receive(bytes, moment()).some((said) => said.kind !== 'corrupt'),
    );
    if (device >= 0) bind(connection, device);
    else if (sizeOf(connection.held) > limits.unknownBytes) hangUp(connection);
  };
  const accept = (line: Line): LineListener => {
    const nowMs = monotonicMs();
    const trials = plan.devices.map(createSession);
    const connection: Connection = {
      line,
      openedAtMs: nowMs,
      heardAtMs: nowMs,
      device: null,
      trials,
      held: [],
    };
    const [oldest] = unknown();
    if (connections.size >= CONNECTIONS_PER_DEVICE * devices.length && oldest !== undefined) hangUp(oldest);
    connections.add(connection);
    // Whoever is missing may be this one, waiting to be asked.
    devices.forEach((_, index) => {
      if (connectionOf(index) === undefined) listener.onConnected(index);
    });
    return {
      onBytes(bytes) {
        connection.heardAtMs = monotonicMs();
        if (connection.device === null) tryOn(connection, bytes);
        else devices[connection.device]?.port.receive(bytes, line);
      },
      onClosed: () => {
        if (connections.has(connection)) forget(connection);
      },
    };
  };
  const sweep = setInterval(() => {
    const nowMs = monotonicMs();
    for (const connection of [...connections]) {
      const limitMs = connection.device === null ? null : (devices[connection.device]?.idleLimitMs ?? 0);
      const isOver =
        limitMs === null
          ? nowMs - connection.openedAtMs > limits.unknownMs
          : nowMs - connection.heardAtMs > limitMs;
      if (isOver) hangUp(connection);
    }
  }, limits.sweepEveryMs);
  const keeper = createLineKeeper<ListeningPort>({
    open: createListenOpener(plan, accept),
    medium: 'tcp',
    onBytes: () => undefined,
    onChange: (change) => listener.onLineChange(change),
  });

  const lookFor = (device: number, exchange: number): Promise<AskOutcome> => {
    const peers = unknown();
    if (peers.length === 0) return Promise.resolve(NOT_CONNECTED);
    return new Promise((resolve) => {
      search = { device, settle: resolve };
      searchDeadline.set(monotonicMs() + (plan.devices[device]?.responseTimeoutMs ?? 0));
      for (const { line, trials } of peers) {
        const bytes = trials[device]?.ask(exchange, moment());
        if (bytes !== undefined) line.write(bytes);
      }
    });
  };
  const ask = async (device: number, exchange: number): Promise<AskOutcome> => {
    if (keeper.line === null) return { kind: 'closed' };
    const connection = connectionOf(device);
    const port = devices[device]?.port;
    if (connection === undefined || port === undefined) return lookFor(device, exchange);
    const outcome = await port.ask(exchange, connection.line);
    if (outcome.kind === 'timeout') figures.timeouts += 1;
    if (outcome.kind === 'corrupt') figures.corruptReplies += 1;
    // Its own connection is the device's affair: the port is open.
    if (outcome.kind === 'closed' && keeper.line !== null) return { kind: 'timeout', why: 'has hung up' };
    return outcome;
  };

  return {
    devices: devices.map(
      ({ plan: { id, responseTimeoutMs, turnaroundMs }, session }, index): PolledDevice => ({
        id,
        responseTimeoutMs,
        turnaroundMs,
        asks: session.exchanges,
        ask: (exchange) => ask(index, exchange),
      }),
    ),
    get isOpen() {
      return keeper.line !== null;
    },
    get figures() {
      const discardedBytes = devices.reduce((sum, { session }) => sum + session.discardedBytes, 0);
      return { ...figures, discardedBytes, connections: connections.size };
    },
    async close() {
      clearInterval(sweep);
      const closing = keeper.close();
      for (const connection of [...connections]) hangUp(connection);
      settleSearch({ kind: 'closed' });
      await closing;
    },
  };
}

function sizeOf(chunks: readonly Uint8Array[]): number {
  return chunks.reduce((sum, chunk) => sum + chunk.length, 0);
}
