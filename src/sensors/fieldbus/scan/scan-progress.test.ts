import { expect, it } from 'vitest';
import { createProgress, TELL_EVERY_MS } from './scan-progress.ts';

it('a scan counts what it asks, forgets what it skips, and does not flood a screen', () => {
  const progress = createProgress(30);
  const first = progress.line(20);
  expect(first.next(0)).toEqual({ done: 0, of: 30 });
  expect(first.next(TELL_EVERY_MS / 2)).toBeNull();
  expect(first.next(TELL_EVERY_MS)).toEqual({ done: 2, of: 30 });
  first.end();
  const second = progress.line(10);
  expect(second.next(2 * TELL_EVERY_MS)).toEqual({ done: 3, of: 13 });
});
