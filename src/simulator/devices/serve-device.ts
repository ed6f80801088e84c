/** Puts a simulated device behind a real TCP port, at the end of a real pseudo-terminal, or lets it call a server. */
import { closeSync, constants, openSync, writeSync } from 'node:fs';
import { connect, createServer, type Server, type Socket } from 'node:net';
import { ReadStream } from 'node:tty';
import { assertNever } from '../../base/assert-never.ts';
import { messageOf, RoadsideError } from '../../base/errors.ts';
import type { SimulatedDevice } from './simulated-device.ts';

export type DevicePlace =
  /** On 127.0.0.1; 0 takes a free port. */
  | { readonly kind: 'tcp'; readonly port: number }
  /** It calls 127.0.0.1 on this port, and calls again while nobody is there or when the connection ends. */
  | { readonly kind: 'calling'; readonly port: number }
  /** The device's end of a pseudo-terminal; see cards/pty-pair.ts. */
  | { readonly kind: 'pty'; readonly path: string };

export interface ServedDevice {
  /** Where it can be called; null where it cannot. */
  readonly port: number | null;
  /** What the device says without being asked, to everyone who listens. */
  push(parts: readonly Uint8Array[]): void;
  close(): Promise<void>;
}

const CALL_AGAIN_MS = 200;

/** `nowMs` is the device's own clock. Rejects with RoadsideError `bus-unreachable`; a device that calls does not. */
export async function serveDevice(
  device: SimulatedDevice,
  place: DevicePlace,
  nowMs: () => number,
): Promise<ServedDevice> {
  switch (place.kind) {
    case 'tcp':
      return await serveTcp(device, place.port, nowMs);
    case 'calling':
      return serveCalling(device, place.port, nowMs);
    case 'pty':
      return servePty(device, place.path, nowMs);
    default:
      return assertNever(place);
  }
}

async function serveTcp(device: SimulatedDevice, port: number, nowMs: () => number): Promise<ServedDevice> {
  const peers = new Set<Socket>();
  const server = createServer((peer) => {
    peers.add(peer);
    peer.on('error', () => undefined);
    peer.on('close', () => peers.delete(peer));
    peer.on('data', (bytes) => {
      for (const reply of device.receive(bytes, nowMs())) peer.write(reply);
    });
  });
  await listening(server, port);
  const address = server.address();
  return {
    port: typeof address === 'object' && address !== null ? address.port : null,
    push(parts) {
      for (const peer of peers) for (const part of parts) peer.write(part);
    },
    async close() {
      for (const peer of peers) peer.destroy();
      await new Promise<void>((resolve) => server.close(() => resolve()));
    },
  };
}

function listening(server: Server, port: number): Promise<void> {
  return new Promise((resolve, reject) => {
    server.once('error', (error) => reject(cannotServe(`TCP port ${port}`, error)));
    server.listen(port, '127.0.0.1', resolve);
  });
}

function serveCalling(device: SimulatedDevice, port: number, nowMs: () => number): ServedDevice {
  let peer: Socket | null = null;
  let again: NodeJS.Timeout | undefined;
  let isClosed = false;
  const call = (): void => {
    const calling = connect({ host: '127.0.0.1', port, noDelay: true });
    peer = calling;
    calling.on('error', () => undefined);
    calling.on('close', () => {
      if (!isClosed) again = setTimeout(call, CALL_AGAIN_MS);
    });
    calling.on('data', (bytes) => {
      for (const reply of device.receive(bytes, nowMs())) calling.write(reply);
    });
  };
  call();
  return {
    port: null,
    push(parts) {
      // What it says while nobody hears it is lost, not kept for later.
      if (peer?.readyState === 'open') for (const part of parts) peer.write(part);
    },
    close() {
      isClosed = true;
      clearTimeout(again);
      peer?.destroy();
      return Promise.resolve();
    },
  };
}

function servePty(device: SimulatedDevice, path: string, nowMs: () => number): ServedDevice {
  const { O_NOCTTY, O_NONBLOCK, O_RDWR } = constants;
  const open = (flags: number): number => {
    try {
      return openSync(path, flags);
    } catch (error) {
      throw cannotServe(path, error);
    }
  };
  const input = new ReadStream(open(O_RDWR | O_NOCTTY));
  // Not a stream: Node's write to a terminal holds up the whole process when nobody reads the far end.
  const output = open(O_RDWR | O_NOCTTY | O_NONBLOCK);
  let isClosed = false;
  const say = (parts: readonly Uint8Array[]): void => {
    if (isClosed) return;
    try {
      for (const part of parts) writeSync(output, part);
    } catch {
      // A wire keeps nothing: what nobody reads is lost, and with the cable pulled there is nobody to tell.
    }
  };
  input.on('error', () => undefined);
  input.on('data', (bytes: Uint8Array) => say(device.receive(bytes, nowMs())));
  return {
    port: null,
    push: say,
    async close() {
      if (isClosed) return;
      isClosed = true;
      closeSync(output);
      const ended = input.closed || new Promise<void>((resolve) => input.once('close', () => resolve()));
      input.destroy();
      await ended;
    },
  };
}

function cannotServe(what: string, error: unknown): RoadsideError {
  return new RoadsideError('bus-unreachable', `a simulated device cannot open ${what}: ${messageOf(error)}`, {
    hint: 'Choose a free port, or stop the program that uses it.',
    cause: error,
  });
}
