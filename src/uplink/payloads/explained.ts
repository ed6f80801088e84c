import { z } from 'zod';

/**
 * One of some words, each explained where it is listed: no value reaches a receiver without its meaning.
 *
 * @param text what the field says, one sentence
 * @param meanings by value, without a full stop
 */
export function explained<const V extends string>(text: string, meanings: Readonly<Record<V, string>>) {
  const values = Object.keys(meanings) as V[];
  const list = values.map((value) => `\`${value}\`: ${meanings[value]}`).join('; ');
  return z.enum(values as [V, ...V[]]).describe(`${text} ${list}.`);
}
