import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { flowRecord } from '../../../test/fakes/records.ts';
import type { FlowInterval, LaneSource } from '../record.ts';
import { markLead } from './lane-lead.ts';

const lane = { usualSource: 'loop' } as const;
const interval = (
  source: LaneSource,
  coveragePct: number,
  more: Partial<FlowInterval> = {},
): FlowInterval => ({
  ...flowRecord({ seq: 1 }),
  ...{ source, sensor: source, coveragePct, lead: false, leadReason: null },
  ...more,
});
const believed = () => true;
const only = (trusted: LaneSource) => (source: LaneSource) => source === trusted;

describe('the source that leads a lane', () => {
  test.each([
    ['is the usual one', [100, 100], believed, 'loop', null],
    ['is the usual one at half coverage', [50, 100], believed, 'loop', null],
    ['is the other one where it saw clearly more', [49, 69], believed, 'camera', 'coverage'],
    ['stays the usual one where the other saw little more', [49, 68], believed, 'loop', null],
    ['is the other one when the usual one is not believed', [100, 10], only('camera'), 'camera', 'distrust'],
    ['is not one that is not believed, however much it saw', [10, 100], only('loop'), 'loop', null],
    ['is the usual one when neither is believed', [10, 100], () => false, 'loop', null],
  ] as const)('%s', (_what, [loop, camera], isBelieved, leader, reason) => {
    const marked = markLead(lane, [interval('camera', camera), interval('loop', loop)], isBelieved);
    expect(marked.filter(({ lead }) => lead).map(({ source }) => source)).toEqual([leader]);
    expect(new Set(marked.map(({ leadReason }) => leadReason))).toEqual(new Set([reason]));
  });
  test('is the only one there is, for no other reason', () => {
    expect(markLead(lane, [interval('camera', 3)], believed)).toMatchObject([
      { lead: true, leadReason: null },
    ]);
  });
  test('of two cameras is the one that saw more', () => {
    const marked = markLead(
      { usualSource: 'camera' },
      [interval('camera', 60), interval('camera', 90)],
      believed,
    );
    expect(marked.map(({ lead }) => lead)).toEqual([false, true]);
  });
  test('is exactly one for each width and start, whatever ends together', () => {
    const some = fc.record({
      source: fc.constantFrom<LaneSource>('loop', 'camera'),
      widthS: fc.constantFrom(20, 60),
      startMs: fc.constantFrom(0, 20_000, 7),
      coveragePct: fc.integer({ min: 0, max: 100 }),
      sensor: fc.constantFrom('a', 'b'),
    });
    const rules = fc.record({
      loop: fc.boolean(),
      camera: fc.boolean(),
      usual: fc.constantFrom<LaneSource>('loop', 'camera'),
    });
    fc.assert(
      fc.property(fc.array(some, { maxLength: 12 }), rules, (given, rule) => {
        const closed = given.map((it) => interval(it.source, it.coveragePct, it));
        const marked = markLead({ usualSource: rule.usual }, closed, (source) => rule[source]);
        expect(marked).toHaveLength(closed.length);
        const groups = Map.groupBy(marked, ({ widthS, startMs }) => `${widthS}/${startMs}`);
        for (const group of groups.values()) expect(group.filter(({ lead }) => lead)).toHaveLength(1);
      }),
    );
  });
});
