import { randomInt } from 'node:crypto';
import { once } from 'node:events';
import { createServer, type Server, type Socket } from 'node:net';
import { monotonicMs } from '../base/clock.ts';
import { MS_PER_S } from '../base/units.ts';
import type { AccessUnit } from './rtsp/access-units.ts';
import { createClipTimeline } from './rtsp/clip-timeline.ts';
import type { Credentials } from './rtsp/digest-authentication.ts';
import { createRtpPacketizer, RTP_CLOCK_HZ } from './rtsp/rtp-packets.ts';
import { type RtspSession, serveRtspSession } from './rtsp/rtsp-session.ts';
import { describeSession } from './rtsp/session-description.ts';

export { type AccessUnit, readAccessUnits } from './rtsp/access-units.ts';

/** A simulated network camera: H.264 over RTSP and TCP, as cameras at the roadside deliver it. */
export interface RtspCamera {
  /** Without credentials. */
  readonly url: string;
  /** Monotonic ms of the clip's first picture on its first showing; null before `play` has taken effect. */
  readonly clipStartedAtMs: number | null;
  /** Clients that are connected now. */
  readonly clients: number;
  /** Shows the clip from its start at the next group of pictures, and loops it. */
  play(): void;
  /** Keeps connections open and sends nothing, as a hung camera does; the scene goes on meanwhile. */
  freeze(): void;
  unfreeze(): void;
  /** Sets its clock by so much, back too: the times in its stream jump, its pictures come as ever. */
  jumpClock(byMs: number): void;
  /** Cuts every client and refuses new ones, as a camera without power does. */
  drop(): Promise<void>;
  /** Accepts clients again, at the same port. */
  restore(): Promise<void>;
  close(): Promise<void>;
}

export interface RtspCameraOptions {
  /** The clip; it must start with a key picture. Its first group of pictures shows the empty road. */
  readonly accessUnits: readonly AccessUnit[];
  readonly framesPerSecond: number;
  /** 0 takes a free one. */
  readonly port?: number;
  readonly host?: string;
  readonly path?: string;
  /** Asked for with Digest authentication; nobody is asked when absent. */
  readonly credentials?: Credentials;
}

/** A camera that was held up sends what is due in one burst, but never more than this. */
const CATCH_UP_LIMIT_MS = 1000;

/** Starts the camera. Throws `recording-invalid` when the clip cannot be announced. */
export async function openRtspCamera(options: RtspCameraOptions): Promise<RtspCamera> {
  const { accessUnits: units, framesPerSecond, host = '127.0.0.1', path = '/cam' } = options;
  const [firstUnit = { nals: [], key: false }] = units;
  const session = { path, description: describeSession(firstUnit), credentials: options.credentials ?? null };
  const clients = new Map<Socket, RtspSession>();
  const startedAtMs = monotonicMs();
  const timeline = createClipTimeline({ units, framesPerSecond, startedAtMs });
  const packetizer = createRtpPacketizer({ ssrc: randomInt(2 ** 32) });
  let frozen = false;
  let clockSetMs = 0;
  let server: Server | null = null;

  const listen = async (port: number): Promise<number> => {
    const listening = createServer({ noDelay: true }, (socket) => {
      clients.set(socket, serveRtspSession(socket, session));
      socket.on('close', () => clients.delete(socket));
    });
    listening.listen(port, host);
    await once(listening, 'listening');
    server = listening;
    const address = listening.address();
    return typeof address === 'object' && address !== null ? address.port : port;
  };
  const port = await listen(options.port ?? 0);

  const show = (dueAtMs: number): void => {
    const unit = units[timeline.advance()];
    if (unit === undefined || frozen || clients.size === 0) return;
    const timestamp = Math.round(((dueAtMs - startedAtMs + clockSetMs) * RTP_CLOCK_HZ) / MS_PER_S);
    const packets = packetizer.packetize(unit, timestamp);
    for (const client of clients.values()) client.send({ packets, key: unit.key });
  };
  const showDue = (): void => {
    const nowMs = monotonicMs();
    if (nowMs - timeline.dueAtMs > CATCH_UP_LIMIT_MS) {
      while (timeline.dueAtMs <= nowMs) timeline.advance();
      for (const client of clients.values()) client.awaitKey();
    }
    while (timeline.dueAtMs <= nowMs) show(timeline.dueAtMs);
    timer = setTimeout(showDue, Math.max(0, timeline.dueAtMs - monotonicMs()));
  };
  let timer = setTimeout(showDue, 0);

  const drop = async (): Promise<void> => {
    const listening = server;
    server = null;
    for (const socket of clients.keys()) socket.destroy();
    if (listening === null) return;
    listening.close();
    await once(listening, 'close');
  };

  return {
    url: `rtsp://${host}:${port}${path}`,
    get clipStartedAtMs() {
      return timeline.clipStartedAtMs;
    },
    get clients() {
      return clients.size;
    },
    play: () => timeline.play(),
    freeze() {
      frozen = true;
      for (const client of clients.values()) client.awaitKey();
    },
    unfreeze() {
      frozen = false;
    },
    jumpClock(byMs) {
      clockSetMs += byMs;
    },
    drop,
    async restore() {
      if (server === null) await listen(port);
    },
    async close() {
      clearTimeout(timer);
      await drop();
    },
  };
}
