import type { Finding } from '../load/problem.ts';
import type { LoopDriver } from '../schema/driver.ts';
import type { Site } from '../schema/site.ts';
import { PLATFORM } from '../schema/uplink.ts';
import { lintBuses } from './bus-conflicts.ts';
import { lintCameras } from './camera-conflicts.ts';
import { lintLanes } from './lane-conflicts.ts';

/** What a site file of the right shape can still get wrong: parts that do not fit each other. */
export function lintSite(site: Site, drivers: ReadonlyMap<string, LoopDriver>): readonly Finding[] {
  return [
    ...lintLanes(site),
    ...lintBuses(site, drivers),
    ...lintCameras(site),
    ...uplinkFindings(site.uplink, ['uplink']),
    ...site.furtherUplinks.flatMap((uplink, index) => furtherFindings(site, uplink, index)),
    ...sensorFindings(site),
  ];
}

const code = 'config-conflict';

type FurtherUplink = Site['furtherUplinks'][number];

function furtherFindings(site: Site, uplink: FurtherUplink, index: number): readonly Finding[] {
  const path = ['furtherUplinks', index];
  const taken = [PLATFORM, ...site.furtherUplinks.slice(0, index).map(({ id }) => id)];
  const hint = 'Each receiver has a name of its own; platform is the one under uplink.';
  const twice = {
    code,
    path: [...path, 'id'],
    message: `expected another name than ${uplink.id}`,
    hint,
  } as const;
  return [...(taken.includes(uplink.id) ? [twice] : []), ...uplinkFindings(uplink, path)];
}

function uplinkFindings(
  uplink: Pick<FurtherUplink, 'url' | 'user' | 'passwordFile' | 'caFile' | 'certFile' | 'keyFile'>,
  path: readonly (string | number)[],
): readonly Finding[] {
  const { url, user, passwordFile, caFile, certFile, keyFile } = uplink;
  const findings: Finding[] = [];
  if ((certFile === undefined) !== (keyFile === undefined)) {
    const missing = certFile === undefined ? 'certFile' : 'keyFile';
    const message = `expected ${missing} too, found nothing`;
    findings.push({
      code,
      path: [...path],
      message,
      hint: 'A client certificate is certFile and keyFile together.',
    });
  }
  if (passwordFile !== undefined && user === undefined) {
    const hint = 'MQTT has no password without a user name.';
    findings.push({ code, path: [...path], message: 'expected user too, found nothing', hint });
  }
  const encrypted = url.startsWith('mqtts:');
  if (!encrypted && (caFile !== undefined || certFile !== undefined)) {
    const message = 'expected an mqtts:// address, because certificates are named, found mqtt://';
    findings.push({ code, path: [...path, 'url'], message, hint: 'Use mqtts:// (usually port 8883).' });
  }
  return findings;
}

function sensorFindings(site: Site): readonly Finding[] {
  if (site.buses.length > 0 || site.cameras.length > 0) return [];
  const message = 'expected at least one bus or camera, found neither';
  return [
    { code, path: [], message, hint: 'Name the detector cards under buses and the cameras under cameras.' },
  ];
}
