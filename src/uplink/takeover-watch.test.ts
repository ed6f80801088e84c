import { describe, expect, it } from 'vitest';
import { createTakeoverWatch, type SessionEnding, SHORT_SESSIONS } from './takeover-watch.ts';

const short: SessionEnding = { lastedMs: 2000, declared: false, orderly: true };
const long: SessionEnding = { ...short, lastedMs: 3_600_000 };
const broken: SessionEnding = { ...short, orderly: false };
const neverAccepted: SessionEnding = { lastedMs: null, declared: false, orderly: false };
const declared: SessionEnding = { ...short, declared: true, orderly: false };

function verdict(endings: readonly SessionEnding[]): boolean {
  const watch = createTakeoverWatch();
  for (const ending of endings) watch.ended(ending);
  return watch.isTakenOver(null);
}

describe('a session taken over by a clone', () => {
  it.each<[string, readonly SessionEnding[], boolean]>([
    ['is known at once when the broker says so', [declared], true],
    ['is suspected after short sessions in a row', [short, short, short], true],
    ['is not suspected after fewer', [short, short], false],
    ['is not what a link does that breaks again and again', Array(20).fill(broken), false],
    ['is not hidden by a link that breaks in between', [short, broken, short, broken, short], true],
    ['is not what a broker does that restarts', [short, neverAccepted, short, neverAccepted, short], false],
    ['is not what a broker does that hangs up now and then', [long, long, long, long], false],
    ['is not over with one longer session', [declared, { ...short, lastedMs: 90_000 }], true],
    ['is over after an undisturbed one', [declared, long], false],
  ])('%s', (_what, endings, expected) => {
    expect(verdict(endings)).toBe(expected);
  });

  it('is over when the present session has lasted, and not before', () => {
    const watch = createTakeoverWatch();
    expect(watch.ended(declared)).toBe(true);
    expect([null, 0, 61_000, 599_999, 600_000].map((ms) => watch.isTakenOver(ms))).toEqual([
      ...[true, true, true, true],
      false,
    ]);
  });

  it('lengthens the pause for each ending by the other, and not for a link that broke meanwhile', () => {
    const watch = createTakeoverWatch();
    const endings = [...Array<SessionEnding>(SHORT_SESSIONS).fill(short), broken, neverAccepted, short];
    expect(endings.map((ending) => watch.ended(ending))).toEqual([false, false, true, true, false, true]);
  });
});
