import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { flowRecord, incidentRecord } from '../../../test/fakes/records.ts';
import { decodeSparkplug } from '../../../test/fakes/sparkplug-host.ts';
import { createEdgeNode } from './edge-node.ts';
import { flowMetrics } from './flow-metrics.ts';
import { encodeSparkplug, type SparkplugMetric } from './payload.ts';

const NOW_MS = 1_772_609_400_350;
const names = { groupId: 'district-2', edgeNodeId: 'renmin-lu-3' };
const speed = (value: number | null): SparkplugMetric => ({
  ...{ name: 'north-1/60s/speed', type: 'Double', value, atMs: NOW_MS },
});

describe('a Sparkplug payload', () => {
  it('is read by the reference library as it was written, whatever the figures', () => {
    const finite = fc.double({ noNaN: true, noDefaultInfinity: true });
    const metric = fc.oneof(
      fc.record({ type: fc.constant('Double' as const), value: fc.option(finite) }),
      fc.record({ type: fc.constant('Int64' as const), value: fc.option(fc.maxSafeNat()) }),
      fc.record({ type: fc.constant('Boolean' as const), value: fc.option(fc.boolean()) }),
    );
    const named = fc.tuple(fc.string({ minLength: 1, unit: 'binary' }), fc.maxSafeNat(), metric);
    fc.assert(
      fc.property(fc.array(named, { maxLength: 12 }), fc.nat(255), (drawn, seq) => {
        const metrics = drawn.map(([name, atMs, { type, value }]) => ({ name, type, value, atMs }));
        const read = decodeSparkplug(encodeSparkplug({ timestampMs: NOW_MS, metrics, seq }));
        expect(read).toMatchObject({ timestampMs: NOW_MS, seq });
        expect(read.metrics).toEqual(
          metrics.map(({ name, type, value, atMs }) => ({
            ...{ name, type, value: Object.is(value, -0) ? expect.closeTo(0) : value, timestampMs: atMs },
          })),
        );
      }),
    );
  });
});

describe('a Sparkplug edge node', () => {
  it('is born with everything it knows, and numbers what follows from 1, round after 255', () => {
    const node = createEdgeNode(names);
    node.beginSession();
    node.remember([speed(40)]);
    const birth = node.birth(NOW_MS);
    expect(birth.topic).toBe('spBv1.0/district-2/NBIRTH/renmin-lu-3');
    expect(decodeSparkplug(birth.payload)).toMatchObject({
      seq: 0,
      metrics: [
        { name: 'bdSeq', type: 'Int64', value: 0 },
        { name: 'Node Control/Rebirth', type: 'Boolean', value: false },
        { name: 'north-1/60s/speed', type: 'Double', value: 40 },
      ],
    });
    const numbers = Array.from(
      { length: 257 },
      () => decodeSparkplug(node.tell([speed(41)], NOW_MS).payload).seq,
    );
    expect([numbers[0], numbers[254], numbers[255], numbers[256]]).toEqual([1, 255, 0, 1]);
  });

  it('is born again before it tells of a metric that its birth did not announce', () => {
    const node = createEdgeNode(names);
    node.beginSession();
    node.birth(NOW_MS);
    expect(node.tell([speed(40)], NOW_MS).topic).toContain('/NBIRTH/');
    expect(node.tell([speed(null)], NOW_MS).topic).toContain('/NDATA/');
    expect(decodeSparkplug(node.birth(NOW_MS).payload).metrics.at(-1)).toMatchObject({ value: null });
  });

  it('dies with the number of its birth, which is another one for each session, and without a place in the order', () => {
    const node = createEdgeNode(names);
    const pairs = Array.from({ length: 258 }, () => {
      node.beginSession();
      const [birth, death] = [node.birth(NOW_MS), node.death(NOW_MS)].map(({ payload }) =>
        decodeSparkplug(payload),
      );
      expect(death?.seq).toBeNull();
      return [birth?.metrics[0]?.value, death?.metrics[0]?.value];
    });
    expect([pairs[0], pairs[1], pairs[255], pairs[256]]).toEqual([
      [0, 0],
      [1, 1],
      [255, 255],
      [0, 0],
    ]);
  });
});

describe('the flow metrics', () => {
  it('are those of the leading source, with null where nothing was measured', () => {
    const record = { ...flowRecord({ seq: 1, lane: 'east-2' }), flowVehH: null };
    const aside = { ...flowRecord({ seq: 2 }), lead: false };
    const metrics = flowMetrics([record, aside, incidentRecord({ seq: 1 })]);
    expect(metrics.map(({ name }) => name)).toEqual(
      [
        'count',
        'flowVehH',
        'occupancyPct',
        'spaceMeanSpeedKmh',
        'timeMeanSpeedKmh',
        'coveragePct',
        'startMs',
        'endMs',
      ].map((field) => `east-2/60s/${field}`),
    );
    expect(metrics[0]).toMatchObject({ value: record.count, atMs: record.endMs });
    expect(metrics[1]).toMatchObject({ value: null });
  });
});
