import { expect, test } from 'vitest';
import { unitsInText } from './units.ts';

test.each([
  ["The first camera's place, pixels.", ['pixels']],
  ['How long it stood, s.', ['s']],
  ['Metres in 5 seconds.', ['s']],
  ['Speed, m/s.', ['m/s']],
])('%s speaks of the units %j', (text, units) => {
  expect(unitsInText(text)).toEqual(units);
});
