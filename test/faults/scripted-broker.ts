import { once } from 'node:events';
import { createServer, type Socket } from 'node:net';

/** A record's publication as the broker reads it off the wire. */
export interface WirePublication {
  readonly packetId: number;
  readonly topic: string;
  readonly payload: string;
}

/** What a broker may do to a client. */
export interface BrokerScript {
  /** Reason code of the CONNACK, 0 when absent; or hangs up without one. */
  readonly connack?: number | 'hang-up';
  /** Answers a publication: by default with its PUBACK. */
  published?(publication: WirePublication, client: WireClient): void;
  /** The connection stands. */
  connected?(client: WireClient): void;
}

export interface WireClient {
  acknowledge(packetId: number): void;
  /** A publication that the client never asked for. */
  publish(topic: string, payload: Buffer): void;
  /** Ends the connection and says why (3.14). */
  disconnect(reason: number): void;
  /** As a link dies: without a goodbye. */
  hangUp(): void;
  /** Bytes that the client has not taken yet; without end once it is gone. */
  waiting(): number;
}

/** A broker of MQTT 5 that does what a script says, by the letter of the standard's packets (chapter 3). */
export interface ScriptedBroker {
  readonly url: string;
  /** Takes effect at once, for connections that stand as well. */
  follow(script: BrokerScript): void;
  /** Connections so far. */
  readonly connects: number;
  dispose(): Promise<void>;
}

const CONNECT = 1;
const PUBLISH = 3;
const PINGREQ = 12;
const DISCONNECT = 14;

export async function startScriptedBroker(): Promise<ScriptedBroker> {
  let script: BrokerScript = {};
  let connects = 0;
  const sockets = new Set<Socket>();
  const server = createServer((socket) => {
    sockets.add(socket);
    socket.on('error', () => undefined).on('close', () => sockets.delete(socket));
    const client = clientOn(socket);
    let rest = Buffer.alloc(0);
    socket.on('data', (bytes: Buffer) => {
      rest = Buffer.concat([rest, bytes]);
      for (let packet = takePacket(rest); packet !== null && socket.writable; packet = takePacket(rest)) {
        rest = rest.subarray(packet.length);
        answer(packet, socket, client);
      }
    });
  });
  const answer = (packet: Packet, socket: Socket, client: WireClient): void => {
    if (packet.kind === CONNECT) {
      connects += 1;
      if (script.connack === 'hang-up') socket.destroy();
      else socket.write(Buffer.from([0x20, 3, 0, script.connack ?? 0, 0]));
      if ((script.connack ?? 0) === 0) script.connected?.(client);
    } else if (packet.kind === PUBLISH) {
      const publication = readPublication(packet);
      // Birth and farewell are the business of every script.
      if (script.published === undefined || publication.topic.endsWith('/state'))
        client.acknowledge(publication.packetId);
      else script.published(publication, client);
    } else if (packet.kind === PINGREQ) socket.write(Buffer.from([0xd0, 0]));
    else if (packet.kind === DISCONNECT) socket.end();
  };
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const address = server.address();
  if (address === null || typeof address === 'string') throw new Error('no port');
  return {
    url: `mqtt://127.0.0.1:${address.port}`,
    follow(next) {
      script = next;
    },
    get connects() {
      return connects;
    },
    async dispose() {
      server.close();
      for (const socket of sockets) socket.destroy();
      await once(server, 'close');
    },
  };
}

function clientOn(socket: Socket): WireClient {
  return {
    acknowledge: (packetId) => void socket.write(Buffer.from([0x40, 2, packetId >> 8, packetId & 0xff])),
    publish(topic, payload) {
      const name = Buffer.from(topic);
      const body = Buffer.concat([
        Buffer.from([name.length >> 8, name.length & 0xff]),
        name,
        Buffer.from([0]),
        payload,
      ]);
      socket.write(Buffer.concat([Buffer.from([0x30]), encodeLength(body.length), body]));
    },
    disconnect: (reason) => void socket.end(Buffer.from([0xe0, 2, reason, 0])),
    hangUp: () => void socket.resetAndDestroy(),
    waiting: () => (socket.writable ? socket.writableLength : Number.POSITIVE_INFINITY),
  };
}

interface Packet {
  readonly kind: number;
  readonly flags: number;
  /** Without the fixed header. */
  readonly body: Buffer;
  /** With it. */
  readonly length: number;
}

/** A variable byte integer and how many bytes it takes (MQTT 5, 1.5.5); null when it is not all there. */
function readLength(bytes: Buffer, from: number): { readonly value: number; readonly bytes: number } | null {
  let value = 0;
  for (let index = 0; index < 4; index += 1) {
    const byte = bytes[from + index];
    if (byte === undefined) return null;
    value += (byte & 0x7f) * 128 ** index;
    if (byte < 0x80) return { value, bytes: index + 1 };
  }
  throw new Error('a length of more than four bytes');
}

function encodeLength(length: number): Buffer {
  const bytes: number[] = [];
  let rest = length;
  do {
    bytes.push((rest % 128) + (rest >= 128 ? 0x80 : 0));
    rest = Math.floor(rest / 128);
  } while (rest > 0);
  return Buffer.from(bytes);
}

function takePacket(bytes: Buffer): Packet | null {
  const length = bytes.length < 2 ? null : readLength(bytes, 1);
  if (length === null) return null;
  const start = 1 + length.bytes;
  const end = start + length.value;
  if (bytes.length < end) return null;
  const first = bytes.readUInt8(0);
  return { kind: first >> 4, flags: first & 0xf, body: bytes.subarray(start, end), length: end };
}

/** QoS 1 only: that is what records are sent with. */
function readPublication({ body }: Packet): WirePublication {
  const nameEnd = 2 + body.readUInt16BE(0);
  const topic = body.toString('utf8', 2, nameEnd);
  const packetId = body.readUInt16BE(nameEnd);
  const properties = readLength(body, nameEnd + 2) ?? { value: 0, bytes: 1 };
  const payload = body.toString('utf8', nameEnd + 2 + properties.bytes + properties.value);
  return { packetId, topic, payload };
}
