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
  /** The same as a byte stream with access unit delimiters. */
  readonly h264: string;
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
  const [h264, mp4] = [join(folder, 'clip.h264'), join(folder, 'clip.mp4')];
  const parts = [makeClip(), makeClip({ widthPx: 1280, heightPx: 720, colour: '0xC02040' })];
  writeFileSync(h264, Buffer.concat(parts.map((part) => readFileSync(part.h264))));
  for (const part of parts) part.remove();
  return { mp4, h264, remove: () => rmSync(folder, { recursive: true }) };
}

/** One colour at the left; at the right a moving picture with noise, so that key pictures are large. */
export function makeClip(
  look: { readonly widthPx: number; readonly heightPx: number; readonly colour: string } = {
    ...CLIP_SIZE,
    colour: '0x2060C0',
  },
): TestClip {
  const folder = mkdtempSync(join(tmpdir(), 'roadside-camera-'));
  const mp4 = join(folder, 'clip.mp4');
  const h264 = join(folder, 'clip.h264');
  const half = `size=${look.widthPx / 2}x${look.heightPx}:rate=${CLIP_FPS}:duration=${CLIP_SECONDS}`;
  const filter = `color=c=${look.colour}:${half}[l];testsrc=${half},noise=alls=20:allf=t[r];[l][r]hstack`;
  const coding = '-c:v libx264 -preset ultrafast -profile:v main -bf 0 -g 25 -x264-params aud=1';
  const colours = '-pix_fmt yuv420p';
  const quiet = ['-nostdin', '-loglevel', 'error', '-y'];
  const encode = ['-filter_complex', filter, ...coding.split(' '), ...colours.split(' '), mp4];
  execFileSync('ffmpeg', [...quiet, ...encode]);
  execFileSync('ffmpeg', [...quiet, '-i', mp4, '-c', 'copy', '-bsf:v', 'h264_mp4toannexb', h264]);
  return { mp4, h264, remove: () => rmSync(folder, { recursive: true }) };
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

export function gstreamerCamera(authentication: 'basic' | 'digest'): CameraServer {
  const missing = gstreamerMissing();
  return {
    name: `GStreamer's RTSP server (${authentication}${missing === null ? '' : `, ${missing}`})`,
    kind: 'rtsp',
    missing,
    async open(clip, login) {
      const environment =
        login === undefined
          ? {}
          : {
              CAMERA_USER: login.user,
              CAMERA_PASSWORD: login.password,
              CAMERA_AUTHENTICATION: authentication,
            };
      let server = await startServer({ clip: clip.h264, port: 0, environment });
      const { port } = server;
      return {
        url: `rtsp://127.0.0.1:${port}/cam`,
        drop: () => server.kill(),
        async restore() {
          server = await startServer({ clip: clip.h264, port, environment });
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
  readonly clip: string;
  readonly port: number;
  readonly environment: Readonly<Record<string, string>>;
}): Promise<RunningServer> {
  const child = spawn(PYTHON, [SERVER, options.clip, String(CLIP_FPS), String(options.port)], {
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
