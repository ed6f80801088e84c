/**
 * When which ask of a bus is due. Reads no clock: the time comes with each call. Every ask has a grid of
 * slots (`originMs + k·everyMs`) that never drifts; a slot whose time is over when its turn comes is missed
 * and counted, never made up for, because a queue of old asks would only make the next ones late.
 */
import { type Breaker, failBreaker, HEALTHY_BREAKER } from './breaker.ts';
import type { Ask, AskOutcome, AskPlace } from './polled-bus.ts';

export interface ScheduledDevice {
  readonly responseTimeoutMs: number;
  readonly turnaroundMs: number;
  readonly asks: readonly Pick<Ask, 'everyMs' | 'pushed'>[];
}

export type Decision =
  /** `lateMs`: since its slot began. */
  | { readonly kind: 'ask'; readonly place: AskPlace; readonly lateMs: number }
  | { readonly kind: 'wait'; readonly untilMs: number };

export interface BusSchedule {
  /** What to ask now; its slot is taken. At most one ask is in flight. */
  take(nowMs: number): Decision;
  settle(place: AskPlace, outcome: AskOutcome['kind'], nowMs: number): void;
  /** The line is down: slots pass without being missed by us. */
  skipTo(nowMs: number): void;
  /** The line (or one device) is back: nothing that was held against it counts any more. */
  pardon(nowMs: number, device?: number): void;
  /** Slots of this ask that are over, for whatever reason: what `expected` is made of. */
  slotsDone(place: AskPlace, nowMs: number): number;
  isPaused(device: number): boolean;
  readonly missedSlots: number;
}

interface AskState {
  readonly place: AskPlace;
  readonly everyMs: number;
  readonly pushed: boolean;
  nextSlot: number;
  breaker: Breaker;
}

interface DeviceState {
  readonly plan: ScheduledDevice;
  readonly asks: readonly AskState[];
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
      asks: device.asks.map(({ everyMs, pushed }, ask) => ({
        place: { device: deviceIndex, ask },
        everyMs,
        pushed,
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
  let inFlight: AskState | null = null;

  const slotMs = (ask: AskState): number => originMs + ask.nextSlot * ask.everyMs;
  const firstSlotFrom = (ask: AskState, ms: number): number =>
    Math.max(0, Math.ceil((ms - originMs) / ask.everyMs));
  const pauseUntil = (asks: readonly AskState[], untilMs: number): void => {
    for (const ask of asks) ask.nextSlot = Math.max(ask.nextSlot, firstSlotFrom(ask, untilMs));
  };
  const resume = (device: DeviceState, nowMs: number): void => {
    device.breaker = HEALTHY_BREAKER;
    for (const ask of device.asks) {
      ask.breaker = HEALTHY_BREAKER;
      ask.nextSlot = firstSlotFrom(ask, nowMs);
    }
  };
  const stateAt = (place: AskPlace): { device: DeviceState; ask: AskState } => {
    const device = devices[place.device];
    const ask = device?.asks[place.ask];
    if (device === undefined || ask === undefined) throw new RangeError('no such ask in this plan');
    return { device, ask };
  };

  return {
    take(nowMs) {
      let best: { device: DeviceState; ask: AskState; dueMs: number } | null = null;
      let untilMs = Number.POSITIVE_INFINITY;
      for (const device of devices) {
        for (const ask of device.asks) {
          if (ask.pushed) continue;
          const dueMs = slotMs(ask);
          const readyMs = Math.max(dueMs, device.notBeforeMs);
          if (readyMs > nowMs) {
            untilMs = Math.min(untilMs, readyMs);
          } else if (
            best === null ||
            device.servedRank < best.device.servedRank ||
            (device === best.device && dueMs < best.dueMs)
          ) {
            best = { device, ask, dueMs };
          }
        }
      }
      if (best === null) return { kind: 'wait', untilMs };
      const slot = Math.floor((nowMs - originMs) / best.ask.everyMs);
      const lateMs = nowMs - slotMs(best.ask);
      missedSlots += slot - best.ask.nextSlot;
      best.ask.nextSlot = slot + 1;
      turns += 1;
      best.device.servedRank = turns;
      inFlight = best.ask;
      return { kind: 'ask', place: best.ask.place, lateMs };
    },
    settle(place, outcome, nowMs) {
      const { device, ask } = stateAt(place);
      inFlight = null;
      const isSilent = outcome === 'timeout' || outcome === 'corrupt';
      // Its late reply may be on the way; until that is over the neighbours have the bus.
      const restMs = isSilent ? device.plan.responseTimeoutMs : 0;
      device.notBeforeMs = nowMs + Math.max(device.plan.turnaroundMs, restMs);
      if (outcome === 'closed') return;
      const firstPauseOf = { nowMs, responseTimeoutMs: device.plan.responseTimeoutMs };
      if (isSilent) {
        device.breaker = failBreaker(device.breaker, firstPauseOf);
        pauseUntil(device.asks, device.breaker.pausedUntilMs);
      } else if (device.breaker !== HEALTHY_BREAKER) {
        if (device.breaker.pauseMs > 0) resume(device, nowMs);
        device.breaker = HEALTHY_BREAKER;
      }
      if (outcome === 'unfinished') {
        // The slot is still to be served: whoever waited longer comes first.
        ask.nextSlot -= 1;
      } else if (outcome === 'answered') {
        ask.breaker = HEALTHY_BREAKER;
      } else {
        ask.breaker = failBreaker(ask.breaker, firstPauseOf);
        pauseUntil([ask], ask.breaker.pausedUntilMs);
      }
    },
    skipTo(nowMs) {
      for (const device of devices) pauseUntil(device.asks, nowMs);
    },
    pardon(nowMs, only) {
      devices.forEach((device, index) => {
        if (only === undefined || only === index) resume(device, nowMs);
      });
    },
    slotsDone(place, nowMs) {
      const { ask } = stateAt(place);
      const taken = inFlight === ask ? ask.nextSlot - 1 : ask.nextSlot;
      return Math.min(taken, firstSlotFrom(ask, nowMs));
    },
    isPaused: (device) => (devices[device]?.breaker.pauseMs ?? 0) > 0,
    get missedSlots() {
      return missedSlots;
    },
  };
}
