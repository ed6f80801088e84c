/**
 * Vehicle detectors that speak GB/T 43229-2023, over TCP or a serial line. Vehicles come from the statistics
 * (object 0302) alone: they say from when to when they counted and are acknowledged, so each vehicle is told
 * once. The realtime record (0301) tells the same vehicles again, unacknowledged; passage states (0401) and
 * events on the road (0601) are about areas, not loops: heard and left. The device's clock is not set.
 */
import { RoadsideError } from '../../../base/errors.ts';
import type { FrameDevicePlan } from '../../contract.ts';
import type { DeviceSession, Exchange, Moment, SessionSays } from '../device-session.ts';
import { createCrc16 } from './crc16.ts';
import { createGbt43229Claims } from './gbt43229-claims.ts';
import {
  type Crc16,
  createFrameReader,
  type DataTable,
  ERROR_CODE,
  encodeFrame,
  errorWords,
  OBJECT,
  OPERATION,
} from './gbt43229-frames.ts';

/** Table 5: asked each 5 s; three questions without an answer, and the detector is off line. */
const LINK_EVERY_MS = 5000;
const IDENTITY = /^[0-9a-f]{14}$/;
/** Uploads that want no acknowledgement: 7.3 and Table 5. */
const UNACKNOWLEDGED: ReadonlySet<number> = new Set([
  OBJECT.time,
  OBJECT.realtime,
  OBJECT.passageState,
  OBJECT.roadEvent,
  OBJECT.nonMotorRealtime,
]);

/** The exchanges by their index. */
const [LINK, STATISTICS] = [0, 1];

