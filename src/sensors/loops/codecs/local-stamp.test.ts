import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { placeLocalStamp } from './local-stamp.ts';

const NOW = { monoMs: 5_000_000, wallMs: Date.UTC(2026, 4, 1, 8) };
const HOUR = 3_600_000;
const place = (stampMs: number, toleranceMs = 120_000) => placeLocalStamp(stampMs, { at: NOW, toleranceMs });

describe('a stamp in a zone that nobody told', () => {
  it.each([
    ['UTC', 0],
    ['China', 8 * HOUR],
    ['Nepal', 5.75 * HOUR],
    ['Newfoundland', -3.5 * HOUR],
    ['Samoa', 13 * HOUR],
  ])('is understood in %s', (_, zoneMs) => {
    fc.assert(
      fc.property(fc.integer({ min: 0, max: 120_000 }), (ageMs) => {
        return place(NOW.wallMs + zoneMs - ageMs) === NOW.monoMs - ageMs;
      }),
    );
  });

  it('of a clock that is wrong gives way to the moment of arrival', () => {
    expect(place(NOW.wallMs - 200_000)).toBe(NOW.monoMs);
    expect(place(NOW.wallMs - 30 * 24 * HOUR)).toBe(NOW.monoMs);
    expect(place(0)).toBe(NOW.monoMs);
  });

  it('never lies ahead of its arrival', () => {
    expect(place(NOW.wallMs + 8 * HOUR + 40_000)).toBe(NOW.monoMs);
  });
});
