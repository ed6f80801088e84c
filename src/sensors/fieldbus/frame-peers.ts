/**
 * Connections of devices that dial in. Nobody knows who a connection is before a whole frame says so: until then
 * its bytes are tried on a session of each device, and then handed from the first byte to the device's own.
 */
import { monotonicMs } from '../../base/clock.ts';
import type { DeviceSession } from '../loops/device-session.ts';
import type { Line, LineListener } from './line.ts';
import { moment } from './session-port.ts';

/** A device may dial in anew before its old connection is known to be gone. */
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

export interface FramePeers {
  readonly size: number;
  /** Connections that ended without being recognised. */
  readonly strangers: number;
  accept(line: Line): LineListener;
  lineOf(device: number): Line | null;
  /** Asks for a device on every connection that nobody has been recognised on; how many there were. */
  askUnknown(device: number, exchange: number): number;
  /** What was asked on them is not answered any more. */
  interruptUnknown(device: number): void;
  close(): void;
}

export interface FramePeersOptions {
  /** How long each device may be silent at most, by its slowest exchange. */
  readonly slowestMs: readonly number[];
  readonly createTrials: () => readonly DeviceSession[];
  readonly limits: FrameServerLimits;
  readonly onBytes: (device: number, bytes: Uint8Array, line: Line) => void;
  readonly onRecognised: (device: number) => void;
  readonly onLost: (device: number) => void;
}

interface Peer {
  readonly line: Line;
  readonly openedAtMs: number;
  heardAtMs: number;
  /** Null while it is unknown. */
  device: number | null;
  /** One for each device, while it is unknown. */
  trials: readonly DeviceSession[];
  /** What came while it was unknown. */
  held: Uint8Array[];
  heldBytes: number;
}

export function createFramePeers(options: FramePeersOptions): FramePeers {
  const { limits, slowestMs } = options;
  const peers = new Set<Peer>();
  let strangers = 0;

  const unknown = (): readonly Peer[] => [...peers].filter(({ device }) => device === null);
  const peerOf = (device: number): Peer | undefined => [...peers].find((peer) => peer.device === device);
  const forget = (peer: Peer): void => {
    if (!peers.delete(peer)) return;
    if (peer.device === null) strangers += 1;
    else options.onLost(peer.device);
  };
  const hangUp = (peer: Peer): void => {
    forget(peer);
    void peer.line.close();
  };
  const recognise = (peer: Peer, device: number): void => {
    const previous = peerOf(device);
    if (previous !== undefined) hangUp(previous);
    const { held } = peer;
    Object.assign(peer, { device, trials: [], held: [], heldBytes: 0 });
    for (const bytes of held) options.onBytes(device, bytes, peer.line);
    options.onRecognised(device);
  };
  const tryOn = (peer: Peer, bytes: Uint8Array): void => {
    peer.held.push(bytes.slice());
    peer.heldBytes += bytes.length;
    const device = peer.trials.findIndex((trial) =>
      trial.receive(bytes, moment()).some((said) => said.kind !== 'corrupt'),
    );
    if (device >= 0) recognise(peer, device);
    else if (peer.heldBytes > limits.unknownBytes) hangUp(peer);
  };
  const isOver = (peer: Peer, nowMs: number): boolean => {
    if (peer.device === null) return nowMs - peer.openedAtMs > limits.unknownMs;
    return nowMs - peer.heardAtMs > Math.max(limits.idleMs, 3 * (slowestMs[peer.device] ?? 0));
  };
  const sweep = setInterval(() => {
    const nowMs = monotonicMs();
    for (const peer of [...peers]) if (isOver(peer, nowMs)) hangUp(peer);
  }, limits.sweepEveryMs);

  return {
    get size() {
      return peers.size;
    },
    get strangers() {
      return strangers;
    },
    accept(line) {
      const nowMs = monotonicMs();
      const trials = options.createTrials();
      const opened = { line, openedAtMs: nowMs, heardAtMs: nowMs };
      const peer: Peer = { ...opened, device: null, trials, held: [], heldBytes: 0 };
      const [oldest] = unknown();
      if (peers.size >= CONNECTIONS_PER_DEVICE * slowestMs.length && oldest !== undefined) hangUp(oldest);
      peers.add(peer);
      return {
        onBytes(bytes) {
          peer.heardAtMs = monotonicMs();
          if (peer.device === null) tryOn(peer, bytes);
          else options.onBytes(peer.device, bytes, line);
        },
        onClosed: () => forget(peer),
      };
    },
    lineOf: (device) => peerOf(device)?.line ?? null,
    askUnknown(device, exchange) {
      const asked = unknown();
      for (const { line, trials } of asked) {
        const bytes = trials[device]?.ask(exchange, moment());
        if (bytes !== undefined) line.write(bytes);
      }
      return asked.length;
    },
    interruptUnknown(device) {
      for (const { trials } of unknown()) trials[device]?.interrupt('timeout');
    },
    close() {
      clearInterval(sweep);
      for (const peer of [...peers]) hangUp(peer);
    },
  };
}
