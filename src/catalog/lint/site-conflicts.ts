import type { Finding } from '../load/problem.ts';
import type { LoopDriver } from '../schema/driver.ts';
import type { Site } from '../schema/site.ts';
import { lintBuses } from './bus-conflicts.ts';
import { lintCameras } from './camera-conflicts.ts';
import { lintLanes } from './lane-conflicts.ts';

/** What a site file of the right shape can still get wrong: parts that do not fit each other. */
export function lintSite(site: Site, drivers: ReadonlyMap<string, LoopDriver>): readonly Finding[] {
  return [
    ...lintLanes(site),
    ...lintBuses(site, drivers),
    ...lintCameras(site),
    ...uplinkFindings(site.uplink),
    ...sensorFindings(site),
  ];
}

const code = 'config-conflict';

function uplinkFindings(uplink: Site['uplink']): readonly Finding[] {
  const { url, user, passwordFile, caFile, certFile, keyFile } = uplink;
  const findings: Finding[] = [];
  if ((certFile === undefined) !== (keyFile === undefined)) {
    const missing = certFile === undefined ? 'certFile' : 'keyFile';
    const message = `expected ${missing} too, found nothing`;
    findings.push({
      code,
      path: ['uplink'],
      message,
      hint: 'A client certificate is certFile and keyFile together.',
    });
  }
  if (passwordFile !== undefined && user === undefined) {
    const hint = 'MQTT has no password without a user name.';
    findings.push({ code, path: ['uplink'], message: 'expected user too, found nothing', hint });
  }
  const encrypted = url.startsWith('mqtts:');
  if (!encrypted && (caFile !== undefined || certFile !== undefined)) {
    const message = 'expected an mqtts:// address, because certificates are named, found mqtt://';
    findings.push({ code, path: ['uplink', 'url'], message, hint: 'Use mqtts:// (usually port 8883).' });
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
