/** Puts a simulated device behind a real TCP port or at the end of a real pseudo-terminal. */
import { constants, openSync } from 'node:fs';
import { createServer, type Server, type Socket } from 'node:net';
import { ReadStream, WriteStream } from 'node:tty';
import { messageOf, RoadsideError } from '../../base/errors.ts';
import type { SimulatedDevice } from './simulated-device.ts';

export type DevicePlace =
  /** On 127.0.0.1; 0 takes a free port. */
  | { readonly kind: 'tcp'; readonly port: number }
  /** The device's end of a pseudo-terminal; see cards/pty-pair.ts. */
  | { readonly kind: 'pty'; readonly path: string };

export interface ServedDevice {
  /** Null on a pseudo-terminal. */
  readonly port: number | null;
  /** What the device says without being asked, to everyone who listens. */
  push(parts: readonly Uint8Array[]): void;
  close(): Promise<void>;
}

/** `nowMs` is the device's own clock. Rejects with RoadsideError `bus-unreachable`. */
export async function serveDevice(
  device: SimulatedDevice,
  place: DevicePlace,
  nowMs: () => number,
): Promise<ServedDevice> {
  return place.kind === 'tcp'
    ? await serveTcp(device, place.port, nowMs)
    : servePty(device, place.path, nowMs);
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

function servePty(device: SimulatedDevice, path: string, nowMs: () => number): ServedDevice {
  const open = (): number => {
    try {
      return openSync(path, constants.O_RDWR | constants.O_NOCTTY);
    } catch (error) {
      throw cannotServe(path, error);
    }
  };
  const input = new ReadStream(open());
  const output = new WriteStream(open());
  // When the cable is pulled there is nobody left to tell.
  for (const end of [input, output]) end.on('error', () => undefined);
  input.on('data', (bytes: Uint8Array) => {
    for (const reply of device.receive(bytes, nowMs())) output.write(reply);
  });
  return {
    port: null,
    push(parts) {
      for (const part of parts) output.write(part);
    },
    async close() {
      const ends = [input, output].map(
        (end) =>
          new Promise<void>((resolve) => (end.closed ? resolve() : end.once('close', () => resolve()))),
      );
      input.destroy();
      output.destroy();
      await Promise.all(ends);
    },
  };
}

function cannotServe(what: string, error: unknown): RoadsideError {
  return new RoadsideError('bus-unreachable', `a simulated device cannot open ${what}: ${messageOf(error)}`, {
    hint: 'Choose a free port, or stop the program that uses it.',
    cause: error,
  });
}
