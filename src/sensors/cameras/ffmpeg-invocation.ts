import { withoutWrittenPassword } from '../../base/address-password.ts';
import { RoadsideError } from '../../base/errors.ts';
import type { VideoDecoder } from '../contract/vision-plan.ts';
import type { CameraPlan } from '../contract.ts';
import type { PicturePlacement } from '../vision/camera-picture.ts';
import { thinningFilter } from './picture-thinning.ts';

/** How ffmpeg is started for one camera, and what it then reads from its standard input. */
export interface FfmpegInvocation {
  readonly args: readonly string[];
  readonly stdin: string;
}

export type CameraSource = CameraPlan['source'];

/** How fast a recording plays: at its own speed, as if it were a camera, or just as fast as its pictures are read. */
export type RecordingPace = 'own' | 'as-read';

/** What cameras and recordings carry; a smaller attack surface than all that ffmpeg can decode. */
export const CAMERA_CODECS = ['h264', 'hevc', 'mjpeg', 'mpeg4'] as const;
/** The greatest single allocation: a hostile stream announces pictures that fit no memory. */
const ALLOCATION_LIMIT_BYTES = 128 * 1024 * 1024;
/** The largest picture: a decoder keeps up to 16 of them, and cameras with more have a smaller stream, too. */
const PICTURE_LIMIT_PX = 4096 * 4096;

/** What every ffmpeg that reads pictures from outside is held to. */
export function decodingLimits(codecs: readonly string[]): readonly string[] {
  return [
    ...['-max_alloc', String(ALLOCATION_LIMIT_BYTES)],
    ...['-codec_whitelist', codecs.join(','), '-max_pixels', String(PICTURE_LIMIT_PX)],
  ];
}

/** A video unit hands its pictures back to the processor; one that is missing leaves the work to it. */
function unit(name: string): Decoding {
  return { args: ['-hwaccel', name], codecs: [] };
}

/** Memory-to-memory decoders are codecs of their own; one that is missing is a fault of the camera. */
function memoryToMemory(codec: string): Decoding {
  return { args: ['-c:v', codec], codecs: [codec] };
}

interface Decoding {
  readonly args: readonly string[];
  readonly codecs: readonly string[];
}

const DECODING: Readonly<Record<VideoDecoder, Decoding>> = {
  software: { args: [], codecs: [] },
  vaapi: unit('vaapi'),
  vdpau: unit('vdpau'),
  cuda: unit('cuda'),
  qsv: unit('qsv'),
  drm: unit('drm'),
  'h264-v4l2m2m': memoryToMemory('h264_v4l2m2m'),
  'hevc-v4l2m2m': memoryToMemory('hevc_v4l2m2m'),
};

/**
 * One decoder per camera. It writes pictures, as planar G, B, R in the size of the net's input, to its standard
 * output.
 *
 * A camera's address goes in by standard input, as a one-line ffconcat script, because it carries user and
 * password, and every process of the machine may read another's argument list.
 *
 * Throws `config-invalid` when the address is of another protocol than its source.
 */
