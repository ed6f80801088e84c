/** A bus poller in this process, with everything that it claims. */
import { setTimeout as delay } from 'node:timers/promises';
import { createBusPoller } from '../../src/sensors/fieldbus/bus-poller.ts';
import type { BusListener, PolledBus } from '../../src/sensors/fieldbus/polled-bus.ts';
import { wakeByTimer } from '../../src/sensors/fieldbus/sleep.ts';
import type { Observation } from '../../src/traffic/observations/observation.ts';

export interface PollerUnderTest {
  readonly observations: readonly Observation[];
  readonly figures: Readonly<Record<string, number>>;
  readonly state: string;
  /** `sensor code` of each fault that opened, `-sensor code` of each that closed after it was open. */
  faults(): readonly string[];
  /** Rejects when it does not come true. */
  until(isTrue: () => boolean, what: string): Promise<void>;
  counts(loop: string): number;
  stop(): Promise<void>;
}

const WAIT_LIMIT_MS = 20_000;

export function startPoller(
  openBus: (listener: BusListener) => PolledBus,
  silenceAdvice: string | null = 'check the wiring',
): PollerUnderTest {
  const observations: Observation[] = [];
  const poller = createBusPoller({
    bus: 'bus',
    openBus,
    observe: (claims) => observations.push(...claims),
    silenceAdvice,
    wakeAt: wakeByTimer,
  });
  poller.start();
  return {
    observations,
    get figures() {
      return poller.health().figures;
    },
    get state() {
      return poller.health().state;
    },
    faults() {
      const open = new Set<string>();
      return observations.flatMap((it) => {
        if (it.kind !== 'sensor-fault') return [];
        const key = `${it.sensor} ${it.code}`;
        if (it.active) open.add(key);
        else if (!open.delete(key)) return [];
        return [it.active ? key : `-${key}`];
      });
    },
    async until(isTrue, what) {
      const limitMs = performance.now() + WAIT_LIMIT_MS;
      while (!isTrue()) {
        if (performance.now() > limitMs)
          throw new Error(`never: ${what}; ${JSON.stringify(observations.slice(-5))}`);
        await delay(10);
      }
    },
    counts: (loop) => observations.filter((it) => it.kind === 'loop-counters' && it.loop === loop).length,
    stop: () => poller.stop(),
  };
}
