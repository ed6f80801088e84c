import { setTimeout as delay } from 'node:timers/promises';
import { monotonicMs } from '../../base/clock.ts';
import { createDeadline } from './deadline.ts';
import type { OpenLine } from './line.ts';
import { createLineKeeper } from './line-keeper.ts';
import { createLineSilence } from './line-silence.ts';
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
  type ReadTerms,
  secondRead,
} from './modbus-master.ts';
import { createRtuReplyReader } from './rtu-reply-reader.ts';
import type { RtuTiming } from './rtu-timing.ts';

/**
 * A reply that is whole sooner than request and reply take on the wire was sent before it was asked for.
 * Clocks of UARTs differ by up to 3 % each; the rest is margin.
 */
export const WIRE_TIME_TOLERANCE = 0.8;

/** What a serial device server may add to a reply: it gathers bytes into packets, and the network has queues. */
export const NETWORK_SLACK_MS = 100;

interface Exchange {
  readonly sentAtMs: number;
  readonly settle: (outcome: ReadOutcome) => void;
}

/**
 * Modbus RTU, on a serial line or through a serial device server. A reply carries no transaction id, so four
 * things keep an old one from passing for a new one: silence of the device's whole response timeout before it is
 * asked again after an anomaly, a marker read after every timeout (marker-read.ts), the physics of the wire
 * (WIRE_TIME_TOLERANCE), and refusing two replies to one request. Behind a device server the wire cannot be seen,
 * so its physics prove nothing there. What remains: docs/decisions/0002-own-modbus-master.md.
 */
export function createRtuMaster(open: OpenLine, timing: RtuTiming, listener: MasterListener): ModbusMaster {
  const reader = createRtuReplyReader();
  const doubts = createDoubts();
  const figures = { timeouts: 0, corruptReplies: 0, lateReplies: 0 };
  const silence = createLineSilence(timing.silenceMs);
  const isOnWire = timing.medium === 'serial';
  const slackMs = isOnWire ? 0 : NETWORK_SLACK_MS;
  let exchange: Exchange | null = null;
  let isBusy = false;
  /** Bytes since the last exchange that nobody asked for. */
  let strayBytes = 0;
  let lastTimeoutMs = 0;
  /** A unit that has just said nothing at all: a late reply names it, so only it has to wait for that. */
  let mute = { unit: -1, untilMs: 0 };

  const settle = (outcome: ReadOutcome): void => {
    const ended = exchange;
    if (ended === null) return;
    exchange = null;
    deadline.clear();
    silence.broken();
    if (outcome.kind === 'corrupt') silence.need(lastTimeoutMs);
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
    silence.need(Math.max(silence.neededMs, lastTimeoutMs));
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
    if (isOnWire && receivedAtMs - active.sentAtMs < onWireMs * WIRE_TIME_TOLERANCE) {
      corrupt('a reply came sooner than the baud rate allows');
    } else if (reading.kind === 'values') {
      settle({ ...reading, sentAtMs: active.sentAtMs, receivedAtMs });
    } else {
      settle(reading);
    }
  };
  const keeper = createLineKeeper({
    open,
    medium: timing.medium,
    onBytes(bytes) {
      silence.broken();
      if (exchange === null) onStray(bytes);
      else onExchangeBytes(exchange, bytes);
    },
    onChange(change) {
      if (change.kind !== 'open') settle({ kind: 'closed', why: change.why });
      listener.onLineChange(change);
    },
  });
  const deadline = createDeadline(() => {
    if (reader.size > 0) {
      corrupt('no valid frame in what was received');
      return;
    }
    figures.timeouts += 1;
    settle({ kind: 'timeout' });
    keeper.timedOut();
  });
  const ask = async (request: ReadRequest, terms: ReadTerms): Promise<ReadOutcome> => {
    const { responseTimeoutMs, waitMs = responseTimeoutMs } = terms;
    const shape = shapeOf(request);
    if (request.unit === mute.unit && monotonicMs() < mute.untilMs) silence.need(lastTimeoutMs);
    const isSilent = await silence.await(() => keeper.line === null);
    const line = keeper.line;
    if (line === null) return { kind: 'closed', why: 'the port is not open' };
    if (!isSilent) {
      figures.corruptReplies += 1;
      return { kind: 'corrupt', why: 'the line is never silent' };
    }
    silence.need(timing.silenceMs);
    strayBytes = 0;
    lastTimeoutMs = responseTimeoutMs + slackMs;
    reader.expect(shape);
    const onWireMs = (RTU_REQUEST_BYTES + RTU_SHORTEST_REPLY_BYTES + shape.byteCount) * timing.charMs;
    return new Promise((resolve) => {
      const sentAtMs = monotonicMs();
      exchange = { sentAtMs, settle: resolve };
      line.write(encodeRtuRequest(request));
      deadline.set(sentAtMs + onWireMs + waitMs + slackMs);
    });
  };
  const askAndJudge = async (request: ReadRequest, terms: ReadTerms): Promise<ReadOutcome> => {
    const outcome = await ask(request, terms);
    if (outcome.kind === 'timeout') mute = { unit: request.unit, untilMs: monotonicMs() + lastTimeoutMs };
    if (outcome.kind === 'values' || outcome.kind === 'exception') doubts.settle(request.unit);
    else doubts.add(request, monotonicMs() + LATEST_REPLY_TIMEOUTS * terms.responseTimeoutMs);
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
      if (isBusy) return secondRead();
      isBusy = true;
      try {
        const marker = pickMarker(request, terms.markers, doubts.of(request.unit, monotonicMs()));
        if (marker.kind === 'hold') return { kind: 'timeout' };
        if (marker.kind === 'ask') {
          const proof = await askAndJudge(marker.request, terms);
          if (proof.kind !== 'values' && proof.kind !== 'exception') return proof;
          await delay(terms.turnaroundMs);
        }
        return await askAndJudge(request, terms);
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
