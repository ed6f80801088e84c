import type { LoopEvidence } from '../../traffic/site-definition.ts';
import type { LoopDriver } from '../schema/driver.ts';
import type { Meaning, ModbusDriver } from '../schema/modbus-driver.ts';
import type { Device } from '../schema/site.ts';
import { channelsOf, slowPollMs } from './reads.ts';

/** Presence read this often tells a car at 60 km/h apart from nothing several times over. */
const MODBUS_POLL_MS = 50;

/** How often a device is asked: what the site file says, else what suits its driver. */
export function pollMsOf(device: Pick<Device, 'pollMs'>, driver: LoopDriver): number {
  if (device.pollMs !== undefined) return device.pollMs;
  return driver.protocol === 'frames' ? driver.pollMs.default : MODBUS_POLL_MS;
}

interface Channel {
  readonly driver: LoopDriver;
  /** Counted from 0. */
  readonly channel: number;
  readonly pollMs: number;
}

/** What the device can tell about the loop on one of its channels. */
export function evidenceOf({ driver, channel, pollMs }: Channel): LoopEvidence {
  if (driver.protocol === 'frames') {
    const { tells } = driver;
    return tells.kind === 'polled-edges' ? { ...tells, pollMs } : tells;
  }
  if (!has(driver, { means: 'loop-occupied', channel })) return { kind: 'counts' };
  const accumulatesOccupancy = has(driver, { means: 'occupied-time', channel });
  return { kind: 'polled-edges', pollMs, accumulatesOccupancy };
}

/** How late the last word about a moment may come: one whole period after it, and after a reply in its last instant. */
export function latencyMsOf({ driver, channel, pollMs }: Channel): number {
  const { responseTimeoutMs } = driver.bus;
  if (driver.protocol === 'frames') {
    const { tells } = driver;
    return (tells.kind === 'intervals' ? tells.periodS * 1000 : 0) + pollMs + responseTimeoutMs;
  }
  const counts =
    has(driver, { means: 'vehicle-count', channel }) || has(driver, { means: 'occupied-time', channel });
  return (counts ? slowPollMs(pollMs) : pollMs) + responseTimeoutMs;
}

function has(driver: ModbusDriver, wanted: { readonly means: Meaning; readonly channel: number }): boolean {
  return driver.signals.some(
    (signal) => signal.means === wanted.means && wanted.channel < channelsOf(signal, driver),
  );
}
