import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { ENCODERS, LABELS, labelled, NET, type Truth } from '../../../../test/fakes/detector-outputs.ts';
import type { BoxFormat } from '../../../base/detector-outputs.ts';
import { DECODER_NAMES } from '../../../base/detector-outputs.ts';
import type { Box } from '../box.ts';
import type { DecodingRules, Detection } from '../detections.ts';
import { boxFrom } from './box-format.ts';
import { DECODERS } from './decoder.table.ts';
import { fitsDims, type NetOutputs } from './net-outputs.ts';

/*
 * Each family's outputs are written here by its public definition, from boxes that are known; what the decoder
 * reads must be those boxes.
 */
const RULES: DecodingRules = { labels: LABELS, minScore: 0.2, iouThreshold: 0.5, maxAreaPx: 60_000 };

// Adding 0 makes -0 a plain 0.
const round = (value: number): number => Math.round(value * 100) / 100 + 0;
const asTruth = ({ box, class: label, score }: Detection): unknown => ({
  box: box.map(round),
  label,
  score: round(score),
});
const bestFirst = (truths: readonly Truth[]): readonly Truth[] =>
  truths.toSorted((a, b) => b.score - a.score);

const ROAD: readonly Truth[] = [
  { box: [20, 30, 60, 58], label: 'car', score: 0.91 },
  { box: [100, 40, 180, 120], label: 'bus', score: 0.72 },
  { box: [250, 90, 262, 130], label: 'person', score: 0.55 },
  { box: [300, 150, 400, 250], label: 'truck', score: 0.33 },
];

describe.each(DECODER_NAMES)('%s', (name) => {
  const decoder = DECODERS[name];
  const decode = (outputs: NetOutputs): readonly Detection[] => decoder.decode(outputs, NET, RULES);

  test('reads every road user where it is', () => {
    expect(decode(ENCODERS[name](ROAD)).map(asTruth)).toEqual(ROAD);
  });

  test('says nothing of an empty road', () => {
    expect(decode(ENCODERS[name]([]))).toEqual([]);
  });

  test('knows no kite, no background and nothing that scores too little', () => {
    const box: Box = [20, 30, 60, 58];
    const others = [
      { box, label: 'kite', score: 0.9 },
      { box, label: 'background', score: 0.9 },
      { box, label: 'car', score: 0.19 },
    ];
    for (const other of others) expect(decode(ENCODERS[name]([other]))).toEqual([]);
    expect(decode(ENCODERS[name]([{ box, label: 'car', score: 0.21 }]))).toHaveLength(1);
  });

  test('gives back any boxes that were written', () => {
    // In places of their own, so that none hides another; the first three columns of 40 x 40 pixels.
    const truth = (index: number): fc.Arbitrary<Truth> =>
      fc.record({
        box: fc
          .tuple(
            fc.integer({ min: 0, max: 10 }),
            fc.integer({ min: 0, max: 10 }),
            fc.integer({ min: 12, max: 28 }),
            fc.integer({ min: 12, max: 28 }),
          )
          .map(([x, y, width, height]): Box => {
            const [left, top] = [45 * (index % 9) + x, 60 * Math.floor(index / 9) + y];
            return [left, top, left + width, top + height];
          }),
        label: fc.constantFrom('person', 'bicycle', 'car', 'bus', 'truck'),
        score: fc.integer({ min: 25, max: 89 }).map((percent) => percent / 100),
      });
    const truths = fc
      .uniqueArray(fc.integer({ min: 0, max: 35 }), { maxLength: 12 })
      .chain((places) => fc.tuple(...places.map(truth)));
    fc.assert(
      fc.property(truths, (road) => {
        const found = decode(ENCODERS[name](road)).map(asTruth);
        expect(found).toHaveLength(road.length);
        expect(found).toEqual(expect.arrayContaining(bestFirst(road) as unknown[]));
      }),
    );
  });

  test('stands whatever a damaged output holds', () => {
    const damaged = fc.constantFrom(Number.NaN, Number.POSITIVE_INFINITY, -1, 0, 0.5, 1, 1e30);
    fc.assert(
      fc.property(fc.array(damaged, { minLength: 1, maxLength: 50 }), (values) => {
        const outputs = ENCODERS[name](ROAD);
        for (const { data } of Object.values(outputs)) {
          values.forEach((value, index) => {
            data[(index * 37) % data.length] = value;
          });
        }
        for (const { box, score } of decode(outputs)) {
          expect(box.every(Number.isFinite)).toBe(true);
          expect(score >= RULES.minScore && score <= 1).toBe(true);
        }
      }),
    );
  });

  test('expects the dimensions that its outputs have', () => {
    const outputs = ENCODERS[name](ROAD);
    const expected = decoder.expected(NET, ['boxes', 'scores', 'rows']);
    for (const [role, dims] of Object.entries(expected)) {
      const actual = outputs[role as keyof NetOutputs]?.dims ?? [];
      expect(fitsDims(actual, dims)).toBe(true);
      expect(fitsDims([...actual.slice(0, -2), 3, 3], dims)).toBe(false);
    }
  });
});

