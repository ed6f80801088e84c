/** Modbus units that answer by habit: behind a TCP gateway, on a serial line, or behind a serial device server. */
import { type AddressInfo, createServer, type Socket } from 'node:net';
import { crc16 } from '../../src/sensors/fieldbus/modbus-frames.ts';
import { createSerialOpener } from '../../src/sensors/fieldbus/serial-line.ts';

export interface UnitRequest {
  readonly unit: number;
  readonly functionCode: number;
  /** 1-based. */
  readonly address: number;
  readonly quantity: number;
}

/** A reply body: unit, function, and what follows. */
export interface UnitReply {
  readonly body: Uint8Array;
  readonly afterMs?: number;
  /** Sent as it is, without the framing that would make it a reply. */
  readonly isNoise?: boolean;
}

export type UnitHabit = (request: UnitRequest) => UnitReply | null;

export interface ModbusUnits {
  /** Moments of all requests to a unit, ms. */
  askedAtMs(unit: number): readonly number[];
  close(): Promise<void>;
}

const REQUEST_BYTES = { tcp: 12, rtu: 8 } as const;

/** Every bit and register is 0. */
export const answers: UnitHabit = ({ unit, functionCode, quantity }) => {
  const length = functionCode <= 2 ? Math.ceil(quantity / 8) : quantity * 2;
  return { body: Uint8Array.from([unit, functionCode, length, ...new Uint8Array(length)]) };
};

export const isMute: UnitHabit = () => null;

export const answersLate =
  (afterMs: number): UnitHabit =>
  (request) => ({ ...(answers(request) ?? { body: new Uint8Array() }), afterMs });

export const answersForAnother: UnitHabit = (request) => answers({ ...request, unit: request.unit + 1 });

export const sendsNoise: UnitHabit = ({ unit }) => ({
  body: Uint8Array.from({ length: 20 }, (_, at) => (at * 37 + unit) & 0xff),
  isNoise: true,
});

/** Refuses any read that touches one of these addresses, as an illegal data address. */
export const lacks =
  (...missing: readonly number[]): UnitHabit =>
  (request) => {
    const { unit, functionCode, address, quantity } = request;
    const isRefused = missing.some((at) => at >= address && at < address + quantity);
    return isRefused ? { body: Uint8Array.of(unit, functionCode | 0x80, 2) } : answers(request);
  };

interface Framing {
  readonly requestBytes: number;
  /** Where unit, function, address and quantity begin. */
  readonly at: number;
  frame(request: Buffer, body: Uint8Array): Uint8Array;
}

const TCP: Framing = {
  requestBytes: REQUEST_BYTES.tcp,
  at: 6,
  frame: (request, body) =>
    Uint8Array.from([request[0] ?? 0, request[1] ?? 0, 0, 0, 0, body.length, ...body]),
};
const RTU: Framing = {
  requestBytes: REQUEST_BYTES.rtu,
  at: 0,
  frame(_request, body) {
    const crc = crc16(body, 0, body.length);
    return Uint8Array.from([...body, crc & 0xff, crc >> 8]);
  },
};

function createUnits(habits: ReadonlyMap<number, UnitHabit>, framing: Framing, charMs: number) {
  const asked = new Map<number, number[]>();
  return {
    askedAtMs: (unit: number): readonly number[] => asked.get(unit) ?? [],
    /** Bytes of one connection. */
    listen(write: (bytes: Uint8Array) => void): (bytes: Uint8Array) => void {
      let pending = Buffer.alloc(0);
      return (bytes) => {
        pending = Buffer.concat([pending, bytes]);
        for (; pending.length >= framing.requestBytes; pending = pending.subarray(framing.requestBytes)) {
          const { at } = framing;
          const request: UnitRequest = {
            unit: pending[at] ?? 0,
            functionCode: pending[at + 1] ?? 0,
            address: pending.readUInt16BE(at + 2) + 1,
            quantity: pending.readUInt16BE(at + 4),
          };
          asked.set(request.unit, [...(asked.get(request.unit) ?? []), performance.now()]);
          const reply = habits.get(request.unit)?.(request) ?? null;
          if (reply === null) continue;
          const out = reply.isNoise === true ? reply.body : framing.frame(pending, reply.body);
          const onWireMs = (framing.requestBytes + out.length) * charMs;
          setTimeout(write, Math.ceil(onWireMs + (reply.afterMs ?? 0)), out);
        }
      };
    },
  };
}

type Units = ReturnType<typeof createUnits>;

async function onSockets(units: Units): Promise<ModbusUnits & { readonly port: number }> {
  const sockets = new Set<Socket>();
  const server = createServer((socket) => {
    sockets.add(socket);
    socket.setNoDelay(true);
    socket.on('error', () => undefined);
    socket.on('close', () => sockets.delete(socket));
    socket.on(
      'data',
      units.listen((bytes) => void (socket.destroyed || socket.write(bytes))),
    );
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return {
    askedAtMs: units.askedAtMs,
    port: (server.address() as AddressInfo).port,
    async close() {
      for (const socket of sockets) socket.destroy();
      await new Promise<void>((resolve) => server.close(() => resolve()));
    },
  };
}

export function openUnitsOnTcp(habits: ReadonlyMap<number, UnitHabit>) {
  return onSockets(createUnits(habits, TCP, 0));
}

/** RTU frames on a connection, at the pace of the wire behind the device server; 0 where there is no wire. */
export function openUnitsBehindServer(habits: ReadonlyMap<number, UnitHabit>, baud: number) {
  return onSockets(createUnits(habits, RTU, baud === 0 ? 0 : 10_000 / baud));
}

export async function openUnitsOnSerial(
  habits: ReadonlyMap<number, UnitHabit>,
  port: { readonly path: string; readonly baud: number },
): Promise<ModbusUnits> {
  const units = createUnits(habits, RTU, 10_000 / port.baud);
  let onBytes: (bytes: Uint8Array) => void = () => undefined;
  const line = await createSerialOpener({ ...port, parity: 'none', stopBits: 1 })({
    onClosed: () => undefined,
    onBytes: (bytes) => onBytes(bytes),
  });
  onBytes = units.listen((bytes) => line.write(bytes));
  return { askedAtMs: units.askedAtMs, close: () => line.close() };
}
