/** One Modbus device: its reads as things to ask, its replies as claims about loops. */
import { monotonicMs } from '../../base/clock.ts';
import type { Observation, SensorFault } from '../../traffic/observations/observation.ts';
import type { DevicePlan, ReadPlan } from '../contract.ts';
import { createLoopDecoder, type LoopDecoder, type ReadPart } from '../loops/loop-decoder.ts';
import { type ReadRequest, shapeOf } from './modbus-frames.ts';
import type { ModbusMaster, ReadOutcome, ReadTerms } from './modbus-master.ts';
import type { AskOutcome, PolledDevice } from './polled-bus.ts';
import { createReadSplit, type ReadSplit } from './read-split.ts';
import { createResponseLimit } from './response-limit.ts';

/** V1.1b3 §7: illegal data address, illegal data value. */
const REFUSES_ADDRESSES: readonly number[] = [2, 3];
/** V1.1b3 §7: gateway path unavailable, gateway target device failed to respond. */
const GATEWAY_HEARS_NOTHING: readonly number[] = [10, 11];

export interface ModbusDevice extends PolledDevice {
  /** The line was away: nobody knows what happened meanwhile. */
  interrupt(): void;
}

interface DeviceRead {
  readonly plan: ReadPlan;
  readonly whole: ReadRequest;
  readonly terms: ReadTerms;
  readonly decoder: LoopDecoder;
  readonly split: ReadSplit;
  lastException: number;
}

/** Throws RoadsideError `config-invalid` when no reply could satisfy the plan. */
export function createModbusDevice(options: {
  readonly plan: DevicePlan;
  readonly master: Pick<ModbusMaster, 'read'>;
  readonly observe: (observations: readonly Observation[]) => void;
}): ModbusDevice {
  const { plan, master, observe } = options;
  const reads = deviceReads(plan);
  const limit = createResponseLimit(plan.responseTimeoutMs);
  const isPresence = plan.reads.map((read) => read.signals.some(({ means }) => means === 'loop-occupied'));
  /** What was last said about `register-refused` of each loop. */
  const told = new Map<string, boolean>();
  let isRefusalUntold = true;

  const settleRefusals = (atMs: number): void => {
    isRefusalUntold = reads.some(({ split }) => !split.isWhole);
    const isHeard = reads.some(({ split }) => split.groups.some((group) => split.isRefused(group) === false));
    // A device that answers nothing at all has a fault of its own, not one for each of its loops.
    if (!isHeard) return;
    const faults = refusals(reads).flatMap(({ loop, active, detail }): SensorFault[] => {
      if (told.get(loop) === active) return [];
      told.set(loop, active);
      return [
        {
          kind: 'sensor-fault',
          sensor: loop,
          layer: 'channel',
          code: 'register-refused',
          active,
          atMs,
          detail,
        },
      ];
    });
    if (faults.length > 0) observe(faults);
  };
  const settleRound = (read: DeviceRead, accepted: boolean, nowMs: number): AskOutcome => {
    const state = read.split.settle(accepted, nowMs);
    if (state === 'unfinished') return { kind: 'unfinished' };
    if (isRefusalUntold || !read.split.isWhole) settleRefusals(nowMs);
    if (state === 'answered') return ANSWERED;
    const why = `refuses to read ${placeOf(read.plan)} with exception ${read.lastException}`;
    return { kind: 'refused', why, isTold: read.plan.signals.every(({ loop }) => told.get(loop) === true) };
  };
  const settleException = (read: DeviceRead, part: ReadPart, code: number): AskOutcome => {
    read.decoder.interrupt(part);
    read.lastException = code;
    if (REFUSES_ADDRESSES.includes(code)) return settleRound(read, false, monotonicMs());
    read.split.restart();
    if (GATEWAY_HEARS_NOTHING.includes(code)) {
      return {
        kind: 'timeout',
        why: 'does not answer its gateway; check its power, unit address and wiring',
      };
    }
    return { kind: 'refused', why: `refuses the read with exception ${code}`, isTold: false };
  };

  return {
    id: plan.id,
    responseTimeoutMs: plan.responseTimeoutMs,
    turnaroundMs: plan.turnaroundMs,
    asks: plan.reads.map(({ everyMs }, index) => ({
      everyMs,
      pushed: false,
      // A device that only counts is sampled by its counter reads.
      countsAsReading: isPresence[index] === true || !isPresence.includes(true),
    })),
    async ask(index, nowMs) {
      const read = reads[index];
      if (read === undefined) throw new RangeError('no such read in this plan');
      const part = read.split.next(nowMs);
      const outcome = await master.read(requestOf(read, part), { ...read.terms, waitMs: limit.ms });
      switch (outcome.kind) {
        case 'values': {
          limit.answered(outcome.receivedAtMs - outcome.sentAtMs);
          const observations = read.decoder.decode(outcome, part);
          if (observations.length > 0) observe(observations);
          return settleRound(read, true, outcome.receivedAtMs);
        }
        case 'exception':
          return settleException(read, part, outcome.code);
        default:
          limit.failed();
          read.split.restart();
          read.decoder.interrupt();
          return unanswered(outcome);
      }
    },
    interrupt() {
      limit.failed();
      for (const read of reads) {
        read.split.restart();
        read.decoder.interrupt();
      }
    },
  };
}

