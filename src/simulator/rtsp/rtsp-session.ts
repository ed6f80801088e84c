import { randomBytes } from 'node:crypto';
import type { Socket } from 'node:net';
import { type Credentials, challengeHeader, isAuthorized } from './digest-authentication.ts';
import { interleavedHeader } from './rtp-packets.ts';
import { createRtspRequestReader, type RtspRequest } from './rtsp-request.ts';
import { TRACK } from './session-description.ts';

/** One client's connection to the simulated camera. */
export interface RtspSession {
  /** Sends a picture's packets, from the first key picture after PLAY on: nobody can start in between. */
  send(picture: { readonly packets: readonly Buffer[]; readonly key: boolean }): void;
  /** The stream will have a hole: the client gets nothing more until the next key picture. */
  awaitKey(): void;
}

export interface RtspSessionOptions {
  /** `/cam` */
  readonly path: string;
  readonly description: string;
  readonly credentials: Credentials | null;
}

/** A client that lets this much pile up does not read any more; a camera drops it too. */
const CLIENT_BACKLOG_LIMIT_BYTES = 4 * 1024 * 1024;
const REALM = 'simulated camera';

interface Reply {
  readonly status: string;
  readonly headers?: readonly string[];
  readonly body?: string;
}

export function serveRtspSession(socket: Socket, options: RtspSessionOptions): RtspSession {
  const reader = createRtspRequestReader();
  const session = randomBytes(4).toString('hex');
  const challenge = { realm: REALM, nonce: randomBytes(16).toString('hex') };
  let channel: number | null = null;
  let playing = false;
  let waitsForKey = true;

  const setup = (request: RtspRequest): Reply => {
    const transport = request.headers.get('transport') ?? '';
    const [, rtp] = /^RTP\/AVP\/TCP;.*interleaved=(\d{1,3})-\d{1,3}/.exec(transport) ?? [];
    if (rtp === undefined || Number(rtp) > 254) return { status: '461 Unsupported Transport' };
    channel = Number(rtp);
    const interleaved = `RTP/AVP/TCP;unicast;interleaved=${channel}-${channel + 1}`;
    return { status: '200 OK', headers: [`Transport: ${interleaved}`, `Session: ${session};timeout=60`] };
  };

  const answerAuthorized = (request: RtspRequest): Reply => {
    if (!isBelow(request.url, options.path)) return { status: '404 Not Found' };
    const inSession = { status: '200 OK', headers: [`Session: ${session}`] };
    switch (request.method) {
      case 'DESCRIBE':
        return {
          status: '200 OK',
          headers: ['Content-Type: application/sdp', `Content-Base: ${request.url}/`],
          body: options.description,
        };
      case 'SETUP':
        return setup(request);
      case 'PLAY':
        if (channel === null) return { status: '455 Method Not Valid in This State' };
        playing = true;
        waitsForKey = true;
        return { ...inSession, headers: [...inSession.headers, 'Range: npt=now-'] };
      case 'GET_PARAMETER':
        return inSession;
      case 'TEARDOWN':
        playing = false;
        return inSession;
      default:
        return { status: '405 Method Not Allowed' };
    }
  };

  const answer = (request: RtspRequest): Reply => {
    if (request.method === 'OPTIONS') {
      return {
        status: '200 OK',
        headers: ['Public: OPTIONS, DESCRIBE, SETUP, PLAY, GET_PARAMETER, TEARDOWN'],
      };
    }
    const authorization = request.headers.get('authorization');
    const { credentials } = options;
    if (
      credentials !== null &&
      !isAuthorized({ method: request.method, authorization }, { challenge, credentials })
    ) {
      return { status: '401 Unauthorized', headers: [`WWW-Authenticate: ${challengeHeader(challenge)}`] };
    }
    return answerAuthorized(request);
  };

  socket.on('error', () => socket.destroy());
  socket.on('data', (chunk) => {
    const requests = reader.read(chunk);
    if (requests === 'malformed') {
      socket.destroy();
      return;
    }
    for (const request of requests) socket.write(encodeReply(request, answer(request)));
  });

  return {
    send({ packets, key }) {
      if (!playing || channel === null || socket.destroyed) return;
      if (key) waitsForKey = false;
      if (waitsForKey) return;
      socket.cork();
      for (const packet of packets) {
        socket.write(interleavedHeader({ channel, bytes: packet.length }));
        socket.write(packet);
      }
      socket.uncork();
      if (socket.writableLength > CLIENT_BACKLOG_LIMIT_BYTES) socket.destroy();
    },
    awaitKey() {
      waitsForKey = true;
    },
  };
}

function encodeReply(request: RtspRequest, reply: Reply): string {
  const lines = [`RTSP/1.0 ${reply.status}`, `CSeq: ${request.headers.get('cseq') ?? '0'}`];
  if (reply.headers !== undefined) lines.push(...reply.headers);
  if (reply.body !== undefined) lines.push(`Content-Length: ${Buffer.byteLength(reply.body)}`);
  return `${lines.join('\r\n')}\r\n\r\n${reply.body ?? ''}`;
}

/** Clients address the stream, the stream with a slash, or its track. */
function isBelow(url: string, path: string): boolean {
  const asked = URL.canParse(url) ? new URL(url).pathname : url;
  return asked === path || asked === `${path}/` || asked === `${path}/${TRACK}`;
}
