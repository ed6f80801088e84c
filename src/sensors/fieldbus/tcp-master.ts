import { monotonicMs } from '../../base/clock.ts';
import { createDeadline } from './deadline.ts';
import type { OpenLine } from './line.ts';
import { createLineKeeper } from './line-keeper.ts';
import { encodeTcpRequest, shapeOf } from './modbus-frames.ts';
import { type MasterListener, type ModbusMaster, type ReadOutcome, secondRead } from './modbus-master.ts';
import { createTcpReplyReader } from './tcp-reply-reader.ts';

interface Exchange {
  readonly sentAtMs: number;
  readonly settle: (outcome: ReadOutcome) => void;
}

/** Modbus TCP: a reply is known by its 16-bit transaction id; a stream that lost its framing is replaced. */
export function createTcpMaster(open: OpenLine, listener: MasterListener): ModbusMaster {
  const reader = createTcpReplyReader();
  const figures = { timeouts: 0, corruptReplies: 0 };
  let exchange: Exchange | null = null;
  let transaction = 0;

  const settle = (outcome: ReadOutcome): void => {
    const ended = exchange;
    if (ended === null) return;
    exchange = null;
    reader.forget();
    deadline.clear();
    ended.settle(outcome);
  };
  const corrupt = (why: string): void => {
    figures.corruptReplies += 1;
    settle({ kind: 'corrupt', why });
  };
  const keeper = createLineKeeper({
    open,
    medium: 'tcp',
    onBytes(bytes) {
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
      if (change.kind !== 'open') settle({ kind: 'closed', why: change.why });
      listener.onLineChange(change);
    },
  });
  const deadline = createDeadline(() => {
    if (reader.hasPartialFrame) {
      corrupt('the reply was cut off');
      keeper.drop('the reply was cut off');
      return;
    }
    figures.timeouts += 1;
    settle({ kind: 'timeout' });
    keeper.timedOut();
  });

  return {
    get isOpen() {
      return keeper.line !== null;
    },
    get figures() {
      return { ...figures, lateReplies: reader.foreignFrames };
    },
    read(request, terms) {
      if (exchange !== null) return secondRead();
      const line = keeper.line;
      if (line === null) return Promise.resolve({ kind: 'closed', why: 'not connected' });
      transaction = (transaction + 1) & 0xffff;
      reader.expect(transaction, shapeOf(request));
      return new Promise((resolve) => {
        const sentAtMs = monotonicMs();
        exchange = { sentAtMs, settle: resolve };
        line.write(encodeTcpRequest(request, transaction));
        deadline.set(sentAtMs + terms.responseTimeoutMs);
      });
    },
    async close() {
      settle({ kind: 'closed', why: 'stopped' });
      await keeper.close();
    },
  };
}
