import type { OpenLine } from '../line.ts';
import type { ReadRequest } from '../modbus-frames.ts';
import type { MasterListener, ModbusMaster, ReadOutcome } from '../modbus-master.ts';
import type { Talker } from './scan-line.ts';

/** Asks through a Modbus master, one read after the other. */
export function modbusTalker(
  openMaster: (open: OpenLine, listener: MasterListener) => ModbusMaster,
  responseTimeoutMs: number,
): (open: OpenLine, listener: MasterListener) => Talker<ReadRequest, ReadOutcome> {
  return (open, listener) => {
    const master = openMaster(open, listener);
    return {
      ask: (request) => master.read(request, { responseTimeoutMs, turnaroundMs: 0, markers: [] }),
      get strayBursts() {
        return master.figures.lateReplies;
      },
      close: () => master.close(),
    };
  };
}
