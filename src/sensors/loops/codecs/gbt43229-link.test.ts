import { describe, expect, it } from 'vitest';
import {
  A_MINUTE,
  CONTROLLER,
  DETECTOR,
  frame,
  LINK,
  linked,
  NOW,
  observationsOf,
  PLAN,
  record,
  STATISTICS,
  STATUS,
  seconds,
  sentBy,
} from '../../../../test/fakes/gbt43229-frames.ts';
import { createGbt43229Session } from './gbt43229.ts';

describe('the link', () => {
  it('is granted, asked for and told', () => {
    const session = createGbt43229Session(PLAN);
    expect(sentBy(session.receive(frame({ operation: 0x81, object: LINK }), NOW))).toEqual([
      '840101',
      '800502',
    ]);
    expect(sentBy(session.receive(frame({ operation: 0x80, object: LINK }), NOW))).toEqual(['830101']);
    session.ask(0, NOW);
    expect(session.receive(frame({ operation: 0x83, object: LINK }), NOW)).toEqual([
      { kind: 'answered', exchange: 0 },
    ]);
    expect(session.exchanges[0]).toMatchObject({ name: 'link', everyMs: 5000, countsAsReading: false });
  });

  it('speaks with the identity that the detector knows', () => {
    expect(Buffer.from(linked().ask(0, NOW)).toString('hex', 3, 17)).toBe(CONTROLLER + DETECTOR);
    const broadcast = createGbt43229Session(PLAN);
    broadcast.receive(frame({ operation: 0x81, object: LINK, receiver: '14ae010000ffff' }), NOW);
    expect(Buffer.from(broadcast.ask(0, NOW)).toString('hex', 3, 10)).toBe('14ae0101000100');
  });

  it('an answer to nothing that was asked answers nothing', () => {
    const session = linked();
    expect(session.receive(frame({ operation: 0x83, object: LINK }), NOW)).toEqual([]);
    session.ask(0, NOW);
    session.interrupt('timeout');
    expect(session.receive(frame({ operation: 0x83, object: LINK }), NOW)).toEqual([]);
  });

  it('says in words why the device refuses', () => {
    const session = linked();
    session.ask(0, NOW);
    expect(session.receive(frame({ operation: 0x86, object: STATUS, content: [7] }), NOW)).toEqual([]);
    expect(session.receive(frame({ operation: 0x86, object: 0, content: [5] }), NOW)).toEqual([
      { kind: 'refused', exchange: 0, why: 'refused: wrong protocol version' },
    ]);
  });

  it('has nothing to tell about other objects', () => {
    expect(sentBy(linked().receive(frame({ operation: 0x80, object: 0x0202 }), NOW))).toEqual(['860202']);
    expect(sentBy(linked().receive(frame({ operation: 0x81, object: 0x0201 }), NOW))).toEqual(['860102']);
  });
});

describe('frames', () => {
  const upload = frame({ operation: 0x82, object: STATISTICS, content: A_MINUTE });

  it('are found in portions of one byte, and behind noise and half a frame', () => {
    const session = linked();
    const line = Buffer.concat([Uint8Array.of(1, 2, 3), upload.subarray(0, 30), upload]);
    const says = [...line].flatMap((byte) => session.receive(Uint8Array.of(byte), NOW));
    expect(observationsOf(says)).toHaveLength(2);
    expect(session.discardedBytes).toBe(3 + 29);
  });

  it('that a timeout cuts in two are whole all the same, and those that a lost line cut are not', () => {
    const halves = (why: 'timeout' | 'line-lost') => {
      const session = linked();
      session.receive(upload.subarray(0, 40), NOW);
      session.interrupt(why);
      return observationsOf(session.receive(upload.subarray(40), NOW)).length;
    };
    expect(halves('timeout')).toBe(2);
    expect(halves('line-lost')).toBe(0);
  });

  it('share a delimiter where a device saves one', () => {
    const session = linked();
    const line = Buffer.concat([frame({ operation: 0x80, object: LINK }), upload.subarray(1)]);
    const says = session.receive(line, NOW);
    expect(observationsOf(says)).toHaveLength(2);
  });

  it('that are damaged say so when they were ours, and are counted either way', () => {
    const session = linked();
    expect(session.receive(upload.with(40, 0x55), NOW)).toEqual([
      { kind: 'corrupt', why: 'the CRC does not fit' },
    ]);
    const foreign = frame({
      operation: 0x82,
      object: STATISTICS,
      content: A_MINUTE,
      sender: '14ae0102006500',
    });
    expect(session.receive(foreign.with(40, 0x55), NOW)).toEqual([]);
    expect(session.receive(foreign, NOW)).toEqual([]);
    expect(session.discardedBytes).toBeGreaterThan(2 * foreign.length);
  });

  it('escape their delimiter, and an escape that is none is no frame', () => {
    const content = [
      ...seconds(0xc0db_dcdd),
      ...seconds(0xc0db_dd19),
      1,
      ...record(1, [0xc0, 0xdb, 0xdc], []),
    ];
    const says = linked().receive(frame({ operation: 0x82, object: STATISTICS, content }), NOW);
    expect(observationsOf(says)).toMatchObject([{ classCounts: { a: 0xc0, b: 0xdb, c: 0xdc } }]);
    const wrong = upload.with(upload.length - 4, 0xdb).with(upload.length - 3, 0x01);
    expect(observationsOf(linked().receive(wrong, NOW))).toEqual([]);
  });

  it('never grow beyond the longest that the protocol has', () => {
    const session = linked();
    session.receive(Uint8Array.of(0xc0), NOW);
    const before = session.discardedBytes;
    for (let round = 0; round < 100; round += 1) session.receive(new Uint8Array(1000).fill(0x11), NOW);
    expect(session.discardedBytes - before).toBe(100_000);
    expect(observationsOf(session.receive(upload, NOW))).toHaveLength(2);
  });
});
