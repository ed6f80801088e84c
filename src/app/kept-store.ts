import type { Clock } from '../base/clock.ts';
import { messageOf } from '../base/errors.ts';
import type { LoadedSite } from '../catalog/load/load-site.ts';
import type { Logger } from '../runtime/logger.ts';
import { type Healing, openStore, type Store, type UpstreamWish } from '../store/store.ts';
import type { SensorFault } from '../traffic/observations/observation.ts';

const PAGE_BYTES = 4096;
const PRUNE_EVERY_MS = 60_000;
const PRUNE_ROWS = 2000;
/** Rows of a damaged file saved in one turn, and how often: acquisition and relaying go on beside it. */
const SALVAGE_ROWS = 500;
const SALVAGE_EVERY_MS = 200;

/** The store with its housekeeping. */
export interface KeptStore {
  readonly store: Store;
  /** Ends the housekeeping; the store stays open until `store.close`. */
  stop(): void;
}

export interface KeptStoreOptions {
  readonly loaded: LoadedSite;
  readonly boot: string;
  readonly upstreams: readonly UpstreamWish[];
  readonly clock: Clock;
  readonly logger: Logger;
  /** What became of a damaged file. May be called before this function returns. */
  readonly claim: (faults: readonly SensorFault[]) => void;
}

/** @throws RoadsideError store-locked, store-newer, store-not-durable, store-unavailable */
export function openKeptStore(options: KeptStoreOptions): KeptStore {
  const { loaded, boot, upstreams, clock, logger, claim } = options;
  const { site, configRev } = loaded;
  const store = openStore({
    file: site.store.file,
    upstreams,
    origin: { site: site.site.id, boot, configRev },
    coarsestFlowS: Math.max(...site.flow.intervalsS),
    maxPages: Math.floor((site.store.maxMegabytes * 1024 * 1024) / PAGE_BYTES),
    clock,
    onHealed(healing) {
      logger.error('the store was damaged; what could be read was taken over', { ...healing });
      claim(damaged(whatWasHealed(healing), clock.monoMs()));
    },
    onTakenBack(records) {
      logger.error('the log of the store was damaged: what was stored last is lost, and declared', {
        records,
      });
      const detail = `the log was damaged, or the file is an older copy: ${records} records stored last are lost`;
      claim(damaged(detail, clock.monoMs()));
    },
  });
  const guarded = (what: string, work: () => void): void => {
    try {
      work();
    } catch (error) {
      logger.warn(what, { problem: messageOf(error) });
    }
  };
  const pruning = setInterval(
    () =>
      guarded('old records could not be removed', () => {
        const beforeMs = clock.now().wallMs - site.store.retentionDays * 86_400_000;
        store.prune({ beforeMs, limit: PRUNE_ROWS });
      }),
    PRUNE_EVERY_MS,
  );
  const salvaging = setInterval(
    () => guarded('a damaged store could not be read on', () => void store.salvage(SALVAGE_ROWS)),
    SALVAGE_EVERY_MS,
  );
  return {
    store,
    stop() {
      clearInterval(pruning);
      clearInterval(salvaging);
    },
  };
}

function whatWasHealed({ problem, setAside, findings }: Healing): string {
  const { saved, altered, lost, counted } = findings;
  const rest = counted ? `${lost} lost` : 'it is not known how many were lost';
  return `${saved} records saved, ${altered} altered, ${rest}; the file is kept as ${setAside} (${problem})`;
}

/** Damage is over when it is known, so the fault opens and closes at once: it is told, not waited for. */
function damaged(detail: string, atMs: number): readonly SensorFault[] {
  return [true, false].map((active) => ({
    kind: 'sensor-fault',
    sensor: 'store',
    layer: 'process',
    code: 'damaged',
    active,
    atMs,
    detail: detail.slice(0, 500),
  }));
}
