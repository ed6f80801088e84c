/** Devices with frame protocols that connect to us, each on a connection of its own. */
import { monotonicMs } from '../../base/clock.ts';
import type { FrameBusPlan } from '../contract.ts';
import { createDeadline } from './deadline.ts';
import type { CreateSession } from './frame-bus.ts';
import { createFramePeers, FRAME_SERVER_LIMITS, type FrameServerLimits } from './frame-peers.ts';
import { createLineKeeper } from './line-keeper.ts';
import type { AskOutcome, BusListener, PolledBus, PolledDevice } from './polled-bus.ts';
import { createSessionPort } from './session-port.ts';
import { createListenOpener, type ListeningPort } from './tcp-listener.ts';

const NOT_CONNECTED: AskOutcome = {
  kind: 'timeout',
  why: 'has not connected; check its power, network, and the server address in its settings',
};

export type FrameServerPlan = Extract<FrameBusPlan, { protocol: 'tcp-frames-server' }>;

/** Listens at once. Throws RoadsideError `config-invalid` for a plan that a codec cannot mean. */
export function openFrameServer(
  plan: FrameServerPlan,
  options: {
    readonly listener: BusListener;
    readonly createSession: CreateSession;
    /** For tests. */
    readonly limits?: Partial<FrameServerLimits>;
  },
): PolledBus {
  const { listener, createSession } = options;
  const figures = { timeouts: 0, corruptReplies: 0 };
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
    return { plan: device, session, port };
  });
  /** A device that is being asked for on every unknown connection. */
  let search: { readonly device: number; readonly settle: (outcome: AskOutcome) => void } | null = null;

  const settleSearch = (outcome: AskOutcome): void => {
    const ended = search;
    search = null;
    searchDeadline.clear();
    ended?.settle(outcome);
  };
  const searchDeadline = createDeadline(() => {
    if (search !== null) peers.interruptUnknown(search.device);
    settleSearch({ kind: 'timeout', why: 'nobody who is connected answers for it; check its number' });
  });
  const peers = createFramePeers({
    slowestMs: devices.map(({ session }) => Math.max(...session.exchanges.map(({ everyMs }) => everyMs))),
    createTrials: () => plan.devices.map(createSession),
    limits: { ...FRAME_SERVER_LIMITS, ...options.limits },
    onBytes: (device, bytes, line) => devices[device]?.port.receive(bytes, line),
    onRecognised(device) {
      listener.onConnected(device);
      // It is here, and its own session has not been asked yet.
      if (search?.device === device) settleSearch({ kind: 'unfinished' });
    },
    onLost: (device) => devices[device]?.port.lose(),
  });
  const keeper = createLineKeeper<ListeningPort>({
    open: createListenOpener(plan, (line) => {
      const accepted = peers.accept(line);
      // Whoever is missing may be this one, waiting to be asked.
      devices.forEach((_, index) => {
        if (peers.lineOf(index) === null) listener.onConnected(index);
      });
      return accepted;
    }),
    medium: 'tcp',
    onBytes: () => undefined,
    onChange: (change) => listener.onLineChange(change),
  });

  const lookFor = (device: number, exchange: number): Promise<AskOutcome> =>
    new Promise((resolve) => {
      search = { device, settle: resolve };
      searchDeadline.set(monotonicMs() + (plan.devices[device]?.responseTimeoutMs ?? 0));
      if (peers.askUnknown(device, exchange) === 0) settleSearch(NOT_CONNECTED);
    });
  const ask = async (device: number, exchange: number): Promise<AskOutcome> => {
    if (keeper.line === null) return { kind: 'closed' };
    const line = peers.lineOf(device);
    const port = devices[device]?.port;
    if (line === null || port === undefined) return lookFor(device, exchange);
    const outcome = await port.ask(exchange, line);
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
      return { ...figures, discardedBytes, connections: peers.size, unknownPeers: peers.strangers };
    },
    async close() {
      const closing = keeper.close();
      peers.close();
      settleSearch({ kind: 'closed' });
      await closing;
    },
  };
}
