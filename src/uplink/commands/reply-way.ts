import type { Publication } from '../mqtt-session.ts';
import { schemaName } from '../payloads/head.ts';
import { replyTopic } from '../topics.ts';
import type { CommandPacket } from './judge-command.ts';

/** Where an answer goes, and what it carries so that its receiver knows it again. */
export interface ReplyWay {
  readonly topic: string;
  readonly correlationData: Uint8Array | null;
}

const OWN_LEVEL = /^[A-Za-z0-9_-]{1,64}$/;
const CORRELATION_MAX_BYTES = 128;
/** A platform that was away for longer asks again. */
const REPLY_EXPIRY_S = 3600;

/** MQTT 5 request and response (4.10), within the site's own topics: nobody may have us publish elsewhere. */
export function replyWayOf(packet: CommandPacket, site: string): ReplyWay {
  const { responseTopic = '', correlationData = null } = packet;
  const own = `${replyTopic(site)}/`;
  const isOwn = responseTopic.startsWith(own) && OWN_LEVEL.test(responseTopic.slice(own.length));
  const fits = correlationData !== null && correlationData.length <= CORRELATION_MAX_BYTES;
  return { topic: isOwn ? responseTopic : replyTopic(site), correlationData: fits ? correlationData : null };
}

/** @param text the reply's JSON text, sent as it is */
export function encodeReply(text: string, { topic, correlationData }: ReplyWay): Publication {
  return {
    topic,
    payload: text,
    retain: false,
    expiryS: REPLY_EXPIRY_S,
    properties: { schema: schemaName('reply') },
    ...(correlationData === null ? {} : { correlationData }),
  };
}