describe('outputs after the authors’ own post-processing', () => {
  const tensorflow: BoxFormat = { corners: 'yxyx', unit: 'fraction' };
  const pixels: BoxFormat = { corners: 'xyxy', unit: 'pixels' };

  test.each([
    ['ssd', 'TensorFlow: top, left, bottom, right in fractions', tensorflow],
    ['ssd', 'torchvision: corners in pixels', pixels],
    ['detr', 'RT-DETR and D-FINE: corners in pixels', pixels],
  ] as const)('%s, %s', (name, _, boxes) => {
    const found = DECODERS[name].decode(labelled(ROAD, boxes), NET, { ...RULES, boxes });
    expect(found.map(asTruth)).toEqual(ROAD);
  });

  test('are expected with a label for each box', () => {
    const roles = ['boxes', 'scores', 'labels'] as const;
    expect(DECODERS.ssd.expected(NET, roles)).toEqual({ boxes: ['n', 4], scores: ['n'], labels: ['n'] });
  });
});

test('two queries on nearly the same place are two road users, two boxes of an SSD are one', () => {
  const twins = [
    { box: [20, 30, 60, 58], label: 'car', score: 0.9 },
    { box: [21, 31, 61, 59], label: 'car', score: 0.8 },
  ] as const;
  expect(DECODERS.detr.decode(ENCODERS.detr(twins), NET, RULES)).toHaveLength(2);
  expect(DECODERS.ssd.decode(ENCODERS.ssd(twins), NET, RULES)).toHaveLength(1);
});

describe('box formats', () => {
  const TABLE: readonly (readonly [BoxFormat, readonly [number, number, number, number]])[] = [
    [{ corners: 'xyxy', unit: 'pixels' }, [104, 64, 208, 128]],
    [{ corners: 'yxyx', unit: 'pixels' }, [64, 104, 128, 208]],
    [{ corners: 'cxcywh', unit: 'pixels' }, [156, 96, 104, 64]],
    [{ corners: 'xywh', unit: 'pixels' }, [104, 64, 104, 64]],
    [{ corners: 'xyxy', unit: 'fraction' }, [0.25, 0.25, 0.5, 0.5]],
    [{ corners: 'yxyx', unit: 'fraction' }, [0.25, 0.25, 0.5, 0.5]],
    [{ corners: 'cxcywh', unit: 'fraction' }, [0.375, 0.375, 0.25, 0.25]],
    [{ corners: 'xywh', unit: 'fraction' }, [0.25, 0.25, 0.25, 0.25]],
  ];
  test.each(TABLE)('%j', (format, written) => {
    expect(boxFrom(written, format, NET)).toEqual([104, 64, 208, 128]);
  });
});

describe('dimensions', () => {
  test.each([
    [[400, 11], ['n', 11], true],
    [[1, 400, 11], ['n', 11], true],
    [['batch', 'candidates', 11], ['n', 11], true],
    [[-1, -1, -1], ['n', 11], true],
    [[1, 0, 4], ['n', 4], true],
    [[2, 400, 11], ['n', 11], false],
    [[400, 12], ['n', 11], false],
    [[1, 84, 8400], ['n', 84], false],
    [[1, 1, 400, 11], ['n', 11], false],
  ] as const)('%j against %j: %s', (dims, expected, fits) => {
    expect(fitsDims(dims, expected)).toBe(fits);
  });
});
