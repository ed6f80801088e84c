/** Larger commands are not looked at. A proposed site file with its JSON escapes fits. */
export const COMMAND_MAX_BYTES = 192 * 1024;
/** Commands nest three deep. */
const MAX_DEPTH = 8;
/** Names by which a program can be led to write where it did not mean to. */
const FORBIDDEN_KEYS: readonly string[] = ['__proto__', 'constructor', 'prototype'];

const QUOTE = 0x22;
const BACKSLASH = 0x5c;
const OPENING: readonly number[] = [0x5b, 0x7b];
const CLOSING: readonly number[] = [0x5d, 0x7d];

/** JSON that may be looked into, or why not. Size and depth are judged before anything parses. */
export type ParsedPacket =
  | { readonly kind: 'json'; readonly value: unknown }
  | { readonly kind: 'refused'; readonly reason: 'oversize' | 'malformed'; readonly detail: string };

export function parsePacket(bytes: Uint8Array): ParsedPacket {
  if (bytes.length > COMMAND_MAX_BYTES) {
    const detail = `${bytes.length} bytes, more than ${COMMAND_MAX_BYTES}`;
    return { kind: 'refused', reason: 'oversize', detail };
  }
  const malformed = (detail: string): ParsedPacket => ({ kind: 'refused', reason: 'malformed', detail });
  if (isTooDeep(bytes)) return malformed(`nested deeper than ${MAX_DEPTH}`);
  let value: unknown;
  try {
    value = JSON.parse(new TextDecoder('utf-8', { fatal: true }).decode(bytes));
  } catch {
    return malformed('not JSON in UTF-8');
  }
  return hasForbiddenKey(value) ? malformed('a key that no command has') : { kind: 'json', value };
}

/** Counts brackets outside texts, without building anything. */
function isTooDeep(bytes: Uint8Array): boolean {
  let depth = 0;
  let inText = false;
  for (let index = 0; index < bytes.length; index += 1) {
    const byte = bytes[index] ?? 0;
    if (inText) {
      if (byte === BACKSLASH) index += 1;
      else if (byte === QUOTE) inText = false;
    } else if (byte === QUOTE) inText = true;
    else if (OPENING.includes(byte)) {
      depth += 1;
      if (depth > MAX_DEPTH) return true;
    } else if (CLOSING.includes(byte)) depth -= 1;
  }
  return false;
}

function hasForbiddenKey(value: unknown): boolean {
  if (typeof value !== 'object' || value === null) return false;
  return Object.entries(value).some(([key, item]) => FORBIDDEN_KEYS.includes(key) || hasForbiddenKey(item));
}
