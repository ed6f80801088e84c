import { execFileSync, spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { connect, type Socket } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createServer as createTlsServer } from 'node:tls';
import { fileURLToPath } from 'node:url';
import { openRtspCamera, readAccessUnits } from '../../src/simulator/rtsp-camera.ts';
import { makeCertificates } from '../fakes/broker-certificates.ts';

/** A camera that a test can break, behind the real protocol. */
export interface BreakableCamera {
  readonly url: string;
  drop(): Promise<void>;
  restore(): Promise<void>;
  freeze(): void;
  unfreeze(): void;
  close(): Promise<void>;
}

export interface CameraLogin {
  readonly user: string;
  readonly password: string;
}

export interface CameraServer {
  readonly name: string;
  readonly kind: 'rtsp' | 'http-mjpeg';
  /** Why it cannot run here, or null. */
  readonly missing: string | null;
  open(clip: TestClip, login?: CameraLogin): Promise<BreakableCamera>;
}

export interface TestClip {
  readonly mp4: string;
  /** The same as a byte stream with access unit delimiters; its ending names the coding. */
  readonly stream: string;
  remove(): void;
}

export const CLIP_SIZE = { widthPx: 640, heightPx: 360 } as const;
export const CLIP_FPS = 25;
export const CLIP_SECONDS = 2;
/** Left half of the picture. */
export const CLIP_COLOUR = { red: 0x20, green: 0x60, blue: 0xc0 } as const;

/** Two clips one after the other in one stream, with pictures of different sizes. */
export function makeSwitchingClip(): TestClip {
  const folder = mkdtempSync(join(tmpdir(), 'roadside-camera-'));
  const [stream, mp4] = [join(folder, 'clip.h264'), join(folder, 'clip.mp4')];
  const parts = [makeClip(), makeClip({ widthPx: 1280, heightPx: 720, colour: '0xC02040' })];
  writeFileSync(stream, Buffer.concat(parts.map((part) => readFileSync(part.stream))));
  for (const part of parts) part.remove();
  return { mp4, stream, remove: () => rmSync(folder, { recursive: true }) };
}

interface ClipLook {
  readonly widthPx: number;
  readonly heightPx: number;
  readonly colour: string;
  readonly coding?: keyof typeof CODINGS;
  readonly framesPerSecond?: number;
  readonly seconds?: number;
  /** Pictures from one key picture to the next. */
  readonly keyEvery?: number;
}

const CODINGS = {
  h264: {
    encode: '-c:v libx264 -preset ultrafast -profile:v main -bf 0',
    stream: '-bsf:v h264_mp4toannexb,h264_metadata=aud=insert -f h264',
  },
  h265: {
    encode: '-c:v libx265 -preset ultrafast -x265-params log-level=none:bframes=0',
    stream: '-bsf:v hevc_mp4toannexb,hevc_metadata=aud=insert -f hevc',
  },
} as const;

/** One colour at the left; at the right a moving picture with noise, so that key pictures are large. */
export function makeClip(look: ClipLook = { ...CLIP_SIZE, colour: '0x2060C0' }): TestClip {
  const { widthPx, heightPx, colour, coding = 'h264', framesPerSecond = CLIP_FPS } = look;
  const { seconds = CLIP_SECONDS, keyEvery = 25 } = look;
  const folder = mkdtempSync(join(tmpdir(), 'roadside-camera-'));
  const mp4 = join(folder, 'clip.mp4');
  const stream = join(folder, `clip.${coding}`);
  const half = `size=${widthPx / 2}x${heightPx}:rate=${framesPerSecond}:duration=${seconds}`;
  const filter = `color=c=${colour}:${half}[l];testsrc=${half},noise=alls=20:allf=t[r];[l][r]hstack`;
  const coded = `${CODINGS[coding].encode} -g ${keyEvery} -pix_fmt yuv420p`.split(' ');
  const quiet = ['-nostdin', '-loglevel', 'error', '-y'];
  execFileSync('ffmpeg', [...quiet, '-filter_complex', filter, ...coded, mp4]);
  const split = ['-c', 'copy', ...CODINGS[coding].stream.split(' '), stream];
  execFileSync('ffmpeg', [...quiet, '-i', mp4, ...split]);
  return { mp4, stream, remove: () => rmSync(folder, { recursive: true }) };
}

export const simulatedCamera: CameraServer = {
  name: 'the simulated camera',
  kind: 'rtsp',
  missing: null,
  async open(clip, login) {
    const camera = await openRtspCamera({
      accessUnits: await readAccessUnits(clip.mp4),
      framesPerSecond: CLIP_FPS,
      ...(login === undefined ? {} : { credentials: login }),
    });
    return camera;
  },
};