export function ffmpegInvocation(options: {
  readonly source: CameraSource;
  readonly placement: PicturePlacement;
  /** Thins the pictures to this rate; without it all of them are written. */
  readonly framesPerSecond?: number;
  readonly decoder?: VideoDecoder;
  /** How long a silent camera may hold ffmpeg's own reads; the caller watches the pictures besides. */
  readonly socketTimeoutMs: number;
  /** Whether the camera's own packets are wanted, too: as fragmented MP4 in descriptor 3. */
  readonly copy?: boolean;
  readonly recordingPace?: RecordingPace;
}): FfmpegInvocation {
  const { source, placement, decoder = 'software', recordingPace = 'own' } = options;
  const input = source.kind === 'file' ? fileInput(source, recordingPace) : networkInput(source, options);
  const hardware = DECODING[decoder];
  const thinning = options.framesPerSecond === undefined ? [] : [thinningFilter(options.framesPerSecond)];
  // A recording begins with a key picture; a decoder that is a codec of its own waits for one, and may not name it.
  const joins = source.kind !== 'file' && hardware.codecs.length === 0;
  const whole = joins ? [FROM_A_KEY_PICTURE] : [];
  const filters = [...whole, ...thinning, ...pictureFilters(placement)].join(',');
  const args = [
    ...['-hide_banner', '-loglevel', 'error', ...decodingLimits([...CAMERA_CODECS, ...hardware.codecs])],
    ...['-threads', '1', '-flags', 'low_delay', ...hardware.args],
    ...input.args,
    ...['-map', '0:v:0', '-an', '-sn', '-dn', '-vf', filters],
    // Numbered pictures: a camera whose clock jumps back would otherwise lose all until it catches up.
    ...['-fps_mode', 'passthrough', '-enc_time_base', '1:1000'],
    // The coder of raw pictures, too, works in as many threads as there are cores, and each holds a picture back.
    ...['-threads', '1', '-filter_threads', '1', '-pix_fmt', 'gbrp', '-f', 'rawvideo', 'pipe:1'],
    ...(options.copy === true ? copyArgs(source) : []),
  ];
  return { args, stdin: input.stdin };
}

/**
 * Each packet's time is its forerunner's and the step between them; a clock that jumps, as cameras' clocks do when
 * they are set, would otherwise stretch one picture over the jump or press all that follow into none.
 */
const STEADY_DTS = 'if(eq(N,0),0,PREV_OUTDTS+if(between(DTS-PREV_INDTS,1,2/TB),DTS-PREV_INDTS,0.04/TB))';
const STEADY_ARGS = ['-bsf:v', `setts=dts='${STEADY_DTS}':pts='if(eq(PTS,NOPTS),0,PTS-DTS)+${STEADY_DTS}'`];

/**
 * Fragments begin at key pictures, last a second or more where each picture is one (MJPEG), and are cut anywhere when
 * key pictures are rare, because ffmpeg holds a whole fragment in memory.
 */
const FRAGMENTS = {
  movflags: 'frag_keyframe+empty_moov+default_base_moof+skip_trailer',
  min_frag_duration: '1000000',
  frag_duration: '4000000',
  frag_size: String(8 * 1024 * 1024),
};
/** A pipe to us and no file: a disk that is full or hangs would end or stall ffmpeg, and with it the pictures. */
const COPY_ARGS: readonly string[] = [
  ...['-map', '0:v:0', '-an', '-sn', '-dn', '-c:v', 'copy'],
  ...Object.entries(FRAGMENTS).flatMap(([name, value]) => [`-${name}`, value]),
  ...['-flush_packets', '1', '-f', 'mp4', 'pipe:3'],
];

/** A recording's clock is steady, and ffmpeg 5.1 ends a filter of packets where a recording begins anew. */
function copyArgs(source: CameraSource): readonly string[] {
  return source.kind === 'file' ? COPY_ARGS : [...STEADY_ARGS, ...COPY_ARGS];
}

type NetworkSource = Exclude<CameraSource, { kind: 'file' }>;

interface Carrier {
  readonly protocols: readonly string[];
  readonly example: string;
  /** What ffmpeg may open for it. */
  readonly whitelist: string;
  options(socketTimeoutUs: number): readonly string[];
}

/** The certificate of an encrypted camera is not checked (ffmpeg's default): cameras sign their own. */
const CARRIERS: Readonly<Record<NetworkSource['kind'], Carrier>> = {
  rtsp: {
    protocols: ['rtsp:', 'rtsps:'],
    example: 'rtsp://host/path',
    whitelist: 'pipe,rtsp,rtp,tcp,tls',
    options: (socketTimeoutUs) => [
      'rtsp_transport tcp',
      // ffmpeg would look for 5 s at sound that it may not decode before it shows the first picture.
      'allowed_media_types video',
      `timeout ${socketTimeoutUs}`,
    ],
  },
  'http-mjpeg': {
    protocols: ['http:', 'https:'],
    example: 'http://host/path',
    whitelist: 'pipe,http,https,tcp,tls',
    options: (socketTimeoutUs) => [`rw_timeout ${socketTimeoutUs}`],
  },
};

