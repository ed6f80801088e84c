import { expect, test } from 'vitest';
import { thinningFilter } from './picture-thinning.ts';

test('the grid is as wide as the wanted rate asks, and what comes a quarter early is on it', () => {
  expect(thinningFilter(10)).toContain('between(ld(1),-2*0.100000,-0.25*0.100000),0,');
  expect(thinningFilter(25)).toContain('st(0,ld(0)+0.040000+');
});
