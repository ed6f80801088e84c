import { RoadsideError } from '../../base/errors.ts';
import { type AccessUnit, NAL_PPS, NAL_SPS, nalType } from './access-units.ts';
import { RTP_CLOCK_HZ, RTP_PAYLOAD_TYPE } from './rtp-packets.ts';

/** The one video track's address below the stream's own. */
export const TRACK = 'trackID=0';

/**
 * Describes an H.264 stream to RTSP clients (RFC 4566, RFC 6184 8.1). `sprop-parameter-sets` lets a client
 * know the picture's size before the first key picture. Throws `recording-invalid` without parameter sets.
 */
export function describeSession(firstUnit: AccessUnit): string {
  const sps = firstUnit.nals.find((nal) => nalType(nal) === NAL_SPS);
  const pps = firstUnit.nals.find((nal) => nalType(nal) === NAL_PPS);
  if (sps === undefined || pps === undefined) {
    throw new RoadsideError('recording-invalid', 'the clip has no parameter sets before its first picture', {
      hint: 'Give a video file with H.264 video.',
    });
  }
  const profile = Buffer.from(sps.subarray(1, 4)).toString('hex');
  const sets = `${Buffer.from(sps).toString('base64')},${Buffer.from(pps).toString('base64')}`;
  const format = `packetization-mode=1;profile-level-id=${profile};sprop-parameter-sets=${sets}`;
  return [
    'v=0',
    'o=- 0 0 IN IP4 127.0.0.1',
    's=Simulated camera',
    'c=IN IP4 0.0.0.0',
    't=0 0',
    'a=control:*',
    `m=video 0 RTP/AVP ${RTP_PAYLOAD_TYPE}`,
    `a=rtpmap:${RTP_PAYLOAD_TYPE} H264/${RTP_CLOCK_HZ}`,
    `a=fmtp:${RTP_PAYLOAD_TYPE} ${format}`,
    `a=control:${TRACK}`,
    '',
  ].join('\r\n');
}
