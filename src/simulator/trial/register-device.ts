/** A Modbus TCP server that answers what it was given and nothing else. */
import { type IServiceVector, ServerTCP } from 'modbus-serial';
import { RoadsideError } from '../../base/errors.ts';
import { freeTcpPort } from '../free-tcp-port.ts';
import type { SimulatedPeer } from './simulated-peer.ts';

type Table = 'coil' | 'discrete-input' | 'holding-register' | 'input-register';

/** Values by `table@address`, the address 1-based and that of the first value. */
export type GivenRegisters = Readonly<Record<string, readonly number[]>>;

export async function openRegisterDevice(given: GivenRegisters): Promise<SimulatedPeer> {
  const port = await freeTcpPort();
  const server = new ServerTCP(serviceVector(valuesOf(given)), { host: '127.0.0.1', port });
  server.on('socketError', () => undefined);
  await new Promise<void>((resolve, reject) => {
    server.on('initialized', () => resolve());
    server.on('serverError', (error) => reject(cannotListen(port, error)));
  });
  return { port, close: () => new Promise((resolve) => server.close(() => resolve())) };
}

function valuesOf(given: GivenRegisters): ReadonlyMap<string, number> {
  return new Map(
    Object.entries(given).flatMap(([place, values]) => {
      const [table = '', address = ''] = place.split('@');
      return values.map((value, index) => [`${table}@${Number(address) + index}`, value] as const);
    }),
  );
}

/** An address that was not given is refused, with Modbus exception 2. */
function serviceVector(values: ReadonlyMap<string, number>): IServiceVector {
  const answer =
    <T>(table: Table, convert: (value: number) => T) =>
    (address: number, _unit: number, reply: (error: Error | null, value: T) => void): void => {
      const value = values.get(`${table}@${address + 1}`);
      if (value === undefined) reply(illegalAddress(), convert(0));
      else reply(null, convert(value));
    };
  return {
    getCoil: answer('coil', Boolean),
    getDiscreteInput: answer('discrete-input', Boolean),
    getHoldingRegister: answer('holding-register', Number),
    getInputRegister: answer('input-register', Number),
  };
}

function illegalAddress(): Error {
  return Object.assign(new Error('illegal data address'), { modbusErrorCode: 2 });
}

function cannotListen(port: number, error: Error | null): RoadsideError {
  return new RoadsideError(
    'bus-unreachable',
    `the simulated device cannot open TCP port ${port}: ${error?.message ?? ''}`,
    { hint: 'Run it again: another program took the port a moment ago.' },
  );
}
