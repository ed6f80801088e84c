/**
 * Every way this program can refuse, as `area-problem`. A code is never reused for another meaning, because
 * the platform and the technician's notes refer to it.
 */
export type ErrorCode =
  | 'config-unreadable'
  | 'config-syntax'
  | 'config-invalid'
  | 'config-conflict'
  | 'driver-missing'
  | 'driver-invalid'
  | 'driver-example-failed'
  | 'model-missing'
  | 'model-invalid'
  | 'model-corrupt'
  | 'model-unwritable'
  | 'bus-unreachable'
  | 'bus-timeout'
  | 'bus-corrupt-reply'
  | 'bus-exception'
  | 'camera-unreachable'
  | 'camera-stalled'
  | 'camera-no-decoder'
  | 'camera-stream-unusable'
  | 'audit-broken'
  | 'evidence-full'
  | 'evidence-missing'
  | 'evidence-corrupt'
  | 'store-unavailable'
  | 'store-not-durable'
  | 'store-newer'
  | 'store-locked'
  | 'store-full'
  | 'store-corrupt'
  | 'uplink-dns'
  | 'uplink-unreachable'
  | 'uplink-refused'
  | 'uplink-busy'
  | 'uplink-tls'
  | 'uplink-credentials'
  | 'uplink-taken-over'
  | 'uplink-ack-overdue'
  | 'uplink-record-refused'
  | 'process-protocol'
  | 'process-restarts-exhausted'
  | 'control-unreachable'
  | 'recording-invalid'
  | 'usage-invalid';

/** The one error class: a stable code, what happened, and what a technician can do about it. */
export class RoadsideError extends Error {
  override readonly name = 'RoadsideError';
  readonly code: ErrorCode;
  /** One sentence for a technician: what to check or do next. */
  readonly hint: string;

  constructor(
    code: ErrorCode,
    message: string,
    options: { readonly hint: string; readonly cause?: unknown },
  ) {
    super(message, options.cause === undefined ? undefined : { cause: options.cause });
    this.code = code;
    this.hint = options.hint;
  }
}

/** The message of anything thrown, for logs and hints. */
export function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
