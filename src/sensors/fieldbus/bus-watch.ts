/** The devices of one bus as they are watched: what they say by themselves, and how many readings came. */
import type { SensorSampling } from '../../traffic/observations/observation.ts';
import { createDeviceWatch, type DeviceWatch } from './device-watch.ts';
import type { AskPlace, PolledDevice } from './polled-bus.ts';
import { createPushedWatch } from './pushed-watch.ts';

export interface BusWatch {
  readonly watches: readonly DeviceWatch[];
  arrived(place: AskPlace, nowMs: number): void;
  /** The line was away: nothing could come. */
  restartPushed(nowMs: number): void;
  /** What should have been said since the last call and was not, one for each time. */
  missedUntil(nowMs: number): readonly AskPlace[];
  sample(at: {
    readonly nowMs: number;
    readonly lineIsDown: boolean;
    /** Slots of an asked ask that are over. */
    readonly slotsDone: (place: AskPlace) => number;
    readonly isPaused: (device: number) => boolean;
  }): readonly SensorSampling[];
}

export function createBusWatch(devices: readonly PolledDevice[], startMs: number): BusWatch {
  const watches = devices.map(({ id, asks }) =>
    createDeviceWatch({
      device: id,
      countsAsReading: asks.map((ask) => ask.countsAsReading),
      startMs,
    }),
  );
  const pushed = devices.flatMap(({ asks }, device) =>
    asks.flatMap((ask, index) =>
      ask.pushed ? [{ place: { device, ask: index }, watch: createPushedWatch(ask.everyMs, startMs) }] : [],
    ),
  );
  const pushedAt = (place: AskPlace) =>
    pushed.find((it) => it.place.device === place.device && it.place.ask === place.ask)?.watch;

  return {
    watches,
    arrived: (place, nowMs) => pushedAt(place)?.arrived(nowMs),
    restartPushed(nowMs) {
      for (const { watch } of pushed) watch.restart(nowMs);
    },
    missedUntil: (nowMs) =>
      pushed.flatMap(({ place, watch }) => Array<AskPlace>(watch.missedUntil(nowMs)).fill(place)),
    sample: ({ nowMs, lineIsDown, slotsDone, isPaused }) =>
      devices.flatMap(({ asks }, device) => {
        const due = asks.reduce((sum, { countsAsReading }, ask) => {
          const place = { device, ask };
          return countsAsReading ? sum + (pushedAt(place)?.due ?? slotsDone(place)) : sum;
        }, 0);
        return watches[device]?.sample({ nowMs, due, lineIsDown, isPaused: isPaused(device) }) ?? [];
      }),
  };
}
