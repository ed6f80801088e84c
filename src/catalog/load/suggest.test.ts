import { describe, expect, it } from 'vitest';
import { closest, suggestion } from './suggest.ts';

describe('a wrong name is answered with the right one', () => {
  it.each([
    ['pollms', 'pollMs'],
    ['poolMs', 'pollMs'],
    ['spacing', 'spacingM'],
    ['loop', 'loops'],
  ])('%s was meant to be %s', (word, expected) => {
    expect(closest(word, ['pollMs', 'spacingM', 'loops', 'unit'])).toBe(expected);
  });

  it('does not guess when nothing is near', () => {
    expect(suggestion('colour', ['id', 'name'])).toBe('There is: id, name.');
  });

  it('does not guess between two that are equally near', () => {
    expect(suggestion('north-3', ['north-1', 'north-2'])).toBe('There is: north-1, north-2.');
  });
});
