import { setTimeout as delay } from 'node:timers/promises';
import { monotonicMs } from '../../base/clock.ts';
import type { OpenLine } from './line.ts';
import { createLineKeeper } from './line-keeper.ts';
import { createDoubts, LATEST_REPLY_TIMEOUTS, pickMarker } from './marker-read.ts';
import {
  encodeRtuRequest,
  type ReadRequest,
  RTU_REQUEST_BYTES,
  RTU_SHORTEST_REPLY_BYTES,
  shapeOf,
} from './modbus-frames.ts';
import {
  type MasterListener,
  type ModbusMaster,
  type ReadOutcome,
  refuseSecondRead,
} from './modbus-master.ts';
import { createRtuReplyReader } from './rtu-reply-reader.ts';
import type { RtuTiming } from './rtu-timing.ts';

/** A line that is not silent for so long is babbling: a stuck transmitter, or a second master. */
export const BABBLE_LIMIT_MS = 3000;

/**
 * A reply that is whole sooner than request and reply take on the wire was sent before it was asked for.
 * Clocks of UARTs differ by up to 3 % each; the rest is margin.
 */
export const WIRE_TIME_TOLERANCE = 0.8;

interface Exchange {
  readonly sentAtMs: number;
  readonly deadline: NodeJS.Timeout;
  readonly settle: (outcome: ReadOutcome) => void;
}

/**
 * Modbus RTU. A reply carries no transaction id, so four things keep an old one from passing for a new one:
 * silence of the device's whole response timeout after every anomaly, a marker read after every timeout
 * (marker-read.ts), the physics of the wire (WIRE_TIME_TOLERANCE), and refusing two replies to one request.
 * What remains: docs/decisions/0002-own-modbus-master.md.
 */
export function createRtuMaster(open: OpenLine, timing: RtuTiming, listener: MasterListener): ModbusMaster {
  const reader = createRtuReplyReader();
  const doubts = createDoubts();
  const figures = { timeouts: 0, corruptReplies: 0, lateReplies: 0 };
  let exchange: Exchange | null = null;
  let isBusy = false;
  /** The line must have been silent since `sinceMs` for `neededMs` before the next request. */
  const silence = { sinceMs: monotonicMs(), neededMs: timing.silenceMs };
  /** Bytes since the last exchange that nobody asked for. */
  let strayBytes = 0;
  let lastTimeoutMs = 0;

  const settle = (outcome: ReadOutcome): void => {
    const ended = exchange;
    if (ended === null) return;
    exchange = null;
    clearTimeout(ended.deadline);
    silence.sinceMs = monotonicMs();
    if (outcome.kind === 'timeout' || outcome.kind === 'corrupt') silence.neededMs = lastTimeoutMs;
    ended.settle(outcome);
  };
  const corrupt = (why: string): void => {
    figures.corruptReplies += 1;
    settle({ kind: 'corrupt', why });
  };
  const onStray = (bytes: Uint8Array): void => {
    const before = strayBytes;
    strayBytes += bytes.length;
    // Fewer bytes than any reply has are the glitch of a line driver that switches off: not worth a pause.
    if (before >= RTU_SHORTEST_REPLY_BYTES || strayBytes < RTU_SHORTEST_REPLY_BYTES) return;
    figures.lateReplies += 1;
    silence.neededMs = Math.max(silence.neededMs, lastTimeoutMs);
  };
  const onExchangeBytes = (active: Exchange, bytes: Uint8Array): void => {
    const reading = reader.feed(bytes);
    if (reading === null) return;
    if (reading.kind === 'ambiguous') {
      corrupt('more than one reply to one request');
      return;
    }
    const replyBytes =
      reading.kind === 'values' ? RTU_SHORTEST_REPLY_BYTES + reading.bytes.length : RTU_SHORTEST_REPLY_BYTES;
    const onWireMs = (RTU_REQUEST_BYTES + replyBytes) * timing.charMs;
    const receivedAtMs = monotonicMs();
    if (receivedAtMs - active.sentAtMs < onWireMs * WIRE_TIME_TOLERANCE) {
      corrupt('a reply came sooner than the baud rate allows');
    } else if (reading.kind === 'values') {
      settle({ ...reading, sentAtMs: active.sentAtMs, receivedAtMs });
    } else {
      settle(reading);
    }
  };
  const keeper = createLineKeeper({
    open,
    onBytes(bytes) {
      silence.sinceMs = monotonicMs();
      if (exchange === null) onStray(bytes);
      else onExchangeBytes(exchange, bytes);
    },
    onChange(change) {
      if (change.kind !== 'open') settle({ kind: 'closed', why: change.why });
      listener.onLineChange(change);
    },
  });
  const onDeadline = (): void => {
    if (reader.size > 0) {
      corrupt('no valid frame in what was received');
      return;
    }
    figures.timeouts += 1;
    settle({ kind: 'timeout' });
  };
  /** False when the line does not become silent. */
  const awaitSilence = async (): Promise<boolean> => {
    const giveUpAtMs = monotonicMs() + silence.neededMs + BABBLE_LIMIT_MS;
    for (;;) {
      const nowMs = monotonicMs();
      const restMs = silence.sinceMs + silence.neededMs - nowMs;
      if (restMs <= 0 || keeper.line === null) return true;
      if (nowMs > giveUpAtMs) return false;
      await delay(Math.ceil(restMs));
    }
  };
  const ask = async (request: ReadRequest, responseTimeoutMs: number): Promise<ReadOutcome> => {
    const shape = shapeOf(request);
    if (!(await awaitSilence())) {
      figures.corruptReplies += 1;
      return { kind: 'corrupt', why: 'the line is never silent' };
    }
    const line = keeper.line;
    if (line === null) return { kind: 'closed', why: 'the port is not open' };
    silence.neededMs = timing.silenceMs;
    strayBytes = 0;
    lastTimeoutMs = responseTimeoutMs;
    reader.expect(shape);
    const onWireMs = (RTU_REQUEST_BYTES + RTU_SHORTEST_REPLY_BYTES + shape.byteCount) * timing.charMs;
    return new Promise((resolve) => {
      const deadline = setTimeout(onDeadline, Math.ceil(onWireMs + responseTimeoutMs));
      exchange = { sentAtMs: monotonicMs(), deadline, settle: resolve };
      line.write(encodeRtuRequest(request));
    });
  };
  const askAndJudge = async (request: ReadRequest, responseTimeoutMs: number): Promise<ReadOutcome> => {
    const outcome = await ask(request, responseTimeoutMs);
    if (outcome.kind === 'values' || outcome.kind === 'exception') doubts.settle(request.unit);
    else doubts.add(request, monotonicMs() + LATEST_REPLY_TIMEOUTS * responseTimeoutMs);
    return outcome;
  };

  return {
    get isOpen() {
      return keeper.line !== null;
    },
    get figures() {
      return { ...figures };
    },
    async read(request, terms) {
      refuseSecondRead(isBusy);
      isBusy = true;
      try {
        const marker = pickMarker(request, terms.markers, doubts.of(request.unit, monotonicMs()));
        if (marker.kind === 'hold') return { kind: 'timeout' };
        if (marker.kind === 'ask') {
          const proof = await askAndJudge(marker.request, terms.responseTimeoutMs);
          if (proof.kind !== 'values' && proof.kind !== 'exception') return proof;
          await delay(terms.turnaroundMs);
        }
        return await askAndJudge(request, terms.responseTimeoutMs);
      } finally {
        isBusy = false;
      }
    },
    async close() {
      settle({ kind: 'closed', why: 'stopped' });
      await keeper.close();
    },
  };
}
