import { describe, expect, test } from 'vitest';
import type { Detection } from './detections.ts';
import { checkDetections } from './self-check.ts';

const PLAN = {
  expect: [
    { class: 'car', boxPx: [100, 100, 140, 130], score: 0.6 },
    { class: 'person', boxPx: [200, 100, 212, 140], score: 0.5 },
  ],
  tolerance: { iou: 0.7, score: 0.15 },
} satisfies Parameters<typeof checkDetections>[1];
const CAR: Detection = { class: 'car', box: [100, 100, 140, 130], score: 0.6 };
const PERSON: Detection = { class: 'person', box: [200, 100, 212, 140], score: 0.5 };

const problemOf = (found: readonly Detection[]): string | null => checkDetections(found, PLAN, 0.35).problem;

describe('what the card expects', () => {
  test.each<readonly [claim: string, found: readonly Detection[]]>([
    ['exactly', [CAR, PERSON]],
    ['in another order', [PERSON, CAR]],
    ['a pixel further and a little less sure', [{ ...CAR, box: [101, 99, 141, 130], score: 0.5 }, PERSON]],
    ['called another motor vehicle', [{ ...CAR, class: 'truck' }, PERSON]],
    ['with something faint beside it', [CAR, PERSON, { ...CAR, box: [0, 0, 40, 30], score: 0.45 }]],
  ])('is found %s', (_, found) => {
    expect(problemOf(found)).toBeNull();
  });

  test.each<readonly [claim: string, found: readonly Detection[], words: string]>([
    ['when nothing is found', [], 'expected car 0.6'],
    ['when one is missing', [CAR], 'expected person 0.5'],
    ['when a box is half as wide', [{ ...CAR, box: [100, 100, 120, 130] }, PERSON], 'found car 0.60'],
    ['when it is far less sure', [{ ...CAR, score: 0.4 }, PERSON], 'found car 0.40'],
    ['when it is far surer', [{ ...CAR, score: 0.8 }, PERSON], 'found car 0.80'],
    ['when a car is a person', [{ ...CAR, class: 'person' }, PERSON], 'found person 0.60'],
    [
      'when something is there that is not',
      [CAR, PERSON, { ...CAR, box: [0, 0, 40, 30] }],
      'which is not there',
    ],
  ])('is missed %s', (_, found, words) => {
    expect(problemOf(found)).toContain(words);
  });
});

test('the figures say how far it was off', () => {
  const found = [
    { ...CAR, score: 0.55 },
    { ...PERSON, box: [200, 100, 212, 130] as const },
  ];
  const { worstIou, worstScoreGap } = checkDetections(found, PLAN, 0.35);
  expect(worstIou).toBeCloseTo(0.75);
  expect(worstScoreGap).toBeCloseTo(0.05);
});
