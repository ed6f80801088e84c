import type { Clock } from '../base/clock.ts';
import type { LoadedSite } from '../catalog/load/load-site.ts';
import type { Logger } from '../runtime/logger.ts';
import { createSparkplugLink, type SparkplugLink } from '../uplink/sparkplug/sparkplug-link.ts';
import type { UplinkPlan } from './plans.ts';

/** Flow figures for a Sparkplug host, under way from now on; null where the site file names none. */
export function openSparkplug(options: {
  readonly loaded: LoadedSite;
  readonly platform: UplinkPlan;
  readonly clock: Clock;
  readonly logger: Logger;
}): SparkplugLink | null {
  const { loaded, platform, clock } = options;
  const names = loaded.site.uplink.sparkplug;
  if (names === undefined) return null;
  const logger = options.logger.child('sparkplug');
  const link = createSparkplugLink({
    ...{ site: loaded.site.site.id, names, settings: platform.settings, clock },
    log: (level, text, fields) => logger[level](text, fields),
  });
  link.start();
  return link;
}
