import type { AccessUnit } from './access-units.ts';
import { nalType } from './access-units.ts';

export const RTP_PAYLOAD_TYPE = 96;
/** RFC 6184: H.264 always counts time in 90 kHz. */
export const RTP_CLOCK_HZ = 90_000;
/** Leaves room for every header within an Ethernet frame, as cameras do, although TCP would not need it. */
export const RTP_PAYLOAD_LIMIT_BYTES = 1400;

const RTP_HEADER_BYTES = 12;
const FU_A = 28;

/** Turns coded pictures into RTP packets of one stream (RFC 3550, RFC 6184 packetization-mode 1). */
export interface RtpPacketizer {
  /** The packets of one picture. `timestamp` counts RTP_CLOCK_HZ; only its low 32 bits are sent. */
  packetize(unit: AccessUnit, timestamp: number): Buffer[];
}

export function createRtpPacketizer(stream: { readonly ssrc: number }): RtpPacketizer {
  let sequence = 0;
  const packet = (timestamp: number, payloadBytes: number): Buffer => {
    const buffer = Buffer.allocUnsafe(RTP_HEADER_BYTES + payloadBytes);
    buffer.writeUInt8(0x80, 0);
    buffer.writeUInt8(RTP_PAYLOAD_TYPE, 1);
    buffer.writeUInt16BE(sequence, 2);
    buffer.writeUInt32BE(timestamp >>> 0, 4);
    buffer.writeUInt32BE(stream.ssrc >>> 0, 8);
    sequence = (sequence + 1) & 0xffff;
    return buffer;
  };
  const packetizeNal = (nal: Uint8Array, timestamp: number): Buffer[] => {
    if (nal.length <= RTP_PAYLOAD_LIMIT_BYTES) {
      const single = packet(timestamp, nal.length);
      single.set(nal, RTP_HEADER_BYTES);
      return [single];
    }
    const packets: Buffer[] = [];
    const importance = (nal[0] ?? 0) & 0xe0;
    const step = RTP_PAYLOAD_LIMIT_BYTES - 2;
    for (let from = 1; from < nal.length; from += step) {
      const fragment = nal.subarray(from, from + step);
      const buffer = packet(timestamp, fragment.length + 2);
      const first = from === 1 ? 0x80 : 0;
      const last = from + step >= nal.length ? 0x40 : 0;
      buffer.writeUInt8(importance | FU_A, RTP_HEADER_BYTES);
      buffer.writeUInt8(first | last | nalType(nal), RTP_HEADER_BYTES + 1);
      buffer.set(fragment, RTP_HEADER_BYTES + 2);
      packets.push(buffer);
    }
    return packets;
  };
  return {
    packetize(unit, timestamp) {
      const packets = unit.nals.flatMap((nal) => packetizeNal(nal, timestamp % 2 ** 32));
      const last = packets.at(-1);
      // The marker tells the receiver that the picture is whole.
      last?.writeUInt8(0x80 | RTP_PAYLOAD_TYPE, 1);
      return packets;
    },
  };
}

/** RFC 2326 10.12: `$`, channel and length before each packet on the RTSP connection. */
export function interleavedHeader(packet: { readonly channel: number; readonly bytes: number }): Buffer {
  const header = Buffer.allocUnsafe(4);
  header.writeUInt8(0x24, 0);
  header.writeUInt8(packet.channel, 1);
  header.writeUInt16BE(packet.bytes, 2);
  return header;
}
