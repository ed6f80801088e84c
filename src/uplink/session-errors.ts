import { RoadsideError } from '../base/errors.ts';
import { tlsTrouble } from './tls-trouble.table.ts';

/** Reason codes of MQTT 5 (section 2.4), and the return codes 1-5 of an MQTT 3.1.1 CONNACK. */
const REASON = {
  wrongVersion: [1, 0x84],
  clientId: [2, 0x85],
  credentials: [4, 5, 0x86, 0x87, 0x8a, 0x8c],
  busy: [3, 0x88, 0x89, 0x8b, 0x96, 0x97, 0x9f],
  takenOver: [0x8e],
  /** Of a DISCONNECT: malformed, protocol error, not authorized, topic, too large, payload format. */
  wrongPacket: [0x81, 0x82, 0x87, 0x90, 0x95, 0x99],
} as const;

const NETWORK_CODES = ['ECONNREFUSED', 'EHOSTUNREACH', 'ENETUNREACH', 'ETIMEDOUT', 'ENETDOWN', 'EPIPE'];

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
  const text = cause.message;
  const cutShort = tls && !secured && !NETWORK_CODES.includes(code);
  const trouble = tlsTrouble({ code, text }) ?? (cutShort ? tlsTrouble({ code: 'EPROTO', text }) : null);
  if (trouble !== null) {
    const { what, hint } = trouble;
    return new RoadsideError('uplink-tls', `no trusted connection to ${broker}: ${what} (${cause.message})`, {
      hint,
      cause,
    });
  }
  if (code === 'ECONNREFUSED') {
    return new RoadsideError(
      'uplink-unreachable',
      `${broker} is there and takes no connection: ${cause.message}`,
      {
        hint: 'Check the port in the address, then ask the platform whether its broker runs and lets this site through.',
        cause,
      },
    );
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
  if (includes(REASON.busy, reason)) {
    return new RoadsideError('uplink-busy', `${broker} cannot take this site now: ${text}`, {
      hint: 'The broker is overloaded, out of its quota or going down; nothing is lost, the gateway tries again by itself.',
    });
  }
  if (includes(REASON.clientId, reason)) {
    return new RoadsideError('uplink-refused', `${broker} does not take this clientId: ${text}`, {
      hint: 'Ask the platform for the clientId of this site and write it into the site file.',
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
  if (blamesPacket(reason) && !includes(REASON.credentials, reason)) {
    return new RoadsideError('uplink-record-refused', `${broker} hung up over what it was sent: ${text}`, {
      hint: 'Tell the platform the reason. A record over which its broker hangs up twice is held back, the rest goes on.',
    });
  }
  return connectRefusal(reason, text, broker);
}

/** The broker hangs up because of a packet: when one record went alone, because of that. */
export function blamesPacket(reason: number): boolean {
  return includes(REASON.wrongPacket, reason);
}

/** The other end hung up with bytes under way; `close` follows, and tells it from a link that never stood. */
export function isReset(cause: Error): boolean {
  return 'code' in cause && (cause.code === 'ECONNRESET' || cause.code === 'EPIPE');
}

/** Several sessions in a row were ended soon after their beginning, without a word: what a clone does under MQTT 3.1.1. */
export function suspectedTakeover(broker: string, sessions: number): RoadsideError {
  return new RoadsideError(
    'uplink-taken-over',
    `${broker} has ended ${sessions} sessions in a row soon after they began, as if another client took them over`,
    {
      hint: 'Two gateways may use one clientId: look for a second gateway with this site’s configuration. Or the broker hangs up over a topic that this account may not use.',
    },
  );
}

/** Nothing has come for one and a half keep-alive periods, not even the answer to a ping. */
export function silentLink(broker: string, keepaliveS: number): RoadsideError {
  return new RoadsideError(
    'uplink-unreachable',
    `nothing has come from ${broker} for ${keepaliveS * 1.5} s: the link is dead, though nobody closed it`,
    { hint: 'Check the mobile link: signal strength, SIM, and whether its address changes often.' },
  );
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

/** The broker has hung up over this record, which went alone, again. MQTT 3.1.1 has no other way to refuse one. */
export function hungUpOver(record: { readonly id: string; readonly bytes: number }): RoadsideError {
  return new RoadsideError(
    'uplink-record-refused',
    `the broker hangs up over ${record.id} (${record.bytes} bytes): it is held back and offered again each minute`,
    {
      hint: 'Ask the platform whether its broker takes this topic and packets of this size; the other records go on.',
    },
  );
}

/** Larger than what the broker, or this gateway, lets through; the broker would hang up over it again and again. */
export function packetTooLarge(packet: {
  readonly what: string;
  readonly bytes: number;
  readonly maxBytes: number;
}): RoadsideError {
  const { what, bytes, maxBytes } = packet;
  return new RoadsideError(
    'uplink-record-refused',
    `${what} takes ${bytes} bytes, and no more than ${maxBytes} can be sent at a time: the rest goes on without it`,
    {
      hint: 'Ask the platform to let larger packets in; the record is still in the store, and a backfill sends it again.',
    },
  );
}

export function subscribeRefusal(topic: string, text: string): RoadsideError {
  return new RoadsideError('uplink-credentials', `the broker does not let us listen to ${topic}: ${text}`, {
    hint: 'Ask the platform to let this site read its own command topic; records are delivered all the same.',
  });
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
