import { withoutWrittenPassword } from '../base/address-password.ts';

/** Deeper than this a logged value is a mistake; it is cut rather than walked. */
const MAX_DEPTH = 6;
const SECRET_NAME = /pass(word|phrase)|secret|token|credential|(^|[a-z_-])key$/i;
const HIDDEN = '[hidden]';
/** `rtsp://user:password@host`: the part before the @ never belongs in a log. */
const URL_CREDENTIALS = /\b([a-z][a-z0-9+.-]*:\/\/)[^\s/?#@]*@/gi;

/** Text without the credentials of the URLs in it. */
export function redactText(text: string): string {
  return withoutWrittenPassword(text.replace(URL_CREDENTIALS, `$1${HIDDEN}@`));
}

/** A copy that may be logged: values under secret-looking names hidden at any depth, errors made plain. */
export function redact(value: unknown, depth = 0): unknown {
  if (typeof value === 'string') return redactText(value);
  if (typeof value === 'bigint') return String(value);
  if (typeof value !== 'object' || value === null) return value;
  if (depth >= MAX_DEPTH) return '[deeper]';
  if (value instanceof Error) return redact(plainError(value), depth);
  if (ArrayBuffer.isView(value)) return `[${value.byteLength} bytes]`;
  if (Array.isArray(value)) return value.map((item) => redact(item, depth + 1));
  return Object.fromEntries(
    Object.entries(value).map(([name, item]) => [
      name,
      SECRET_NAME.test(name) && isPresent(item) ? HIDDEN : redact(item, depth + 1),
    ]),
  );
}

/** That a secret is missing is worth knowing, and gives nothing away. */
function isPresent(value: unknown): boolean {
  return value !== null && value !== undefined && value !== '';
}

function plainError(error: Error): Record<string, unknown> {
  // `code` and `hint` of our own errors are own properties; message, stack and cause are not enumerable.
  const { name, message, stack, cause } = error;
  return { ...error, name, message, stack, ...(cause === undefined ? {} : { cause }) };
}
