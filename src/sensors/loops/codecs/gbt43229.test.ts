import { describe, expect, it } from 'vitest';
import {
  A_MINUTE,
  frame,
  LINK,
  linked,
  MINUTE,
  NOW,
  observationsOf,
  PLAN,
  record,
  STATISTICS,
  STATUS,
  seconds,
  sentBy,
  statistics,
} from '../../../../test/fakes/gbt43229-frames.ts';
import { createGbt43229Session } from './gbt43229.ts';

describe('statistics', () => {
  it('are intervals of each loop, with what the device could not express left out', () => {
    const says = linked().receive(frame({ operation: 0x82, object: STATISTICS, content: A_MINUTE }), NOW);
    expect(observationsOf(says)).toEqual([
      {
        kind: 'device-interval',
        loop: 'n1',
        fromMs: NOW.monoMs - 60_250,
        toMs: NOW.monoMs - 250,
        count: 303,
        occupancyPct: 12.5,
        meanSpeedKmh: 62,
        speed85Kmh: null,
        meanHeadwayS: 3.3,
        meanGapS: null,
        meanLengthM: 5.1,
        classCounts: { a: 1, b: 2, c: 300 },
      },
      expect.objectContaining({
        loop: 'n3',
        count: 0,
        occupancyPct: 0,
        meanSpeedKmh: null,
        meanHeadwayS: null,
      }),
    ]);
    expect(says).toContainEqual({ kind: 'answered', exchange: 1 });
    expect(sentBy(says)).toEqual(['850203']);
  });

  it('that come twice are acknowledged twice and counted once', () => {
    const session = linked();
    const upload = frame({ operation: 0x82, object: STATISTICS, content: A_MINUTE });
    session.receive(upload, NOW);
    const again = session.receive(upload, { monoMs: NOW.monoMs + 5000, wallMs: NOW.wallMs + 5000 });
    expect(again.map((it) => it.kind)).toEqual(['send']);
  });

  it('of a device whose clock is wrong ended when they came', () => {
    const content = statistics([record(1, [0, 0, 1], [10, 40, 45, 50, 40])], {
      fromS: 400_000_000,
      toS: 400_000_060,
    });
    const says = linked().receive(frame({ operation: 0x82, object: STATISTICS, content }), NOW);
    expect(observationsOf(says)).toMatchObject([{ fromMs: NOW.monoMs - 60_000, toMs: NOW.monoMs }]);
  });

  it.each([
    ['a channel too few', statistics([record(1, [0, 0, 1], [])]).with(12, 2)],
    ['the same channel twice', statistics([record(1, [0, 0, 1], []), record(1, [0, 0, 1], [])])],
    ['channel 0', statistics([record(0, [0, 0, 1], [])])],
    ['more than 100 % of the time', statistics([record(1, [0, 0, 1], [1001])])],
    [
      'an end before the start',
      statistics([record(1, [0, 0, 1], [])], { fromS: MINUTE.toS, toS: MINUTE.fromS }),
    ],
    [
      'an interval of a day',
      statistics([record(1, [0, 0, 1], [])], { ...MINUTE, fromS: MINUTE.fromS - 86_400 }),
    ],
    ['nothing', []],
  ])('with %s claim nothing and are answered with a content error', (_, content) => {
    const says = linked().receive(frame({ operation: 0x82, object: STATISTICS, content }), NOW);
    expect(says.map((it) => it.kind)).toEqual(['corrupt', 'send']);
    expect(sentBy(says)).toEqual(['860203']);
  });

  it('of so many vehicles that a count overflows have no count', () => {
    const content = statistics([record(1, [1, 2, 65_535], [900, 20, 45, 10, 5])]);
    const says = linked().receive(frame({ operation: 0x82, object: STATISTICS, content }), NOW);
    expect(observationsOf(says)).toMatchObject([{ count: null, classCounts: null, meanSpeedKmh: 20 }]);
  });

  it('count whole seconds: the other bytes of their stamps are reserved', () => {
    const content = A_MINUTE.with(4, 0xe7).with(5, 0x03).with(10, 0x34).with(11, 0x12);
    const says = linked().receive(frame({ operation: 0x82, object: STATISTICS, content }), NOW);
    expect(observationsOf(says)).toMatchObject([{ toMs: NOW.monoMs - 250 }, {}]);
  });

  it('of no channel are acknowledged and say nothing', () => {
    const says = linked().receive(
      frame({ operation: 0x82, object: STATISTICS, content: statistics([]) }),
      NOW,
    );
    expect(sentBy(says)).toEqual(['850203']);
    expect(says).toHaveLength(1);
  });
});

describe('what is told besides', () => {
  it.each([0x0201, 0x0301, 0x0401, 0x0601, 0x0701])('%i adds no vehicle and wants no answer', (object) => {
    expect(linked().receive(frame({ operation: 0x82, object, content: A_MINUTE }), NOW)).toEqual([]);
  });

  it.each([0x0402, 0x0501, 0x0702])('%i is not known here, and that is said', (object) => {
    const says = linked().receive(frame({ operation: 0x82, object }), NOW);
    expect(says.map((it) => it.kind)).toEqual(['send']);
    expect(sentBy(says)).toEqual([`86${Buffer.of(object & 0xff, object >> 8).toString('hex')}`.slice(0, 6)]);
  });
});

describe('channel states', () => {
  const states = (...values: number[]): number[] => [
    ...seconds(MINUTE.toS),
    values.length,
    ...values.flatMap((value, index) => [index + 1, value, 0, 0]),
  ];

  it('become faults of the loops that are in use, when they change', () => {
    const session = linked();
    const tell = (...values: number[]) =>
      observationsOf(
        session.receive(frame({ operation: 0x82, object: STATUS, content: states(...values) }), NOW),
      );
    expect(tell(0, 1, 0)).toMatchObject([
      { sensor: 'n1', active: false },
      { sensor: 'n3', active: false },
    ]);
    expect(tell(1, 1, 0)).toMatchObject([
      { sensor: 'n1', layer: 'channel', code: 'loop-fault', active: true },
    ]);
    expect(tell(1, 1, 0)).toEqual([]);
    expect(tell(0, 1, 1)).toMatchObject([
      { sensor: 'n1', active: false },
      { sensor: 'n3', active: true },
    ]);
  });

  it('that the standard reserves say nothing', () => {
    const content = states(2, 0, 255);
    const says = linked().receive(frame({ operation: 0x82, object: STATUS, content }), NOW);
    expect(observationsOf(says)).toEqual([]);
    expect(sentBy(says)).toEqual(['850502']);
  });

  it('are asked for once the line is there, and again when it was lost', () => {
    const session = createGbt43229Session(PLAN);
    const heartbeat = () => {
      session.ask(0, NOW);
      return sentBy(session.receive(frame({ operation: 0x83, object: LINK }), NOW));
    };
    expect(heartbeat()).toEqual(['800502']);
    expect(heartbeat()).toEqual([]);
    session.interrupt('timeout');
    expect(heartbeat()).toEqual([]);
    session.interrupt('line-lost');
    expect(heartbeat()).toEqual(['800502']);
    const reply = frame({ operation: 0x83, object: STATUS, content: states(1, 0, 0) });
    expect(observationsOf(session.receive(reply, NOW))).toMatchObject([
      { sensor: 'n1', active: true },
      { sensor: 'n3', active: false },
    ]);
  });
});

it('a device without an identity is no GB/T 43229 detector', () => {
  const create = (identity: string | null) => () => createGbt43229Session({ ...PLAN, identity });
  expect(create(null)).toThrow('with an identity');
  expect(create('14ae01')).toThrow('with an identity');
});