const ANSWERED: AskOutcome = { kind: 'answered' };

function unanswered(outcome: Exclude<ReadOutcome, { kind: 'values' | 'exception' }>): AskOutcome {
  if (outcome.kind !== 'timeout') return outcome;
  return { kind: 'timeout', why: 'does not answer; check its power, unit address and wiring' };
}

function deviceReads(plan: DevicePlan): readonly DeviceRead[] {
  const requests = plan.reads.map(
    ({ table, address, quantity }): ReadRequest => ({ unit: plan.unit, table, address, quantity }),
  );
  for (const request of requests) shapeOf(request);
  return plan.reads.flatMap((read, index): DeviceRead[] => {
    const whole = requests[index];
    if (whole === undefined) return [];
    const markers = requests.filter((_, other) => other !== index);
    const { responseTimeoutMs, turnaroundMs } = plan;
    return [
      {
        plan: read,
        whole,
        terms: { responseTimeoutMs, turnaroundMs, markers },
        decoder: createLoopDecoder(read),
        split: createReadSplit(read),
        lastException: 0,
      },
    ];
  });
}

function requestOf(read: DeviceRead, part: ReadPart): ReadRequest {
  if (part.quantity === read.whole.quantity) return read.whole;
  return { ...read.whole, address: read.whole.address + part.first, quantity: part.quantity };
}

/** Each loop of which it is known whether one of its addresses is refused. */
function refusals(
  reads: readonly DeviceRead[],
): readonly { readonly loop: string; readonly active: boolean; readonly detail: string }[] {
  const found = new Map<string, { active: boolean; isKnown: boolean; detail: string }>();
  for (const { plan, split, lastException } of reads) {
    for (const group of split.groups) {
      const isRefused = split.isRefused(group);
      for (const { loop } of group.signals) {
        const state = found.get(loop) ?? { active: false, isKnown: true, detail: 'answered' };
        found.set(loop, state);
        if (isRefused === null) state.isKnown = false;
        if (isRefused !== true || state.active) continue;
        state.active = true;
        state.detail = `${placeOf(plan, group)} is refused with exception ${lastException}; check model and driver`;
      }
    }
  }
  return [...found].flatMap(([loop, { active, isKnown, detail }]) =>
    active || isKnown ? [{ loop, active, detail }] : [],
  );
}

/** `holding-register 10..11`, as manuals print it. */
function placeOf(plan: ReadPlan, part: ReadPart = { first: 0, quantity: plan.quantity }): string {
  const from = plan.address + part.first;
  return part.quantity === 1 ? `${plan.table} ${from}` : `${plan.table} ${from}..${from + part.quantity - 1}`;
}
