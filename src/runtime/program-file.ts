import { extname } from 'node:path';
import { fileURLToPath } from 'node:url';

/**
 * Path of a program beside the caller, `.ts` when the caller runs from source and `.js` when it was built.
 * `programFile(import.meta.url, '../processes/fieldbus')`.
 */
export function programFile(callerUrl: string, relativeWithoutExtension: string): string {
  const caller = fileURLToPath(callerUrl);
  return fileURLToPath(new URL(relativeWithoutExtension + extname(caller), callerUrl));
}