/**
 * What ffmpeg need not find out before it shows a picture, in the camera's own stream and again in that of the script:
 * the rate would take it some twenty pictures, the order of H.264's (libavformat, has_decode_delay_been_guessed) seven.
 */
const AT_ONCE = { fpsprobesize: '0', max_ts_probe: '1' };

function networkInput(
  source: NetworkSource,
  options: { readonly socketTimeoutMs: number },
): FfmpegInvocation {
  const carrier = CARRIERS[source.kind];
  const asked = [
    ...carrier.options(Math.round(options.socketTimeoutMs * 1000)),
    ...Object.entries(AT_ONCE).map(([name, value]) => `${name} ${value}`),
  ];
  const script = [
    'ffconcat version 1.0',
    `file ${quoted(addressWithCredentials(source, carrier))}`,
    ...asked.map((option) => `option ${option}`),
    '',
  ];
  return {
    args: [
      ...Object.entries(AT_ONCE).flatMap(([name, value]) => [`-${name}`, value]),
      ...['-f', 'concat', '-safe', '0'],
      ...['-protocol_whitelist', carrier.whitelist, '-i', 'pipe:0'],
    ],
    stdin: script.join('\n'),
  };
}

function fileInput(source: Extract<CameraSource, { kind: 'file' }>, pace: RecordingPace): FfmpegInvocation {
  const paced = pace === 'own' ? ['-re'] : [];
  const repeat = source.loop ? ['-stream_loop', '-1'] : [];
  return {
    args: ['-nostdin', '-protocol_whitelist', 'file', ...paced, ...repeat, '-i', `file:${source.path}`],
    stdin: '',
  };
}

/** Cameras that know no login but one in the address (`/user={user}&password={password}&channel=1`) name its places. */
const LOGIN_PLACES = /\{(user|password)\}/g;

function addressWithCredentials(source: NetworkSource, carrier: Carrier): string {
  const isInAddress = source.url.includes('{password}');
  const url = URL.parse(
    source.url.replaceAll(LOGIN_PLACES, (_, name: 'user' | 'password') =>
      encodeURIComponent(source[name] ?? ''),
    ),
  );
  if (url === null || !carrier.protocols.includes(url.protocol) || url.host === '') {
    const expected = carrier.protocols.join(' or ');
    throw new RoadsideError('config-invalid', `${withoutCredentials(source.url)} is no ${expected} address`, {
      hint: `Give the camera's address as ${carrier.example}; its manual names the path.`,
    });
  }
  if (source.user === null || isInAddress) return url.href;
  const login = `${encodeURIComponent(source.user)}:${encodeURIComponent(source.password ?? '')}`;
  return `${url.protocol}//${login}@${url.host}${url.pathname}${url.search}`;
}

/** ffconcat takes what stands between single quotes literally. */
function quoted(text: string): string {
  return `'${text.replaceAll("'", `'\\''`)}'`;
}

/** ffmpeg repeats addresses in its complaints; nobody may read the password there, wherever a camera wants it. */
export function withoutCredentials(text: string): string {
  return withoutWrittenPassword(text.replaceAll(/(\b[a-z]+:\/\/)[^/\s]*@/g, '$1'));
}

/**
 * A camera is often joined between two key pictures. ffmpeg shows H.265 and MPEG-4 at once then, on grey: what was
 * already there is missing. Where no key picture comes for 5 s, as with intra refresh, what there is has to do.
 */
const FROM_A_KEY_PICTURE = "select='key+eq(pict_type,I)+gt(selected_n,0)+gt(t-start_t,5)'";

/**
 * Crops in shares of the picture that really comes, so that a camera switched to its smaller stream shows the
 * same road, and places the crop as the detector expects it.
 */
function pictureFilters(placement: PicturePlacement): readonly string[] {
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
  ];
}
