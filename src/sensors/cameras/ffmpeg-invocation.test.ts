import { expect, test } from 'vitest';
import { placePicture } from '../vision/camera-picture.ts';
import { type CameraSource, ffmpegInvocation } from './ffmpeg-invocation.ts';

const PLACEMENT = placePicture(
  {
    picture: { widthPx: 1920, heightPx: 1080 },
    crop: { x: 192, y: 108, widthPx: 960, heightPx: 540 },
  },
  { inputWidthPx: 416, inputHeightPx: 256 },
);

function invocation(source: CameraSource) {
  return ffmpegInvocation({ source, placement: PLACEMENT, socketTimeoutMs: 3000 });
}
function rtsp(over: Partial<Extract<CameraSource, { kind: 'rtsp' }>>): CameraSource {
  return { kind: 'rtsp', url: 'rtsp://10.0.0.7:5540/a/b?c=1', user: null, password: null, ...over };
}
const scriptLine = (source: CameraSource): string | undefined => invocation(source).stdin.split('\n')[1];

test('user and password go in by standard input only', () => {
  const { args, stdin } = invocation(rtsp({ user: 'admin', password: 'secret' }));
  expect(stdin).toContain("file 'rtsp://admin:secret@10.0.0.7:5540/a/b?c=1'");
  expect(args.join(' ')).not.toMatch(/admin|secret|10\.0\.0\.7/);
});

test('no character of a password ends the address or the script line', () => {
  expect(scriptLine(rtsp({ user: 'a@b', password: "p:/?#%' \n" }))).toBe(
    "file 'rtsp://a%40b:p%3A%2F%3F%23%25'\\''%20%0A@10.0.0.7:5540/a/b?c=1'",
  );
});

test('a camera that knows no other login gets it at the places that its address names', () => {
  const url = 'rtsp://10.0.0.7/user={user}&password={password}&channel=1&stream=0.sdp?real_stream';
  const { args, stdin } = invocation(rtsp({ url, user: 'admin', password: "s'e&c" }));
  expect(stdin).toContain(
    "file 'rtsp://10.0.0.7/user=admin&password=s'\\''e%26c&channel=1&stream=0.sdp?real_stream'",
  );
  expect(args.join(' ')).not.toMatch(/admin|e%26c/);
});

test('an address can add no line to the script', () => {
  const script = invocation(rtsp({ url: "rtsp://h/a'\nfile /etc/passwd" })).stdin;
  expect(script.split('\n').filter((line) => line.startsWith('file'))).toHaveLength(1);
});

test.each(['file:///etc/passwd', 'concat:a|b', 'http://10.0.0.7/', '10.0.0.7', 'rtsp:///cam'])(
  'the address %s is refused',
  (url) => {
    expect(() => invocation(rtsp({ url }))).toThrow(/is no rtsp:/);
  },
);

test('an HTTP camera may open nothing but HTTP, and gives no credentials away', () => {
  const url = 'http://10.0.0.7/video.mjpg';
  const { args, stdin } = invocation({ kind: 'http-mjpeg', url, user: 'admin', password: 's/e' });
  expect(stdin).toContain("file 'http://admin:s%2Fe@10.0.0.7/video.mjpg'");
  expect(args.join(' ')).not.toMatch(/admin|s%2Fe|10\.0\.0\.7/);
  expect(args[args.indexOf('-protocol_whitelist') + 1]).toBe('pipe,http,https,tcp,tls');
  expect(() => invocation({ kind: 'http-mjpeg', url: 'rtsp://h/a', user: null, password: null })).toThrow();
});

test('an encrypted camera keeps its protocol', () => {
  expect(scriptLine(rtsp({ url: 'rtsps://10.0.0.7/cam', user: 'a', password: 'b' }))).toBe(
    "file 'rtsps://a:b@10.0.0.7/cam'",
  );
});

test.each([
  { decoder: 'software', expected: '', codecs: '' },
  { decoder: 'vaapi', expected: '-hwaccel vaapi', codecs: '' },
  { decoder: 'h264-v4l2m2m', expected: '-c:v h264_v4l2m2m', codecs: ',h264_v4l2m2m' },
] as const)('decoding by $decoder is asked for before the input', ({ decoder, expected, codecs }) => {
  const { args } = ffmpegInvocation({ source: rtsp({}), placement: PLACEMENT, socketTimeoutMs: 1, decoder });
  const options = args.slice(0, args.indexOf('-i')).join(' ');
  expect(options).toContain(`-codec_whitelist h264,hevc,mjpeg,mpeg4${codecs} `);
  expect(/-(?:hwaccel|c:v) \S+/.exec(options)?.[0] ?? '').toBe(expected);
});

test.each([
  { what: 'a live camera', source: rtsp({}), decoder: 'software', waits: true },
  { what: 'a live camera, decoded by a unit', source: rtsp({}), decoder: 'vaapi', waits: true },
  { what: 'a decoder that does so itself', source: rtsp({}), decoder: 'hevc-v4l2m2m', waits: false },
  {
    what: 'a recording',
    source: { kind: 'file', path: '/a.mp4', loop: true },
    decoder: 'software',
    waits: false,
  },
] as const)('of $what nothing is shown before a key picture: $waits', ({ source, decoder, waits }) => {
  const { args } = ffmpegInvocation({ source, placement: PLACEMENT, socketTimeoutMs: 1, decoder });
  expect(args[args.indexOf('-vf') + 1]?.startsWith("select='key+")).toBe(waits);
});

test('only the pictures of a camera are asked for: sound and metadata would keep the first one back', () => {
  expect(invocation(rtsp({})).stdin).toContain('\noption allowed_media_types video\n');
});

test('a file name is never an option or another protocol', () => {
  const { args } = invocation({ kind: 'file', path: '-y', loop: false });
  expect(args).toContain('file:-y');
  expect(args).not.toContain('-stream_loop');
});

test('the crop is taken in shares of the stream and fitted into the net', () => {
  const { args } = invocation(rtsp({}));
  expect(args[args.indexOf('-vf') + 1]).toMatch(
    /,crop=w=iw\*960\/1920:h=ih\*540\/1080:x=iw\*192\/1920:y=ih\*108\/1080,scale=416:234:.*pad=416:256:0:0/,
  );
});

test('the packets are copied to their own pipe where they are asked for, never to a file', () => {
  const source = rtsp({});
  const copying = ffmpegInvocation({ source, placement: PLACEMENT, socketTimeoutMs: 3000, copy: true }).args;
  expect(copying.slice(0, invocation(source).args.length)).toEqual(invocation(source).args);
  expect(copying.at(-1)).toBe('pipe:3');
  expect(copying.join(' ')).toContain('-c:v copy');
  expect(invocation(source).args).not.toContain('pipe:3');
});

test('a recording plays at its own speed unless it shall be read as fast as its pictures are', () => {
  const source = { kind: 'file', path: '/clip.mp4', loop: false } as const;
  const options = { source, placement: PLACEMENT, socketTimeoutMs: 3000 };
  expect(ffmpegInvocation(options).args).toContain('-re');
  expect(ffmpegInvocation({ ...options, recordingPace: 'as-read' }).args).not.toContain('-re');
});