/** The same through TLS, with a certificate that nobody vouches for. */
export const encryptedCamera: CameraServer = {
  ...simulatedCamera,
  name: 'the simulated camera behind TLS',
  async open(clip, login) {
    const camera = await simulatedCamera.open(clip, login);
    const { hostname, port, pathname } = new URL(camera.url);
    const folder = mkdtempSync(join(tmpdir(), 'roadside-camera-'));
    const { certFile, keyFile } = makeCertificates(folder, `IP:${hostname}`);
    const identity = { cert: readFileSync(certFile), key: readFileSync(keyFile) };
    rmSync(folder, { recursive: true });
    const sockets = new Set<Socket>();
    const server = createTlsServer(identity, (viewer) => {
      const inner = connect(Number(port), hostname);
      for (const [socket, other] of [
        [viewer, inner],
        [inner, viewer],
      ] as const) {
        sockets.add(socket);
        socket.pipe(other);
        socket.on('error', () => undefined).on('close', () => other.destroy());
      }
    });
    server.listen(0, hostname);
    await once(server, 'listening');
    const address = server.address();
    const outerPort = typeof address === 'object' && address !== null ? address.port : 0;
    return {
      ...camera,
      url: `rtsps://${hostname}:${outerPort}${pathname}`,
      async close() {
        for (const socket of sockets) socket.destroy();
        await new Promise((resolve) => server.close(resolve));
        await camera.close();
      },
    };
  },
};

/** Debian's interpreter, which sees the `gi` package. */
const PYTHON = '/usr/bin/python3';
const SERVER = fileURLToPath(new URL('../fakes/rtsp-server.py', import.meta.url));

/** A camera that can be set to show something else, of another coding too, while it is away. */
export interface SettableCamera extends BreakableCamera {
  restore(shows?: { readonly clip: TestClip; readonly framesPerSecond: number }): Promise<void>;
}

export interface SettableCameraServer extends CameraServer {
  open(
    clip: TestClip,
    login?: CameraLogin,
    ways?: { readonly framesPerSecond: number; readonly sound?: boolean },
  ): Promise<SettableCamera>;
}

export function gstreamerCamera(authentication: 'basic' | 'digest'): SettableCameraServer {
  const missing = gstreamerMissing();
  return {
    name: `GStreamer's RTSP server (${authentication}${missing === null ? '' : `, ${missing}`})`,
    kind: 'rtsp',
    missing,
    async open(clip, login, ways) {
      const environment = {
        ...(ways?.sound === true ? { CAMERA_SOUND: 'yes' } : {}),
        ...(login === undefined
          ? {}
          : {
              CAMERA_USER: login.user,
              CAMERA_PASSWORD: login.password,
              CAMERA_AUTHENTICATION: authentication,
            }),
      };
      const shown = { clip, framesPerSecond: ways?.framesPerSecond ?? CLIP_FPS };
      let server = await startServer({ ...shown, port: 0, environment });
      const { port } = server;
      return {
        url: `rtsp://127.0.0.1:${port}/cam`,
        drop: () => server.kill(),
        async restore(shows = shown) {
          server = await startServer({ ...shows, port, environment });
        },
        freeze: () => server.signal('SIGSTOP'),
        unfreeze: () => server.signal('SIGCONT'),
        close: () => server.kill(),
      };
    },
  };
}

function gstreamerMissing(): string | null {
  const imports = "import gi; gi.require_version('GstRtspServer', '1.0')";
  const tried = spawnSync(PYTHON, ['-c', imports]);
  return tried.status === 0
    ? null
    : 'needs gir1.2-gst-rtsp-server-1.0, python3-gi and gstreamer1.0-plugins-*';
}

interface RunningServer {
  readonly port: number;
  signal(name: NodeJS.Signals): void;
  kill(): Promise<void>;
}

function startServer(options: {
  readonly clip: TestClip;
  readonly framesPerSecond: number;
  readonly port: number;
  readonly environment: Readonly<Record<string, string>>;
}): Promise<RunningServer> {
  const { clip, framesPerSecond, port } = options;
  const child = spawn(PYTHON, [SERVER, clip.stream, String(framesPerSecond), String(port)], {
    stdio: ['pipe', 'pipe', 'inherit'],
    env: { ...process.env, ...options.environment },
  });
  const ended = new Promise<void>((resolve) => child.once('close', () => resolve()));
  return new Promise((resolve, reject) => {
    child.once('close', (code) => reject(new Error(`the RTSP server ended with code ${code}`)));
    child.stdout.once('data', (line: Buffer) =>
      resolve({
        port: Number(/ready (\d+)/.exec(line.toString())?.[1]),
        signal: (name) => void child.kill(name),
        async kill() {
          child.kill('SIGKILL');
          await ended;
        },
      }),
    );
  });
}
