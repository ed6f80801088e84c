import type { Store } from '../store/store.ts';
import { learnedLengths } from '../traffic/flow/learned-lengths.ts';
import type { FlowRecord } from '../traffic/record.ts';
import type { EarlierRuns } from '../traffic/site-state.ts';

/** Beyond the intervals of all lanes, sources and widths of the last hour of a large site. */
const NEWEST_FLOWS = 2000;

/** What earlier runs left in the store. */
export function readEarlierRuns(store: Pick<Store, 'openFaults' | 'lastStoredMs' | 'newest'>): EarlierRuns {
  const flows = store
    .newest({ stream: 'flow', limit: NEWEST_FLOWS })
    .map(({ body }) => JSON.parse(body) as Partial<FlowRecord>);
  return {
    openFaults: store.openFaults(),
    lastStoredMs: store.lastStoredMs(),
    learnedLengths: learnedLengths(flows),
  };
}
