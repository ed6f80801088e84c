import { RoadsideError } from '../../base/errors.ts';
import type { CameraPlan } from '../contract.ts';
import type { PicturePlacement } from '../vision/camera-picture.ts';

/** How ffmpeg is started for one camera, and what it then reads from its standard input. */
export interface FfmpegInvocation {
  readonly args: readonly string[];
  readonly stdin: string;
}

export type CameraSource = CameraPlan['source'];

/** What cameras and recordings carry; a smaller attack surface than all that ffmpeg can decode. */
const CODECS = 'h264,hevc,mjpeg,mpeg4';
/** The greatest single allocation: a hostile stream announces pictures that fit no memory. */
const ALLOCATION_LIMIT_BYTES = 256 * 1024 * 1024;

/**
 * One decoder per camera. It writes every picture, as planar G, B, R in the size of the net's input, to its
 * standard output: an `fps` filter would hold each picture back by 80-120 ms, so the reader drops instead.
 *
 * An RTSP address goes in by standard input, as a one-line ffconcat script, because it carries user and
 * password, and every process of the machine may read another's argument list.
 *
 * Throws `config-invalid` when the address is no rtsp:// address.
 */
export function ffmpegInvocation(options: {
  readonly source: CameraSource;
  readonly placement: PicturePlacement;
  /** How long a silent camera may hold ffmpeg's own reads; the caller watches the pictures besides. */
  readonly socketTimeoutMs: number;
}): FfmpegInvocation {
  const { source, placement } = options;
  const input = source.kind === 'rtsp' ? rtspInput(source, options) : fileInput(source);
  const args = [
    ...['-hide_banner', '-loglevel', 'error', '-max_alloc', String(ALLOCATION_LIMIT_BYTES)],
    ...['-codec_whitelist', CODECS, '-threads', '1', '-fflags', 'nobuffer', '-flags', 'low_delay'],
    ...input.args,
    ...['-map', '0:v:0', '-an', '-sn', '-dn', '-vf', pictureFilter(placement)],
    // Numbered pictures: a camera whose clock jumps back would otherwise lose all until it catches up.
    ...['-fps_mode', 'passthrough', '-enc_time_base', '1:1000'],
    ...['-pix_fmt', 'gbrp', '-f', 'rawvideo', 'pipe:1'],
  ];
  return { args, stdin: input.stdin };
}

function rtspInput(
  source: Extract<CameraSource, { kind: 'rtsp' }>,
  options: { readonly socketTimeoutMs: number },
): FfmpegInvocation {
  const script = [
    'ffconcat version 1.0',
    `file ${quoted(addressWithCredentials(source))}`,
    'option rtsp_transport tcp',
    `option timeout ${Math.round(options.socketTimeoutMs * 1000)}`,
    'option fflags nobuffer',
    '',
  ];
  const protocols = 'pipe,rtsp,rtp,tcp';
  return {
    args: ['-f', 'concat', '-safe', '0', '-protocol_whitelist', protocols, '-i', 'pipe:0'],
    stdin: script.join('\n'),
  };
}

/** A recording plays at its own speed, as if it were a camera. */
function fileInput(source: Extract<CameraSource, { kind: 'file' }>): FfmpegInvocation {
  const repeat = source.loop ? ['-stream_loop', '-1'] : [];
  return {
    args: ['-nostdin', '-protocol_whitelist', 'file', '-re', ...repeat, '-i', `file:${source.path}`],
    stdin: '',
  };
}

function addressWithCredentials(source: Extract<CameraSource, { kind: 'rtsp' }>): string {
  const url = URL.canParse(source.url) ? new URL(source.url) : null;
  if (url?.protocol !== 'rtsp:' || url.host === '') {
    throw new RoadsideError('config-invalid', `${withoutCredentials(source.url)} is no rtsp:// address`, {
      hint: "Give the camera's address as rtsp://host/path; its manual names the path.",
    });
  }
  if (source.user === null) return url.href;
  const login = `${encodeURIComponent(source.user)}:${encodeURIComponent(source.password ?? '')}`;
  return `rtsp://${login}@${url.host}${url.pathname}${url.search}`;
}

/** ffconcat takes what stands between single quotes literally. */
function quoted(text: string): string {
  return `'${text.replaceAll("'", `'\\''`)}'`;
}

/** ffmpeg repeats addresses in its complaints; nobody may read the password there. */
export function withoutCredentials(text: string): string {
  return text.replaceAll(/(\b[a-z]+:\/\/)[^/\s]*@/g, '$1');
}

/**
 * Crops in shares of the picture that really comes, so that a camera switched to its smaller stream shows the
 * same road, and places the crop as the detector expects it.
 */
function pictureFilter(placement: PicturePlacement): string {
  const { crop, picture, scaledWidthPx, scaledHeightPx, netWidthPx, netHeightPx } = placement;
  const width = `w=iw*${crop.widthPx}/${picture.widthPx}`;
  const height = `h=ih*${crop.heightPx}/${picture.heightPx}`;
  const corner = `x=iw*${crop.x}/${picture.widthPx}:y=ih*${crop.y}/${picture.heightPx}`;
  return [
    `crop=${width}:${height}:${corner}`,
    `scale=${scaledWidthPx}:${scaledHeightPx}:flags=fast_bilinear`,
    'format=gbrp',
    `pad=${netWidthPx}:${netHeightPx}:0:0`,
    'settb=1/1000',
    'setpts=N',
  ].join(',');
}
