import { Writable } from 'node:stream';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { joinWrites } from './joined-writes.ts';

/** A socket that remembers what it was given, piece by piece. */
function openSocket(highWaterMark = 1_000_000) {
  const pieces: Buffer[] = [];
  const socket = new Writable({
    highWaterMark,
    write(chunk: Buffer, _encoding, done) {
      pieces.push(chunk);
      done();
    },
  });
  return { socket, pieces };
}

const nextTurn = () => new Promise((resolve) => setImmediate(resolve));

const piece = fc.oneof(
  fc.uint8Array({ maxLength: 40 }),
  fc.string({ unit: 'binary', maxLength: 40 }),
  // Near and beyond what is gathered at most.
  fc.integer({ min: 20_000, max: 70_000 }).map((length) => '路'.repeat(length)),
);

describe('writes that are joined', () => {
  it('leave as one piece when they are of one turn', async () => {
    const { socket, pieces } = openSocket();
    joinWrites(socket);
    for (const each of [Buffer.of(0x32), 'roadside/v1', '北-1']) socket.write(each);
    await nextTurn();
    socket.write('next');
    await nextTurn();
    expect(pieces.map(String)).toEqual(['2roadside/v1北-1', 'next']);
  });

  it('would each leave alone otherwise', async () => {
    const { socket, pieces } = openSocket();
    for (const each of [Buffer.of(0x32), 'roadside/v1', '北-1']) socket.write(each);
    await nextTurn();
    expect(pieces).toHaveLength(3);
  });

  it('are the same bytes in the same order, whatever was written in whichever turn', async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(fc.array(piece, { maxLength: 6 }), { maxLength: 4 }), async (turns) => {
        const { socket, pieces } = openSocket();
        joinWrites(socket);
        for (const turn of turns) {
          for (const each of turn) socket.write(each);
          await nextTurn();
        }
        const written = Buffer.concat(turns.flat().map((each) => Buffer.from(each as string)));
        expect(Buffer.concat(pieces).equals(written)).toBe(true);
      }),
      { numRuns: 60 },
    );
  });

  it('tell the writer to wait when the socket holds too much', async () => {
    const { socket } = openSocket(10);
    joinWrites(socket);
    expect(socket.write('more than it wants to hold')).toBe(true);
    socket.cork();
    await nextTurn();
    expect(socket.write('.')).toBe(false);
  });
});
