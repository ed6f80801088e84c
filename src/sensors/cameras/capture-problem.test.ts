import { expect, test } from 'vitest';
import { type CaptureEnd, diagnoseEnd } from './capture-problem.ts';

const RTSP = { kind: 'rtsp', url: 'rtsp://10.0.0.7/cam', user: 'u', password: 'p' } as const;
const FILE = { kind: 'file', path: '/clips/a.mp4', loop: false } as const;

function end(over: Partial<CaptureEnd>): CaptureEnd {
  return { source: RTSP, exitCode: 1, stderr: '', sawFrame: false, ...over };
}

/** As ffmpeg 5.1.9 wrote them. */
test.each([
  {
    code: 'unauthorized',
    stderr: '[rtsp @ 0x5] method DESCRIBE failed: 401 Unauthorized\n[concat @ 0x5] Impossible to open',
  },
  {
    code: 'not-found',
    stderr: '[rtsp @ 0x5] method DESCRIBE failed: 404 Not Found\n[concat @ 0x5] Impossible to open',
  },
  { code: 'unreachable', stderr: '[tcp @ 0x5] Connection to tcp://127.0.0.1:1 failed: Connection refused' },
  { code: 'unreachable', stderr: '[tcp @ 0x5] Failed to resolve hostname nosuch: Name or service not known' },
  { code: 'unreachable', stderr: "[concat @ 0x5] Impossible to open 'rtsp://10.0.0.7/cam'\npipe:0: Invalid" },
  { code: 'no-decoder', stderr: "[vp9 @ 0x5] Codec (vp9) not on whitelist 'h264,hevc,mjpeg,mpeg4'" },
  { code: 'no-decoder', stderr: '[mpjpeg @ 0x5] Unexpected Content-Type : image/jpg\nError marking filters' },
  { code: 'no-decoder', stderr: "Stream map '0:v:0' matches no streams." },
  { code: 'ffmpeg-missing', stderr: "Unrecognized option 'fps_mode'." },
])('a camera is $code when ffmpeg says: $stderr', ({ code, stderr }) => {
  const problem = diagnoseEnd(end({ stderr }));
  expect(problem.code).toBe(code);
  expect(problem.detail).toContain('rtsp://10.0.0.7/cam');
});

/** As ffmpeg 5.1.9 wrote them; the words of the answer are the camera's own. */
test.each([
  { what: 'refuses', stderr: '[rtsp @ 0x5] method DESCRIBE failed: 453 Not Enough Bandwidth' },
  { what: 'does not send over TCP', stderr: '[rtsp @ 0x5] method SETUP failed: 461 Client error' },
  { what: 'refuses', stderr: '[rtsp @ 0x5] method PLAY failed: 454 Session Not Found' },
  { what: 'refuses', stderr: '[http @ 0x5] HTTP error 503 Service Unavailable' },
  {
    what: 'does not answer',
    stderr: '[tcp @ 0x5] Connection to tcp://10.0.0.7:554?timeout=4500000 failed: Connection timed out',
  },
  { what: 'is connected', stderr: 'pipe:0: Invalid data found when processing input' },
])('a camera that $what is told apart: $stderr', ({ what, stderr }) => {
  const concat = "[concat @ 0x5] Impossible to open 'rtsp://u:p@10.0.0.7/cam'";
  const problem = diagnoseEnd(end({ stderr: `${concat}\n${stderr}` }));
  expect(problem.code).toBe('unreachable');
  expect(problem.detail).toContain(what);
});

test('an orderly end of a camera stream is a failure, whatever ffmpeg complained about before', () => {
  const stderr = 'matches no streams';
  expect(diagnoseEnd(end({ exitCode: 0, sawFrame: true, stderr })).code).toBe('unreachable');
});

test('an orderly end of a recording is its end', () => {
  expect(diagnoseEnd(end({ source: FILE, exitCode: 0, sawFrame: true })).code).toBe('ended');
});

test('words that nobody foresaw are quoted, without credentials and shortened', () => {
  const stderr = `first line\nrtsp://admin:secret@10.0.0.7/cam: ${'something '.repeat(60)}`;
  const { detail } = diagnoseEnd(end({ stderr }));
  expect(detail).toContain('something');
  expect(detail).not.toContain('secret');
  expect(detail.length).toBeLessThan(300);
});

test.each([
  'rtsp://admin:se@cret@10.0.0.7/cam',
  'rtsp://10.0.0.7/user=admin&password=secret&channel=1',
  'http://10.0.0.7/videostream.cgi?loginuse=admin&loginpas=secret',
  'http://10.0.0.7/video.cgi?user=admin&pwd=secret',
])('an address that holds credentials against the rules does not show them: %s', (url) => {
  const problem = diagnoseEnd(end({ source: { ...RTSP, url }, stderr: `Error opening input '${url}'` }));
  expect(problem.detail).toContain('10.0.0.7/');
  expect(problem.detail).not.toContain('cret');
});

test('an address that names the places of the login is shown as it stands', () => {
  const source = { ...RTSP, url: 'rtsp://10.0.0.7/user={user}&password={password}' };
  expect(diagnoseEnd(end({ source })).detail).toContain(source.url);
});

test('a camera that ends after its picture is asked whether it is the right address, where pictures have one', () => {
  const web = { kind: 'http-mjpeg', url: 'http://10.0.0.7/snap.jpg', user: null, password: null } as const;
  const closed = { exitCode: 0, sawFrame: true };
  expect(diagnoseEnd(end({ ...closed, source: web })).detail).toContain('one picture');
  expect(diagnoseEnd(end(closed)).detail).not.toContain('one picture');
});
