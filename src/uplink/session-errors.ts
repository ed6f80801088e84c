import { RoadsideError } from '../base/errors.ts';

/** Reason codes of MQTT 5 (section 2.4), and the return codes 1-5 of an MQTT 3.1.1 CONNACK. */
const REASON = {
  wrongVersion: [1, 0x84],
  credentials: [4, 5, 0x86, 0x87, 0x8a, 0x8c],
  takenOver: [0x8e],
} as const;

const NETWORK_CODES = ['ECONNREFUSED', 'EHOSTUNREACH', 'ENETUNREACH', 'ETIMEDOUT', 'ENETDOWN', 'EPIPE'];
const CERTIFICATE_CODES =
  /^(ERR_TLS|ERR_SSL|ERR_OSSL|EPROTO|CERT_|DEPTH_ZERO|SELF_SIGNED|UNABLE_TO|HOSTNAME_MISMATCH|INVALID_CA|CRL_)/;

/** Refuses a version of MQTT that the broker speaks otherwise. */
export function isVersionRefusal(reason: number): boolean {
  return includes(REASON.wrongVersion, reason);
}

/** A connection that failed or broke below MQTT. `secured`: the TLS handshake, if any, was done. */
export function transportError(failure: {
  readonly cause: Error;
  readonly broker: string;
  readonly tls: boolean;
  readonly secured: boolean;
}): RoadsideError {
  const { cause, broker, tls, secured } = failure;
  const code = 'code' in cause && typeof cause.code === 'string' ? cause.code : '';
  if (code === 'ENOTFOUND' || code === 'EAI_AGAIN') {
    return new RoadsideError('uplink-dns', `nobody knows the address of ${broker}: ${cause.message}`, {
      hint: 'Check the broker name for typing errors, then the name server of the mobile link.',
      cause,
    });
  }
  if (CERTIFICATE_CODES.test(code) || (tls && !secured && !NETWORK_CODES.includes(code))) {
    return new RoadsideError('uplink-tls', `no trusted connection to ${broker}: ${cause.message}`, {
      hint: 'Check that caFile is the authority of the broker, that the address is the name in its certificate, and that the clock is right.',
      cause,
    });
  }
  return new RoadsideError('uplink-unreachable', `no connection to ${broker}: ${cause.message}`, {
    hint: 'Check the mobile link and the SIM, then whether the broker runs and its port is open.',
    cause,
  });
}

/** The broker answered the CONNECT with a refusal. */
export function connectRefusal(reason: number, text: string, broker: string): RoadsideError {
  if (includes(REASON.credentials, reason)) {
    return new RoadsideError('uplink-credentials', `${broker} does not accept this site: ${text}`, {
      hint: 'Check user and passwordFile, and that the platform has set up an account for this site.',
    });
  }
  return new RoadsideError('uplink-refused', `${broker} refused the connection: ${text}`, {
    hint: 'Tell the platform the reason that the broker gave; the gateway tries again by itself.',
  });
}

/** The broker ended an MQTT 5 connection and said why. */
export function disconnectReason(reason: number, text: string, broker: string): RoadsideError {
  if (includes(REASON.takenOver, reason)) {
    return new RoadsideError('uplink-taken-over', `another client took over the session at ${broker}`, {
      hint: 'Two gateways use one clientId: look for a second gateway with the configuration of this site.',
    });
  }
  return connectRefusal(reason, text, broker);
}

/** The connection ended without a word, as every MQTT 3.1.1 broker does it. */
export function silentClose(broker: string, connected: boolean): RoadsideError {
  return connected
    ? new RoadsideError('uplink-unreachable', `the connection to ${broker} was closed`, {
        hint: 'Check the mobile link. If it repeats every few seconds, another gateway may use this clientId.',
      })
    : new RoadsideError('uplink-refused', `${broker} closed the connection instead of answering`, {
        hint: 'Check the port, and whether the broker wants mqtts:// (TLS) where the site file says mqtt://.',
      });
}

/** The broker took a record and refused it. The record stays in the outbox. */
export function publishRefusal(reason: number, text: string, topic: string): RoadsideError {
  const credentials = includes(REASON.credentials, reason);
  return new RoadsideError(
    credentials ? 'uplink-credentials' : 'uplink-record-refused',
    `the broker refused to take ${topic}: ${text}`,
    {
      hint: credentials
        ? 'Ask the platform to let this site publish below roadside/v1/<site>/.'
        : 'Tell the platform the reason; the records wait in the store and are offered again.',
    },
  );
}

export function ackOverdue(broker: string, deadlineMs: number): RoadsideError {
  return new RoadsideError(
    'uplink-ack-overdue',
    `${broker} has not acknowledged a record for ${deadlineMs} ms`,
    { hint: 'The link is too weak or the broker overloaded; nothing is lost. Check the signal strength.' },
  );
}

function includes(list: readonly number[], value: number): boolean {
  return list.includes(value);
}
