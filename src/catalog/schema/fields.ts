import { z } from 'zod';
import { ID_PATTERN } from '../../base/ids.ts';

/*
 * Fields that the parts of a site file share. Two conventions let every refusal explain itself
 * (load/validate.ts): a `description` is the hint that a technician and the editor see, and the text of a
 * custom check is what was expected.
 */

export const idSchema = z
  .string()
  .regex(ID_PATTERN, { error: 'a name of 1 to 40 lower-case letters, digits and hyphens' });

export const label = z.string().min(1).max(100).describe('A name for people, in any language.');
export const filePath = z.string().min(1).max(1000);
export const user = z.string().min(1).max(128).describe('User name; the password stands in passwordFile.');
export const passwordFile = filePath.describe('A file that holds the password and nothing else, mode 0600.');

export function isUrl(text: string, protocols: readonly string[]): boolean {
  const url = URL.parse(text);
  return url !== null && protocols.includes(url.protocol) && url.hostname !== '';
}

export function hasNoUserinfo(text: string): boolean {
  const url = URL.parse(text);
  return url === null || (url.username === '' && url.password === '');
}
