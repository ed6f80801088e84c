/** A simulated Canoga C900 loop card; layout from IRIS (github mnit-rtmc/iris), comm/canoga. */
import type { SimulatedDevice } from './simulated-device.ts';

export interface CanogaDevice extends SimulatedDevice {
  /** `channel` from 1 to 4. The card keeps a vehicle when it has left. */
  setOccupied(channel: number, occupied: boolean, atMs: number): void;
  /** Power off and on: counts and clock begin at 0. */
  reset(atMs: number): void;
}

export interface CanogaDevicePlan {
  readonly address: number;
  /** When it was powered up; its clock counts from there. Default 0. */
  readonly poweredUpAtMs?: number;
}

interface Channel {
  occupiedSinceMs: number | null;
  durationMs: number;
  startMs: number;
  count: number;
}

const CHANNELS = 4;
const QUERY_BYTES = 8;

export function createCanogaDevice({ address, poweredUpAtMs = 0 }: CanogaDevicePlan): CanogaDevice {
  const fresh = (): Channel => ({ occupiedSinceMs: null, durationMs: 0, startMs: 0, count: 0 });
  let channels = Array.from({ length: CHANNELS }, fresh);
  let zeroMs = poweredUpAtMs;
  let held: number[] = [];

  const reply = (): Uint8Array => {
    const body = channels.flatMap(({ durationMs, startMs, count }) => [
      ...bigEndian(durationMs, 3),
      ...bigEndian(startMs, 4),
      count,
      0,
    ]);
    return Uint8Array.from([...body, body.reduce((xor, byte) => xor ^ byte, 0)]);
  };

  return {
    receive(bytes) {
      const replies: Uint8Array[] = [];
      for (const byte of bytes) {
        held = [...held, byte].slice(-QUERY_BYTES);
        if (!isQuery(held, address)) continue;
        held = [];
        replies.push(reply());
      }
      return replies;
    },
    setOccupied(channel, occupied, atMs) {
      const state = channels[channel - 1];
      if (state === undefined) throw new RangeError(`a Canoga card has ${CHANNELS} channels, not ${channel}`);
      if (occupied) state.occupiedSinceMs ??= atMs;
      if (occupied || state.occupiedSinceMs === null) return;
      state.startMs = (((state.occupiedSinceMs - zeroMs) % 2 ** 32) + 2 ** 32) % 2 ** 32;
      state.durationMs = Math.min(atMs - state.occupiedSinceMs, 0xff_ffff);
      state.count = (state.count + 1) % 256;
      state.occupiedSinceMs = null;
    },
    reset(atMs) {
      channels = Array.from({ length: CHANNELS }, fresh);
      zeroMs = atMs;
    },
  };
}

function isQuery(bytes: readonly number[], address: number): boolean {
  const text = String.fromCharCode(...bytes);
  const xor = bytes.slice(0, 5).reduce((sum, byte) => sum ^ byte, 0);
  const sum = xor.toString(16).toUpperCase().padStart(2, '0');
  return text === `<08${String.fromCharCode(address)}*${sum}>`;
}

function bigEndian(value: number, bytes: number): number[] {
  return Array.from({ length: bytes }, (_, index) => Math.floor(value / 256 ** (bytes - 1 - index)) % 256);
}
