import type { Clock } from '../base/clock.ts';
import type { Logger } from '../runtime/logger.ts';
import type { Store } from '../store/store.ts';
import {
  type CommandPort,
  createUplink,
  type SiteInventory,
  type Uplink,
  type UplinkStatus,
} from '../uplink/uplink.ts';
import type { UplinkPlan } from './plans.ts';

/** How one receiver is doing, and what waits for it. */
export interface UplinkOverview extends UplinkStatus {
  readonly upstream: string;
  /** Address of its broker; credentials never stand in it. */
  readonly url: string;
  readonly pending: number;
}

/** The ways to all receivers. Each goes at its own pace: one that is dead holds up no other. */
export interface Uplinks {
  start(): void;
  notify(): void;
  /** In the order of the plans. */
  overview(): readonly [UplinkOverview, ...UplinkOverview[]];
  /** Gives the last records a chance, says goodbye everywhere, and leaves. */
  stop(deadlineMs: number): Promise<void>;
}

interface Link {
  readonly name: string;
  readonly url: string;
  readonly uplink: Uplink;
}

/** A share of the stop's deadline is kept for the farewells. */
const FAREWELL_MS = 500;
const LOOK_EVERY_MS = 20;
/** Records that were held back for their stamps may go without another one being stored. */
const LOOK_AGAIN_EVERY_MS = 1000;

export function createUplinks(options: {
  readonly plans: readonly [UplinkPlan, ...UplinkPlan[]];
  readonly site: string;
  readonly boot: string;
  readonly store: Store;
  readonly inventory: Omit<SiteInventory, 'upstream'>;
  /** Who takes the platform's commands; null where the site takes none. Others send none. */
  readonly commands: CommandPort | null;
  readonly clock: Clock;
  readonly logger: Logger;
}): Uplinks {
  const { plans, site, boot, store, inventory, commands, clock, logger } = options;
  const linkOf = ({ name, settings }: UplinkPlan, port: CommandPort | null = null): Link => {
    const log = logger.child('uplink');
    const uplink = createUplink({
      ...{ site, session: boot, clock, settings },
      inventory: { ...inventory, upstream: name },
      outbox: store.outbox(name),
      ...(port === null ? {} : { commands: port }),
      log: (level, text, fields) => log[level](text, { upstream: name, ...fields }),
    });
    return { name, url: settings.url, uplink };
  };
  const [first, ...further] = plans;
  const platform = linkOf(first, commands);
  const links = [platform, ...further.map((plan) => linkOf(plan))];
  const overviewOf = ({ name, url, uplink }: Link): UplinkOverview => ({
    ...uplink.status(),
    upstream: name,
    url,
    pending: store.outbox(name).depth(),
  });
  const overview = (): readonly [UplinkOverview, ...UplinkOverview[]] => [
    overviewOf(platform),
    ...links.slice(1).map(overviewOf),
  ];
  const notify = (): void => {
    for (const { uplink } of links) uplink.notify();
  };
  let looking: NodeJS.Timeout | undefined;
  const mayStillDeliver = (): boolean =>
    overview().some(({ state, pending }) => state === 'online' && pending > 0);

  return {
    start() {
      for (const { uplink } of links) uplink.start();
      looking = setInterval(notify, LOOK_AGAIN_EVERY_MS);
    },
    notify,
    overview,
    async stop(deadlineMs) {
      const deadlineAtMs = clock.monoMs() + deadlineMs;
      clearInterval(looking);
      while (mayStillDeliver() && clock.monoMs() < deadlineAtMs - FAREWELL_MS) {
        notify();
        await new Promise((resolve) => setTimeout(resolve, LOOK_EVERY_MS));
      }
      const leftMs = Math.max(FAREWELL_MS, deadlineAtMs - clock.monoMs());
      await Promise.all(links.map(({ uplink }) => uplink.stop(leftMs)));
    },
  };
}
