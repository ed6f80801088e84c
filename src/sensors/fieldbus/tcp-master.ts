import { monotonicMs } from '../../base/clock.ts';
import type { OpenLine } from './line.ts';
import { createLineKeeper } from './line-keeper.ts';
import { encodeTcpRequest, shapeOf } from './modbus-frames.ts';
import {
  type MasterListener,
  type ModbusMaster,
  type ReadOutcome,
  refuseSecondRead,
} from './modbus-master.ts';
import { createTcpReplyReader } from './tcp-reply-reader.ts';

/**
 * After so many timeouts with no byte between them the connection itself is doubted and replaced: a pulled
 * cable leaves a connection that looks open for a quarter of an hour (tcp_retries2). It is less than the
 * failures that make a device fault, so that the port is blamed first.
 */
export const SILENT_TIMEOUTS = 2;

interface Exchange {
  readonly sentAtMs: number;
  readonly deadline: NodeJS.Timeout;
  readonly settle: (outcome: ReadOutcome) => void;
}

/** Modbus TCP: a reply is known by its 16-bit transaction id; a stream that lost its framing is replaced. */
export function createTcpMaster(open: OpenLine, listener: MasterListener): ModbusMaster {
  const reader = createTcpReplyReader();
  const figures = { timeouts: 0, corruptReplies: 0 };
  let exchange: Exchange | null = null;
  let transaction = 0;
  let silentTimeouts = 0;

  const settle = (outcome: ReadOutcome): void => {
    const ended = exchange;
    if (ended === null) return;
    exchange = null;
    reader.forget();
    clearTimeout(ended.deadline);
    ended.settle(outcome);
  };
  const corrupt = (why: string): void => {
    figures.corruptReplies += 1;
    settle({ kind: 'corrupt', why });
  };
  const keeper = createLineKeeper({
    open,
    onBytes(bytes) {
      silentTimeouts = 0;
      const reading = reader.feed(bytes);
      if (reading === null) return;
      switch (reading.kind) {
        case 'values':
          if (exchange !== null) {
            settle({ ...reading, sentAtMs: exchange.sentAtMs, receivedAtMs: monotonicMs() });
          }
          return;
        case 'exception':
          settle(reading);
          return;
        case 'misfit':
          corrupt('the reply does not fit the request');
          return;
        case 'broken':
          corrupt(reading.why);
          keeper.drop(reading.why);
          return;
      }
    },
    onChange(change) {
      reader.clear();
      silentTimeouts = 0;
      if (change.kind !== 'open') settle({ kind: 'closed', why: change.why });
      listener.onLineChange(change);
    },
  });
  const onDeadline = (due: Exchange): void => {
    if (exchange !== due) return;
    if (reader.hasPartialFrame) {
      corrupt('the reply was cut off');
      keeper.drop('the reply was cut off');
      return;
    }
    figures.timeouts += 1;
    silentTimeouts += 1;
    settle({ kind: 'timeout' });
    if (silentTimeouts >= SILENT_TIMEOUTS) keeper.drop('no answer to anything');
  };

  return {
    get isOpen() {
      return keeper.line !== null;
    },
    get figures() {
      return { ...figures, lateReplies: reader.foreignFrames };
    },
    // biome-ignore lint/suspicious/useAwait: a refused read rejects, like every other outcome it is awaited
    async read(request, terms) {
      refuseSecondRead(exchange !== null);
      const line = keeper.line;
      if (line === null) return { kind: 'closed', why: 'not connected' };
      transaction = (transaction + 1) & 0xffff;
      reader.expect(transaction, shapeOf(request));
      return new Promise((resolve) => {
        // A stalled process finds timer and reply due at once: the reply gets its turn first.
        const deadline = setTimeout(() => setImmediate(onDeadline, mine), terms.responseTimeoutMs);
        const mine: Exchange = { sentAtMs: monotonicMs(), deadline, settle: resolve };
        exchange = mine;
        line.write(encodeTcpRequest(request, transaction));
      });
    },
    async close() {
      settle({ kind: 'closed', why: 'stopped' });
      await keeper.close();
    },
  };
}
