import { openStore, type StoreTotals } from '../store/store.ts';

export type { StoreTotals } from '../store/store.ts';

/** Reads the totals of a store that no gateway is using. */
export function readStoreTotals(file: string): StoreTotals {
  const store = openStore({ file });
  try {
    return store.totals();
  } finally {
    store.close();
  }
}
