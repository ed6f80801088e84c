import { execFileSync } from 'node:child_process';
import { once } from 'node:events';
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { Socket } from 'node:net';
import { challengeHeader, isAuthorized } from '../../src/simulator/rtsp/digest-authentication.ts';
import { type BreakableCamera, type CameraLogin, type CameraServer, CLIP_FPS } from './camera-servers.ts';

const CHALLENGE = { realm: 'camera', nonce: '5f3c9d' };
const END_OF_PICTURE = Buffer.of(0xff, 0xd9);

/** A camera that sends one JPEG after the other, as older ones do: multipart/x-mixed-replace over HTTP. */
export function mjpegCamera(authentication: 'basic' | 'digest'): CameraServer {
  return {
    name: `an HTTP-MJPEG server (${authentication})`,
    kind: 'http-mjpeg',
    missing: null,
    open: (clip, login) => openMjpegCamera(picturesOf(clip.mp4), { login, authentication }),
  };
}

async function openMjpegCamera(
  pictures: readonly Buffer[],
  access: { readonly login: CameraLogin | undefined; readonly authentication: 'basic' | 'digest' },
): Promise<BreakableCamera> {
  const viewers = new Set<ServerResponse>();
  const sockets = new Set<Socket>();
  let frozen = false;
  let shown = 0;
  let server: Server;

  const answer = (request: IncomingMessage, response: ServerResponse): void => {
    if (!isAllowed(request, access)) {
      const challenge =
        access.authentication === 'basic' ? 'Basic realm="camera"' : challengeHeader(CHALLENGE);
      response.writeHead(401, { 'WWW-Authenticate': challenge }).end();
    } else if (request.url !== '/cam') response.writeHead(404).end();
    else if (!frozen) {
      response.writeHead(200, { 'Content-Type': 'multipart/x-mixed-replace; boundary=picture' });
      viewers.add(response);
      response.on('close', () => viewers.delete(response));
    }
  };
  const listen = async (port: number): Promise<number> => {
    server = createServer(answer);
    server.on('connection', (socket) => {
      sockets.add(socket);
      socket.on('close', () => sockets.delete(socket));
    });
    server.listen(port, '127.0.0.1');
    await once(server, 'listening');
    const address = server.address();
    return typeof address === 'object' && address !== null ? address.port : port;
  };
  const drop = async (): Promise<void> => {
    for (const socket of sockets) socket.destroy();
    if (server.listening) await new Promise((resolve) => server.close(resolve));
  };
  const port = await listen(0);
  const showing = setInterval(() => {
    if (frozen) return;
    const picture = pictures[shown++ % pictures.length] ?? Buffer.alloc(0);
    const head = `--picture\r\nContent-Type: image/jpeg\r\nContent-Length: ${picture.length}\r\n\r\n`;
    for (const viewer of viewers)
      viewer.write(Buffer.concat([Buffer.from(head), picture, Buffer.from('\r\n')]));
  }, 1000 / CLIP_FPS);
  return {
    url: `http://127.0.0.1:${port}/cam`,
    drop,
    async restore() {
      await listen(port);
    },
    freeze() {
      frozen = true;
    },
    unfreeze() {
      frozen = false;
    },
    async close() {
      clearInterval(showing);
      await drop();
    },
  };
}

function isAllowed(
  { method = '', headers }: IncomingMessage,
  access: { readonly login: CameraLogin | undefined; readonly authentication: 'basic' | 'digest' },
): boolean {
  const { login, authentication } = access;
  if (login === undefined) return true;
  const { authorization } = headers;
  if (authentication === 'digest') {
    return isAuthorized({ method, authorization }, { challenge: CHALLENGE, credentials: login });
  }
  return authorization === `Basic ${Buffer.from(`${login.user}:${login.password}`).toString('base64')}`;
}

function picturesOf(mp4: string): readonly Buffer[] {
  const quiet = ['-nostdin', '-loglevel', 'error'];
  const bytes = execFileSync('ffmpeg', [...quiet, '-i', mp4, '-q:v', '3', '-f', 'mjpeg', '-'], {
    maxBuffer: 64 * 1024 * 1024,
  });
  const pictures: Buffer[] = [];
  for (let from = 0; from < bytes.length; ) {
    const end = bytes.indexOf(END_OF_PICTURE, from) + END_OF_PICTURE.length;
    if (end < END_OF_PICTURE.length) break;
    pictures.push(bytes.subarray(from, end));
    from = end;
  }
  return pictures;
}
