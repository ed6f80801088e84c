import { expect, test } from 'vitest';
import { COCO_91_LABELS, COCO_LABELS } from './coco-labels.table.ts';

test('the 80 labels lie at COCO’s own numbers', () => {
  expect(COCO_LABELS).toHaveLength(80);
  expect(COCO_91_LABELS).toHaveLength(91);
  // Annotations of COCO 2017, `categories`.
  const numbers = {
    person: 1,
    car: 3,
    truck: 8,
    'stop sign': 13,
    backpack: 27,
    bottle: 44,
    chair: 62,
    tv: 72,
  };
  for (const [label, number] of Object.entries(numbers)) expect(COCO_91_LABELS[number]).toBe(label);
  expect(COCO_91_LABELS.at(-1)).toBe('toothbrush');
  expect(COCO_91_LABELS.filter((label) => !['background', 'unused'].includes(label))).toEqual(COCO_LABELS);
});
