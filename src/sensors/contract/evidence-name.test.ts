import { posix } from 'node:path';
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { evidenceName, isEvidenceName } from './evidence-name.ts';

test("an incident's files carry its id", () => {
  expect(evidenceName('city-cross/0a1b2c3d4e5f/12', 'picture')).toBe('city-cross-0a1b2c3d4e5f-12.jpg');
  expect(evidenceName('city-cross/0a1b2c3d4e5f/12', 'clip')).toBe('city-cross-0a1b2c3d4e5f-12.mp4');
});

test('whatever an id holds, its files stay in their folder', () => {
  const hostile = fc.oneof(
    fc.string({ unit: 'binary', maxLength: 300 }),
    fc.constantFrom('../../etc/passwd', '..', '/', 'a\0b', 'C:\\x', '-rf', '.part', ''),
  );
  fc.assert(
    fc.property(hostile, (incident) => {
      const name = evidenceName(incident, 'clip');
      expect(isEvidenceName(name)).toBe(true);
      expect(posix.join('/evidence', name)).toBe(`/evidence/${name}`);
      expect(name).not.toMatch(/[/\\\0]|^[.-]/);
    }),
  );
});

test.each([
  '../a.jpg',
  'a/b.jpg',
  '.a.jpg',
  'a.jpg.part',
  'a.png',
  'A.JPG',
  'a.jpg\n',
  '',
  'a..jpg',
  '-a.jpg',
])('the name %j is none of ours', (name) => {
  expect(isEvidenceName(name)).toBe(false);
});
