/** What the fieldbus process is told to poll: devices of 32 discrete inputs with a loop on each. */
import type { BusPlan, DevicePlan, FieldbusConfiguration } from '../../../src/sensors/contract.ts';

export const INPUTS = 32;

export interface PollingTask {
  readonly line:
    | { readonly kind: 'tcp'; readonly port: number }
    | { readonly kind: 'rtu'; readonly path: string; readonly baud: number };
  readonly units: readonly number[];
  readonly everyMs: number;
  readonly realTime: boolean;
}

export function planOf({ line, units, everyMs, realTime }: PollingTask): FieldbusConfiguration {
  return {
    kind: 'fieldbus',
    realTime,
    buses: [
      busOf(
        line,
        units.map((unit) => deviceOf(unit, everyMs)),
      ),
    ],
  };
}

export function deviceOf(unit: number, everyMs: number): DevicePlan {
  const signals = Array.from({ length: INPUTS }, (_, offset) => ({
    means: 'loop-occupied' as const,
    offset,
    loop: `loop-${unit}-${offset + 1}`,
    invert: false,
  }));
  return {
    id: `card-${unit}`,
    unit,
    responseTimeoutMs: 500,
    turnaroundMs: 0,
    reads: [{ table: 'discrete-input', address: 1, quantity: INPUTS, everyMs, signals }],
  };
}

function busOf(line: PollingTask['line'], devices: DevicePlan[]): BusPlan {
  if (line.kind === 'tcp') {
    return { protocol: 'modbus-tcp', id: 'lan', host: '127.0.0.1', port: line.port, devices };
  }
  const { path, baud } = line;
  return { protocol: 'modbus-rtu', id: 'rs485', path, baud, parity: 'even', stopBits: 1, devices };
}
