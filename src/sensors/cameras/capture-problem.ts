import { type CameraSource, withoutCredentials } from './ffmpeg-invocation.ts';

/** Why no pictures come; the code of the camera's fault. */
export type CaptureProblemCode =
  | 'unreachable'
  | 'not-found'
  | 'unauthorized'
  | 'no-decoder'
  | 'stalled'
  | 'ended'
  | 'ffmpeg-missing'
  | 'address-invalid';

export interface CaptureProblem {
  readonly code: CaptureProblemCode;
  /** For a technician: what was seen and what to check. Without credentials. */
  readonly detail: string;
}

/** How one run of ffmpeg ended. */
export interface CaptureEnd {
  readonly source: CameraSource;
  readonly exitCode: number | null;
  /** The last of what it wrote to standard error. */
  readonly stderr: string;
  /** Whether it had delivered a picture. */
  readonly sawFrame: boolean;
}

const QUOTE_LIMIT_CHARS = 200;

/** ffmpeg 5.1's own words (libavformat/rtsp.c, network.c, fftools), first match wins. */
const SIGNS: readonly {
  readonly code: CaptureProblemCode;
  readonly sign: RegExp;
  readonly advice: string;
}[] = [
  {
    code: 'unauthorized',
    sign: /40[13] (?:Unauthorized|Forbidden)/,
    advice:
      'the camera refuses the login: check user and password, that the user may view the stream, and that ' +
      'the camera takes Basic or Digest with MD5, not only SHA-256',
  },
  {
    code: 'not-found',
    sign: /404 Not Found|No such file or directory/,
    advice: 'nothing is there: check the path',
  },
  {
    code: 'no-decoder',
    sign: /not on whitelist|Decoder .* not found|Could not find codec|not contain any stream|matches no streams/,
    advice: 'no video that can be decoded: set the camera to H.264; a hardware decoder must fit it',
  },
  {
    code: 'unreachable',
    sign: /Connection refused/,
    advice:
      'the host answers but nothing listens on this port: check it, and that the camera serves this protocol',
  },
  {
    code: 'unreachable',
    sign: /Failed to resolve hostname/,
    advice: 'the host name is unknown: check the name, or give an IP address',
  },
  {
    code: 'no-decoder',
    sign: /Unexpected Content-Type|Expected boundary/,
    advice: 'its MJPEG stream has other parts than JPEG pictures: take another stream of it, or RTSP',
  },
  {
    code: 'unreachable',
    sign: /SETUP failed: 461|Nonmatching transport/,
    advice: 'the camera does not send over TCP: allow RTP over RTSP (TCP, interleaved) in its settings',
  },
  {
    code: 'unreachable',
    sign: /method [A-Z_]+ failed: [45]\d\d|HTTP error [45]\d\d|Server returned [45]/,
    advice: 'the camera answers but refuses the stream: restart it; do too many others watch it?',
  },
  {
    code: 'unreachable',
    sign: /No route to host|Network is unreachable|timed out/,
    advice: 'the camera does not answer: check power, cable and IP address',
  },
  {
    code: 'unreachable',
    sign: /Impossible to open/,
    advice: 'something is connected, but sends no such stream: check port and path, restart the camera',
  },
  {
    code: 'ffmpeg-missing',
    sign: /Unknown keyword|Unrecognized option|Option not found/,
    advice: 'this ffmpeg is too old: version 5.1 or newer is needed',
  },
];

/** Whether ffmpeg ended because it could not copy the stream, which is its second output. */
export function blamesCopy(stderr: string): boolean {
  return /output file #1|output stream #?1:|out#1\/|vost#1:|pipe:3|bitstream filter/.test(stderr);
}

/** What the end of ffmpeg means. Ending is always a problem: a camera never stops by itself. */
export function diagnoseEnd(end: CaptureEnd): CaptureProblem {
  const { source } = end;
  const where = describeSource(source);
  if (end.exitCode === 0 && source.kind === 'file') {
    return { code: 'ended', detail: `${where} has played to its end` };
  }
  // Judged before the signs: an orderly end leaves complaints about single damaged pictures behind.
  if (end.exitCode === 0 && end.sawFrame) {
    const hint = source.kind === 'http-mjpeg' ? '; is it the address of one picture, not of a stream?' : '';
    return { code: 'unreachable', detail: `${where}: the camera closed the connection${hint}` };
  }
  const seen = SIGNS.find(({ sign }) => sign.test(end.stderr));
  if (seen !== undefined) return { code: seen.code, detail: `${where}: ${seen.advice}` };
  const lastLine = withoutCredentials(end.stderr).trim().split('\n').at(-1) ?? '';
  const words = lastLine.slice(0, QUOTE_LIMIT_CHARS) || `code ${end.exitCode ?? 'none'}`;
  return {
    code: source.kind === 'file' && !end.sawFrame ? 'no-decoder' : 'unreachable',
    detail: `${where}: ffmpeg ended: ${words}`,
  };
}

/** Where the pictures come from, for people. */
export function describeSource(source: CameraSource): string {
  return source.kind === 'file' ? source.path : withoutCredentials(source.url);
}
