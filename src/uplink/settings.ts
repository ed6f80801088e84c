import { readFile } from 'node:fs/promises';
import { messageOf, RoadsideError } from '../base/errors.ts';
import { passwordIn } from '../base/password-text.ts';

/** How the site reaches the platform's broker, as the site file says it. */
export interface UplinkSettings {
  /** `mqtt://host[:1883]` or `mqtts://host[:8883]`; credentials never stand in it. */
  readonly url: string;
  /** `roadside-<site>` when absent. Two gateways with one id throw each other out. */
  readonly clientId?: string;
  readonly user?: string;
  readonly passwordFile?: string;
  /** PEM files. `caFile` replaces the system's authorities; `certFile` and `keyFile` identify this site. */
  readonly caFile?: string;
  readonly certFile?: string;
  readonly keyFile?: string;
  /** 15-30 s notices a dead mobile link in time without costing much of its volume. */
  readonly keepaliveS: number;
  /** Records under way at once; the broker may ask for less. Also the most duplicates of one reconnection. */
  readonly window: number;
  /** A broker that takes longer to acknowledge is as good as gone. */
  readonly ackDeadlineMs: number;
  readonly reconnectMinMs: number;
  readonly reconnectMaxMs: number;
  /** Records that are older when they are sent go to the replay topics. */
  readonly liveWithinMs: number;
  /** Of those at most so many in a second; incidents and faults do not count. */
  readonly backfillPerS: number;
  /** The first of them go a random time up to this after a connection. */
  readonly backfillDelayMaxMs: number;
}

export interface BrokerAddress {
  readonly scheme: 'mqtt' | 'mqtts';
  readonly host: string;
  readonly port: number;
}

/** What the files of the settings hold, read anew for each connection so that a correction needs no restart. */
export interface UplinkSecrets {
  readonly password?: string;
  readonly ca?: Buffer;
  readonly cert?: Buffer;
  readonly key?: Buffer;
}

const DEFAULT_PORTS = { mqtt: 1883, mqtts: 8883 } as const;

/** @throws RoadsideError config-invalid */
export function parseBrokerUrl(text: string): BrokerAddress {
  const url = URL.canParse(text) ? new URL(text) : null;
  const scheme = url?.protocol.slice(0, -1);
  if (url === null || url.hostname === '' || (scheme !== 'mqtt' && scheme !== 'mqtts')) {
    throw invalidUrl('the broker address is not an mqtt:// or mqtts:// address');
  }
  if (url.username !== '' || url.password !== '') throw invalidUrl('the broker address holds credentials');
  return {
    scheme,
    host: url.hostname.replace(/^\[(.*)\]$/, '$1'),
    port: url.port === '' ? DEFAULT_PORTS[scheme] : Number(url.port),
  };
}

function invalidUrl(text: string): RoadsideError {
  return new RoadsideError('config-invalid', text, {
    hint: 'Write it as mqtts://platform.example:8883, and the password into a file named by passwordFile.',
  });
}

/** @throws RoadsideError uplink-credentials or uplink-tls when a file cannot be read */
export async function readSecrets(settings: UplinkSettings): Promise<UplinkSecrets> {
  const { passwordFile, caFile, certFile, keyFile } = settings;
  const password = passwordFile === undefined ? undefined : await read(passwordFile, 'uplink-credentials');
  return {
    ...(password === undefined ? {} : { password: passwordIn(password.toString('utf8')) }),
    ...(caFile === undefined ? {} : { ca: await read(caFile, 'uplink-tls') }),
    ...(certFile === undefined ? {} : { cert: await read(certFile, 'uplink-tls') }),
    ...(keyFile === undefined ? {} : { key: await read(keyFile, 'uplink-tls') }),
  };
}

async function read(file: string, code: 'uplink-credentials' | 'uplink-tls'): Promise<Buffer> {
  try {
    return await readFile(file);
  } catch (error) {
    throw new RoadsideError(code, `cannot read ${file}: ${messageOf(error)}`, {
      hint: 'Check the path in the site file and that the user roadside may read the file.',
      cause: error,
    });
  }
}
