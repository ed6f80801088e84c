import type { Writable } from 'node:stream';

/** Several publications. */
const PAGE_BYTES = 65_536;
/** UTF-8 needs at most three bytes for a UTF-16 unit. */
const BYTES_PER_UNIT = 3;

/**
 * mqtt.js writes each field of a packet by itself, some twenty for one publication, and a socket hands each of them
 * to the kernel as a piece of its own. Here all that is written in one turn goes as one piece. Its texts are UTF-8,
 * and it asks of no single piece when that has left.
 */
export function joinWrites(socket: Pick<Writable, 'write' | 'writableNeedDrain'>): void {
  const write = socket.write.bind(socket);
  let page = Buffer.alloc(0);
  let from = 0;
  let filled = 0;

  const flush = (): void => {
    if (filled > from) write(page.subarray(from, filled));
    from = filled;
  };
  const makeRoom = (bytes: number): void => {
    flush();
    page = Buffer.allocUnsafeSlow(Math.max(PAGE_BYTES, bytes));
    from = 0;
    filled = 0;
  };
  socket.write = (piece: Uint8Array | string): boolean => {
    const most = typeof piece === 'string' ? piece.length * BYTES_PER_UNIT : piece.length;
    if (filled === from) process.nextTick(flush);
    if (filled + most > page.length) makeRoom(most);
    if (typeof piece === 'string') filled += page.write(piece, filled);
    else {
      page.set(piece, filled);
      filled += piece.length;
    }
    return !socket.writableNeedDrain;
  };
}
