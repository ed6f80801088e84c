import { messageOf, RoadsideError } from '../base/errors.ts';

/**
 * Runs the parsing of a command's arguments; what it does not like is the technician's mistake, not ours.
 *
 * @throws RoadsideError usage-invalid with the usage as its hint
 */
export function parseUsage<T>(usage: string, parse: () => T): T {
  try {
    return parse();
  } catch (error) {
    throw new RoadsideError('usage-invalid', messageOf(error), { hint: usage, cause: error });
  }
}

/** A whole number within limits, from an option of this name. */
export function parseWhole(
  name: string,
  text: string,
  limits: { readonly from: number; readonly to: number },
): number {
  const value = Number(text);
  if (text.trim() === '' || !Number.isInteger(value) || value < limits.from || value > limits.to) {
    throw new RangeError(`${name} is a whole number from ${limits.from} to ${limits.to}, not "${text}"`);
  }
  return value;
}

/** `1-32,40,254` → every number of it once, in order. */
export function parseRanges(
  name: string,
  text: string,
  limits: { readonly from: number; readonly to: number },
): readonly number[] {
  const numbers = text.split(',').flatMap((part) => {
    const [first = '', last = first, ...more] = part.split('-').map((side) => side.trim());
    if (more.length > 0) throw new RangeError(`${name} is a list such as 1-32,40, not "${text}"`);
    const from = parseWhole(name, first, limits);
    const to = parseWhole(name, last, limits);
    if (from > to) throw new RangeError(`${name}: ${first} comes after ${last}`);
    return Array.from({ length: to - from + 1 }, (_, index) => from + index);
  });
  return [...new Set(numbers)];
}

/** A moment as ISO 8601; without a time zone it is UTC, like everything that is stored. */
export function parseMoment(name: string, text: string): number {
  const hasZone = /(?:Z|[+-]\d\d:?\d\d)$/.test(text);
  const moment = Date.parse(hasZone || !text.includes('T') ? text : `${text}Z`);
  if (!/^\d{4}-\d\d-\d\d/.test(text) || Number.isNaN(moment)) {
    throw new RangeError(`${name} is a moment such as 2026-05-01T08:00:00Z, not "${text}"`);
  }
  return moment;
}
