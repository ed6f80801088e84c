import type { OutboxRow } from '../store/outbox.ts';
import type { StoredRecord } from '../traffic/stored-record.ts';
import type { Publication } from './mqtt-session.ts';
import { CONTRACT_VERSION, schemaName } from './payloads/head.ts';
import type { SiteInventory, StatePayload } from './payloads/state.ts';
import { recordTopic, stateTopic, topicLaneOf } from './topics.ts';

/**
 * After this a broker drops live flow for receivers that were away: an hour-old figure helps no signal plan,
 * and whoever needs every interval sees the gap in `seq`. Nothing else expires.
 */
const LIVE_FLOW_EXPIRY_S = 3600;

/** A stored row as it goes out now: the record byte for byte, with the envelope before it. */
export function encodeRecord(
  row: OutboxRow,
  sending: { readonly site: string; readonly wallMs: number; readonly replayed: boolean },
): Publication {
  const { site, wallMs, replayed } = sending;
  const record: StoredRecord = JSON.parse(row.body);
  const schema = schemaName(row.stream);
  const envelope = JSON.stringify({ schema, replayed, publishedAtMs: Math.round(wallMs) });
  return {
    topic: recordTopic({ site, stream: row.stream, lane: topicLaneOf(record), replayed }),
    payload: `${envelope.slice(0, -1)},${row.body.slice(1)}`,
    retain: false,
    expiryS: row.stream === 'flow' && !replayed ? LIVE_FLOW_EXPIRY_S : null,
    properties: { schema, replayed: String(replayed) },
  };
}

/** The retained birth: the site is connected, and this is what it has. */
export function encodeBirth(birth: {
  readonly site: string;
  readonly session: string;
  readonly wallMs: number;
  readonly inventory: SiteInventory;
}): Publication {
  const { site, session, wallMs, inventory } = birth;
  const { version, configRev, lanes, sensors, drivers, models, upstream } = inventory;
  return encodeState({
    schema: schemaName('state'),
    site,
    session,
    state: 'online',
    publishedAtMs: Math.round(wallMs),
    version,
    configRev,
    lanes: [...lanes],
    sensors: [...sensors],
    drivers: [...drivers],
    models: [...models],
    upstream,
    contract: CONTRACT_VERSION,
  });
}

/** The retained farewell, sent by us (`stopped`) or, as the will, by the broker (`lost`). */
export function encodeOffline(offline: {
  readonly site: string;
  readonly session: string;
  readonly reason: 'stopped' | 'lost';
}): Publication {
  return encodeState({ schema: schemaName('state'), ...offline, state: 'offline' });
}

function encodeState(state: StatePayload): Publication {
  return {
    topic: stateTopic(state.site),
    payload: JSON.stringify(state),
    retain: true,
    expiryS: null,
    properties: { schema: state.schema },
  };
}
