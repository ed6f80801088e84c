/** Devices with frame protocols on one line: a serial port, or a connection to what may be a device server. */
import type { FrameBusPlan, FrameDevicePlan } from '../contract.ts';
import type { DeviceSession } from '../loops/device-session.ts';
import type { Line, OpenLine } from './line.ts';
import { createLineKeeper } from './line-keeper.ts';
import { createLineSilence } from './line-silence.ts';
import type { AskOutcome, BusListener, PolledBus, PolledDevice } from './polled-bus.ts';
import { charTimeMs } from './rtu-timing.ts';
import { createSerialOpener } from './serial-line.ts';
import { createSessionPort, type SessionPort } from './session-port.ts';
import { createTcpOpener } from './tcp-line.ts';

/** Between a reply and the next request: what RTU asks for, so that transmitters have switched off. */
const PAUSE_CHARACTERS = 3.5;

export type CreateSession = (plan: FrameDevicePlan) => DeviceSession;

interface FrameDevice {
  readonly plan: FrameDevicePlan;
  readonly session: DeviceSession;
  readonly port: SessionPort;
  /** Whether bytes may be for it though it was not asked. */
  readonly listensAlways: boolean;
}

/** Opens the line at once. Throws RoadsideError `config-invalid` for a plan that a codec cannot mean. */
export function openFrameBus(
  plan: Exclude<FrameBusPlan, { protocol: 'tcp-frames-server' }>,
  options: { readonly listener: BusListener; readonly createSession: CreateSession },
): PolledBus {
  const { listener } = options;
  const isSerial = plan.protocol === 'serial-frames';
  const charMs = isSerial ? charTimeMs(plan) : 0;
  const pauseMs = PAUSE_CHARACTERS * charMs;
  const silence = createLineSilence(pauseMs);
  const figures = { timeouts: 0, corruptReplies: 0 };
  const devices = plan.devices.map((device, index): FrameDevice => {
    const session = options.createSession(device);
    const port = createSessionPort({
      session,
      responseTimeoutMs: device.responseTimeoutMs,
      charMs,
      observe: listener.observe,
      onPushed: (ask) => listener.onPushed({ device: index, ask }),
      onStrayDamage: () => {
        figures.corruptReplies += 1;
      },
    });
    // Some devices tell single vehicles between what they are asked, which no exchange announces.
    const listensAlways = plan.devices.length === 1 || session.exchanges.some(({ pushed }) => pushed);
    return { plan: device, session, port, listensAlways };
  });
  const open: OpenLine = plan.protocol === 'serial-frames' ? createSerialOpener(plan) : createTcpOpener(plan);
  const keeper = createLineKeeper<Line>({
    open,
    medium: isSerial ? 'serial' : 'tcp',
    onBytes(bytes) {
      silence.broken();
      const { line } = keeper;
      if (line === null) return;
      for (const { port, listensAlways } of devices) {
        if (port.isAsked || listensAlways) port.receive(bytes, line);
      }
    },
    onChange(change) {
      if (change.kind !== 'open') for (const { port } of devices) port.lose();
      listener.onLineChange(change);
    },
  });
  const speaksUnasked = devices.some(({ session }) => session.exchanges.some(({ pushed }) => pushed));

  const ask = async (device: FrameDevice, exchange: number): Promise<AskOutcome> => {
    const isSilent = speaksUnasked || (await silence.await(() => keeper.line === null));
    const { line } = keeper;
    if (line === null) return { kind: 'closed' };
    if (!isSilent) {
      figures.corruptReplies += 1;
      return { kind: 'corrupt', why: 'the line is never silent' };
    }
    silence.need(pauseMs);
    const outcome = await device.port.ask(exchange, line);
    silence.broken();
    if (outcome.kind === 'timeout') {
      figures.timeouts += 1;
      keeper.timedOut();
    }
    if (outcome.kind === 'corrupt') figures.corruptReplies += 1;
    // A late reply must neither collide with the next request nor pass for its answer.
    if (outcome.kind === 'timeout' || outcome.kind === 'corrupt') silence.need(device.plan.responseTimeoutMs);
    return outcome;
  };

  return {
    devices: devices.map(
      (device): PolledDevice => ({
        id: device.plan.id,
        responseTimeoutMs: device.plan.responseTimeoutMs,
        turnaroundMs: device.plan.turnaroundMs,
        asks: device.session.exchanges,
        ask: (exchange) => ask(device, exchange),
      }),
    ),
    get isOpen() {
      return keeper.line !== null;
    },
    get figures() {
      const discardedBytes = devices.reduce((sum, { session }) => sum + session.discardedBytes, 0);
      return { ...figures, discardedBytes };
    },
    async close() {
      for (const { port } of devices) port.lose();
      await keeper.close();
    },
  };
}
