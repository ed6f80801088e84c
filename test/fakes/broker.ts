import { connect } from 'node:net';
import type { UplinkSettings } from '../../src/uplink/settings.ts';

/** A broker that tests can stop and start again at the same address. */
export interface TestBroker {
  readonly port: number;
  readonly url: string;
  /** The version of MQTT that it speaks with the uplink. */
  readonly protocol: 5 | 4;
  start(): Promise<void>;
  /** Ends it; sessions and what is queued for subscribers survive until the next start. */
  stop(): Promise<void>;
  /** Ends it for good. */
  dispose(): Promise<void>;
}

/** Resolves when something listens on the port. */
export async function untilListening(port: number): Promise<void> {
  for (;;) {
    const listening = await new Promise<boolean>((resolve) => {
      const socket = connect(port, '127.0.0.1', () => resolve(true));
      socket.once('error', () => resolve(false));
      socket.once('connect', () => socket.destroy());
    });
    if (listening) return;
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
}

/** Resolves when `condition` holds; asks often, and leaves the deadline to the test. */
export async function until(condition: () => boolean): Promise<void> {
  while (!condition()) await new Promise((resolve) => setTimeout(resolve, 10));
}

/** Settings for a broker on this machine: quick to reconnect, otherwise as in service. */
export function localSettings(url: string, changes: Partial<UplinkSettings> = {}): UplinkSettings {
  return {
    url,
    keepaliveS: 15,
    window: 20,
    ackDeadlineMs: 10_000,
    reconnectMinMs: 20,
    reconnectMaxMs: 100,
    liveWithinMs: 30_000,
    backfillPerS: 100_000,
    backfillDelayMaxMs: 0,
    ...changes,
  };
}
