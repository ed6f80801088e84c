import { isBitTable } from '../loops/read-plan.ts';
import {
  BITS_PER_READ,
  READ_FUNCTION,
  REGISTERS_PER_READ,
  type ReadRequest,
  shapeOf,
} from './modbus-frames.ts';

/** A device may answer so many of its response timeouts late and no later; then an old request is forgotten. */
export const LATEST_REPLY_TIMEOUTS = 10;

/** `hold`: every reply this unit could give looks like a late one; it must not be asked yet. */
export type Marker =
  | { readonly kind: 'needless' }
  | { readonly kind: 'ask'; readonly request: ReadRequest }
  | { readonly kind: 'hold' };

/**
 * An RTU reply names no request, so after a timeout the late reply to the old request and the reply to a new
 * one of the same shape look alike; a slow device that answers in order would then be one reply behind for
 * ever. What tells them apart is a reply of another shape: a device answers in the order it was asked, so
 * once a request of a shape that is not in doubt has been answered, no older reply can follow.
 *
 * Says what settles the doubt before `request` may be sent: the same read cut shorter, another read of this
 * device, or, where it has only one of the smallest size, a longer one: its refusal is an answer as well.
 */
export function pickMarker(
  request: ReadRequest,
  others: readonly ReadRequest[],
  doubted: ReadonlySet<string>,
): Marker {
  if (!doubted.has(shapeKey(request))) return { kind: 'needless' };
  const step = isBitTable(request.table) ? 8 : 1;
  for (let quantity = request.quantity - step; quantity > 0; quantity -= step) {
    const shorter = { ...request, quantity };
    if (!doubted.has(shapeKey(shorter))) return { kind: 'ask', request: shorter };
  }
  const other = others.find((candidate) => !doubted.has(shapeKey(candidate)));
  if (other !== undefined) return { kind: 'ask', request: other };
  const longer = { ...request, quantity: request.quantity + step };
  const isOnlyOne = request.quantity <= step && isReadable(longer);
  return isOnlyOne && !doubted.has(shapeKey(longer)) ? { kind: 'ask', request: longer } : { kind: 'hold' };
}

function isReadable(request: ReadRequest): boolean {
  const limit = isBitTable(request.table) ? BITS_PER_READ : REGISTERS_PER_READ;
  return request.quantity <= limit && request.address + request.quantity - 1 <= 65_536;
}

export function shapeKey(request: ReadRequest): string {
  return `${READ_FUNCTION[request.table]}:${shapeOf(request).byteCount}`;
}

/** The shapes in doubt of every unit of one bus. */
export interface Doubts {
  of(unit: number, nowMs: number): ReadonlySet<string>;
  /** `request` was not answered; until `untilMs` its reply may still come. */
  add(request: ReadRequest, untilMs: number): void;
  settle(unit: number): void;
}

const NO_DOUBT: ReadonlySet<string> = new Set();

export function createDoubts(): Doubts {
  const units = new Map<number, { readonly shapes: Set<string>; untilMs: number }>();
  return {
    of(unit, nowMs) {
      const doubt = units.get(unit);
      if (doubt === undefined) return NO_DOUBT;
      if (nowMs <= doubt.untilMs) return doubt.shapes;
      units.delete(unit);
      return NO_DOUBT;
    },
    add(request, untilMs) {
      const doubt = units.get(request.unit) ?? { shapes: new Set<string>(), untilMs };
      doubt.shapes.add(shapeKey(request));
      doubt.untilMs = untilMs;
      units.set(request.unit, doubt);
    },
    settle: (unit) => void units.delete(unit),
  };
}