/** Throws RoadsideError `config-invalid` when the plan is not one for this codec. */
export function createGbt43229Session(plan: FrameDevicePlan): DeviceSession {
  const { codec, identity } = plan;
  if (codec.name !== 'gbt43229' || identity === null || !IDENTITY.test(identity)) {
    throw new RoadsideError('config-invalid', `${plan.id} is no GB/T 43229 detector with an identity`, {
      hint: 'Give the device an identity: its 7 bytes in hexadecimal, as in the frames that it sends.',
    });
  }
  const crc16 = createCrc16({
    polynomial: codec.crcPolynomial,
    initial: codec.crcInitial,
    reflected: codec.crcReflected,
  });
  const reader = createFrameReader(crc16);
  const claims = createGbt43229Claims(plan);
  const { encode, send, refuse, addressAs } = createVoice(identity, crc16);
  const link: Exchange = { name: 'link', everyMs: LINK_EVERY_MS, pushed: false, countsAsReading: false };
  const statistics: Exchange = {
    name: 'statistics',
    everyMs: plan.everyMs,
    pushed: true,
    countsAsReading: true,
  };
  let isLinkAsked = false;
  /** States are told when they change: what they were before the line was there has to be asked for. */
  let areStatesAsked = false;
  let discardedBytes = 0;

  const askStates = (): readonly SessionSays[] => {
    if (areStatesAsked) return [];
    areStatesAsked = true;
    return [send(OPERATION.query, OBJECT.status)];
  };

  /** What a content says; null when it cannot be understood. */
  const claim = ({ object, content }: DataTable, at: Moment): readonly SessionSays[] | null => {
    const observations =
      object === OBJECT.status ? claims.status(content, at) : claims.statistics(content, at);
    if (observations === null) return null;
    return observations.length === 0 ? [] : [{ kind: 'observations', observations }];
  };

  const receiveUpload = (table: DataTable, at: Moment): readonly SessionSays[] => {
    const { object } = table;
    if (UNACKNOWLEDGED.has(object)) return [];
    if (object !== OBJECT.status && object !== OBJECT.statistics) return [refuse(object, ERROR_CODE.object)];
    const said = claim(table, at);
    if (said === null) return [notUnderstood(object), refuse(object, ERROR_CODE.content)];
    const isReading = object === OBJECT.statistics && said.length > 0;
    const acknowledge = send(OPERATION.uploadReply, object);
    return isReading
      ? [...said, { kind: 'answered', exchange: STATISTICS }, acknowledge]
      : [...said, acknowledge];
  };

  const receiveReply = (table: DataTable, at: Moment): readonly SessionSays[] => {
    if (table.object === OBJECT.status) return claim(table, at) ?? [notUnderstood(OBJECT.status)];
    if (table.object !== OBJECT.link || !isLinkAsked) return [];
    isLinkAsked = false;
    return [{ kind: 'answered', exchange: LINK }, ...askStates()];
  };

  const receiveError = ({ object, content }: DataTable): readonly SessionSays[] => {
    // Table B.77 leaves the object open: it may be missing.
    if (!isLinkAsked || !(object === OBJECT.link || object === 0)) return [];
    isLinkAsked = false;
    return [{ kind: 'refused', exchange: LINK, why: errorWords(content[0]) }];
  };

  const receiveTable = (table: DataTable, at: Moment): readonly SessionSays[] => {
    addressAs(table.receiver);
    const isLink = table.object === OBJECT.link;
    switch (table.operation) {
      case OPERATION.query:
        return [isLink ? send(OPERATION.queryReply, OBJECT.link) : refuse(table.object, ERROR_CODE.object)];
      case OPERATION.set:
        if (!isLink) return [refuse(table.object, ERROR_CODE.object)];
        return [send(OPERATION.setReply, OBJECT.link), ...askStates()];
      case OPERATION.upload:
        return receiveUpload(table, at);
      case OPERATION.queryReply:
        return receiveReply(table, at);
      case OPERATION.error:
        return receiveError(table);
      default:
        return [];
    }
  };

  return {
    exchanges: [link, statistics],
    get discardedBytes() {
      return discardedBytes + reader.discardedBytes;
    },
    ask() {
      isLinkAsked = true;
      return encode(OPERATION.query, OBJECT.link);
    },
    receive(bytes, at) {
      return reader.read(bytes).flatMap((found): readonly SessionSays[] => {
        const sender = found.kind === 'frame' ? found.table.sender : found.sender;
        if (found.kind === 'frame' && sender === identity) return receiveTable(found.table, at);
        discardedBytes += found.bytes;
        const isOurs = found.kind === 'unusable' && sender === identity;
        return isOurs ? [{ kind: 'corrupt', why: found.why }] : [];
      });
    },
    interrupt(why) {
      isLinkAsked = false;
      if (why === 'timeout') return; // half a frame that the detector sends by itself is not the answer's
      areStatesAsked = false;
      reader.forget();
    },
  };
}

function notUnderstood(object: number): SessionSays {
  const name = object === OBJECT.status ? 'status' : 'statistics';
  return { kind: 'corrupt', why: `the content of the ${name} is not laid out as the standard says` };
}

interface Voice {
  encode(operation: number, object: number): Uint8Array;
  send(operation: number, object: number): SessionSays;
  refuse(object: number, code: number): SessionSays;
  /** What the device takes us for: it may refuse a controller that it does not know. */
  addressAs(ourIdentity: string): void;
}

/** Frames from us to one device. */
function createVoice(receiver: string, crc16: Crc16): Voice {
  let sender = controllerIdentity(receiver);
  const encode = (operation: number, object: number, ...content: readonly number[]): Uint8Array =>
    encodeFrame({ sender, receiver, operation, object, content: Uint8Array.from(content) }, crc16);
  return {
    encode,
    send: (operation, object) => ({ kind: 'send', bytes: encode(operation, object) }),
    refuse: (object, code) => ({ kind: 'send', bytes: encode(OPERATION.error, object, code) }),
    addressAs(ourIdentity) {
      if (namesSomebody(ourIdentity)) sender = ourIdentity;
    },
  };
}

/** Table 2: the signal controller (type bit 0) with the number 1 of the detector's own division. */
function controllerIdentity(detector: string): string {
  return `${detector.slice(0, 6)}01000100`;
}

/** Number FFFF means everybody; all zero is what a detector may send before it knows its controller. */
function namesSomebody(identity: string): boolean {
  return !identity.endsWith('ffff') && !/^0*$/.test(identity);
}
