import type { OutboxRow } from '../store/outbox.ts';
import type { Publication } from './mqtt-session.ts';
import { CONTRACT_VERSION, schemaName } from './payloads/head.ts';
import type { SiteInventory, StatePayload } from './payloads/state.ts';
import { hasLaneTopics, recordTopic, stateTopic } from './topics.ts';

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
  const schema = schemaName(row.stream);
  const envelope = `{"schema":"${schema}","replayed":${replayed},"publishedAtMs":${Math.round(wallMs)}`;
  return {
    topic: recordTopic({
      site,
      stream: row.stream,
      lane: hasLaneTopics(row.stream) ? laneIn(row.body) : null,
      replayed,
    }),
    payload: `${envelope},${row.body.slice(1)}`,
    retain: false,
    expiryS: row.stream === 'flow' && !replayed ? LIVE_FLOW_EXPIRY_S : null,
    properties: { schema, replayed: String(replayed) },
  };
}

/**
 * A quotation mark inside a text is escaped, so this is a key and its text. No record with a topic for its lane has
 * another text under this key (payloads/flow.ts, passage.ts).
 */
const LANE = /"lane":("(?:[^"\\]|\\.)*")/;

/** To read the whole record for this would cost a tenth of what sending it does. */
function laneIn(body: string): string {
  return JSON.parse(LANE.exec(body)?.[1] ?? '""');
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
