import type { ClassScheme } from '../site-definition.ts';

/** The bin that a length falls into; null without a length, or above the last bin. */
export function lengthClassOf(scheme: ClassScheme, lengthM: number | null): string | null {
  if (lengthM === null) return null;
  return scheme.bins.find(({ belowM }) => lengthM < belowM)?.name ?? null;
}
