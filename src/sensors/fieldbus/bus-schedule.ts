/**
 * When which read of a bus is due. Reads no clock: the time comes with each call. Every read has a grid of
 * slots (`originMs + k·everyMs`) that never drifts; a slot whose time is over when its turn comes is missed
 * and counted, never made up for, because a queue of old reads would only make the next ones late.
 */
import { type Breaker, failBreaker, HEALTHY_BREAKER } from './breaker.ts';

export interface ScheduledDevice {
  readonly responseTimeoutMs: number;
  readonly turnaroundMs: number;
  readonly reads: readonly { readonly everyMs: number }[];
}

/** `refused`: the device lives but will not answer this read. `closed`: nothing was learnt about the device. */
export type ReadVerdict = 'answered' | 'refused' | 'silent' | 'closed';

/** Positions in the plan. */
export interface ReadPlace {
  readonly device: number;
  readonly read: number;
}

export type Decision =
  | { readonly kind: 'read'; readonly place: ReadPlace }
  | { readonly kind: 'wait'; readonly untilMs: number };

export interface BusSchedule {
  /** The read to do now; its slot is taken. At most one read is in flight. */
  take(nowMs: number): Decision;
  settle(place: ReadPlace, verdict: ReadVerdict, nowMs: number): void;
  /** The line is down: slots pass without being missed by us. */
  skipTo(nowMs: number): void;
  /** The line is back after a failure: nothing that was held against a device counts any more. */
  pardon(nowMs: number): void;
  /** Slots of this read that are over, for whatever reason: what `expected` is made of. */
  slotsDone(place: ReadPlace, nowMs: number): number;
  isPaused(device: number): boolean;
  readonly missedSlots: number;
}

interface ReadState {
  readonly place: ReadPlace;
  readonly everyMs: number;
  nextSlot: number;
  breaker: Breaker;
}

interface DeviceState {
  readonly plan: ScheduledDevice;
  readonly reads: readonly ReadState[];
  breaker: Breaker;
  notBeforeMs: number;
  /** Rank of its last turn: who waited longest is next. */
  servedRank: number;
}

export function createBusSchedule(plan: readonly ScheduledDevice[], startMs: number): BusSchedule {
  // Whole milliseconds, so that slot times are exact and no slot is counted twice by rounding.
  const originMs = Math.ceil(startMs);
  const devices = plan.map(
    (device, deviceIndex): DeviceState => ({
      plan: device,
      reads: device.reads.map(({ everyMs }, read) => ({
        place: { device: deviceIndex, read },
        everyMs,
        nextSlot: 0,
        breaker: HEALTHY_BREAKER,
      })),
      breaker: HEALTHY_BREAKER,
      notBeforeMs: 0,
      servedRank: 0,
    }),
  );
  let turns = 0;
  let missedSlots = 0;
  let inFlight: ReadState | null = null;

  const slotMs = (read: ReadState): number => originMs + read.nextSlot * read.everyMs;
  const firstSlotFrom = (read: ReadState, ms: number): number =>
    Math.max(0, Math.ceil((ms - originMs) / read.everyMs));
  const pauseUntil = (reads: readonly ReadState[], untilMs: number): void => {
    for (const read of reads) read.nextSlot = Math.max(read.nextSlot, firstSlotFrom(read, untilMs));
  };
  const resume = (device: DeviceState, nowMs: number): void => {
    device.breaker = HEALTHY_BREAKER;
    for (const read of device.reads) {
      read.breaker = HEALTHY_BREAKER;
      read.nextSlot = firstSlotFrom(read, nowMs);
    }
  };
  const stateAt = (place: ReadPlace): { device: DeviceState; read: ReadState } => {
    const device = devices[place.device];
    const read = device?.reads[place.read];
    if (device === undefined || read === undefined) throw new RangeError('no such read in this plan');
    return { device, read };
  };

  return {
    take(nowMs) {
      let best: { device: DeviceState; read: ReadState; dueMs: number } | null = null;
      let untilMs = Number.POSITIVE_INFINITY;
      for (const device of devices) {
        for (const read of device.reads) {
          const dueMs = slotMs(read);
          const readyMs = Math.max(dueMs, device.notBeforeMs);
          if (readyMs > nowMs) {
            untilMs = Math.min(untilMs, readyMs);
          } else if (
            best === null ||
            device.servedRank < best.device.servedRank ||
            (device === best.device && dueMs < best.dueMs)
          ) {
            best = { device, read, dueMs };
          }
        }
      }
      if (best === null) return { kind: 'wait', untilMs };
      const slot = Math.floor((nowMs - originMs) / best.read.everyMs);
      missedSlots += slot - best.read.nextSlot;
      best.read.nextSlot = slot + 1;
      turns += 1;
      best.device.servedRank = turns;
      inFlight = best.read;
      return { kind: 'read', place: best.read.place };
    },
    settle(place, verdict, nowMs) {
      const { device, read } = stateAt(place);
      const firstPauseOf = { nowMs, responseTimeoutMs: device.plan.responseTimeoutMs };
      inFlight = null;
      device.notBeforeMs = nowMs + device.plan.turnaroundMs;
      if (verdict === 'closed') return;
      if (verdict !== 'silent' && device.breaker.pauseMs > 0) resume(device, nowMs);
      if (verdict === 'silent') {
        device.breaker = failBreaker(device.breaker, firstPauseOf);
        pauseUntil(device.reads, device.breaker.pausedUntilMs);
      } else {
        device.breaker = HEALTHY_BREAKER;
      }
      read.breaker = verdict === 'answered' ? HEALTHY_BREAKER : failBreaker(read.breaker, firstPauseOf);
      pauseUntil([read], read.breaker.pausedUntilMs);
    },
    skipTo(nowMs) {
      for (const device of devices) pauseUntil(device.reads, nowMs);
    },
    pardon(nowMs) {
      for (const device of devices) resume(device, nowMs);
    },
    slotsDone(place, nowMs) {
      const { read } = stateAt(place);
      const taken = inFlight === read ? read.nextSlot - 1 : read.nextSlot;
      return Math.min(taken, firstSlotFrom(read, nowMs));
    },
    isPaused: (device) => (devices[device]?.breaker.pauseMs ?? 0) > 0,
    get missedSlots() {
      return missedSlots;
    },
  };
}
