import fc from 'fast-check';
import { expect, test } from 'vitest';
import { createRtpPacketizer, interleavedHeader, RTP_PAYLOAD_LIMIT_BYTES } from './rtp-packets.ts';

const HEADER_BYTES = 12;

/** Puts NAL units together again as a receiver does (RFC 6184). */
function receive(packets: readonly Buffer[]): number[][] {
  const nals: number[][] = [];
  for (const packet of packets) {
    const payload = packet.subarray(HEADER_BYTES);
    const indicator = payload.readUInt8(0);
    if ((indicator & 0x1f) !== 28) {
      nals.push([...payload]);
      continue;
    }
    const header = payload.readUInt8(1);
    if ((header & 0x80) !== 0) nals.push([(indicator & 0xe0) | (header & 0x1f)]);
    nals.at(-1)?.push(...payload.subarray(2));
  }
  return nals;
}

test('a receiver gets every NAL unit back, in packets that fit', () => {
  const nal = fc.integer({ min: 1, max: 3 * RTP_PAYLOAD_LIMIT_BYTES + 5 }).map((length) => {
    return Uint8Array.from({ length }, (_, at) => (at === 0 ? 0x65 : at % 251));
  });
  fc.assert(
    fc.property(fc.array(nal, { minLength: 1, maxLength: 4 }), (nals) => {
      const packets = createRtpPacketizer({ ssrc: 1 }).packetize({ nals, key: true }, 0);
      expect(receive(packets)).toEqual(nals.map((each) => [...each]));
      for (const packet of packets) {
        expect(packet.length).toBeLessThanOrEqual(HEADER_BYTES + RTP_PAYLOAD_LIMIT_BYTES);
      }
      const markers = packets.map((packet) => packet.readUInt8(1) >> 7);
      expect(markers).toEqual(packets.map((_, index) => (index === packets.length - 1 ? 1 : 0)));
    }),
    { numRuns: 30 },
  );
});

test('sequence numbers and times go on over their limits', () => {
  const packetizer = createRtpPacketizer({ ssrc: 0xffffffff });
  const unit = { nals: [Uint8Array.of(0x41, 1)], key: false };
  let last: Buffer | undefined;
  for (let picture = 0; picture <= 65_536; picture += 1) {
    last = packetizer.packetize(unit, 2 ** 32 + picture).at(0);
  }
  expect(last?.readUInt16BE(2)).toBe(0);
  expect(last?.readUInt32BE(4)).toBe(65_536);
  expect(last?.readUInt32BE(8)).toBe(0xffffffff);
});

test('on the RTSP connection a packet follows its channel and length', () => {
  expect([...interleavedHeader({ channel: 2, bytes: 300 })]).toEqual([0x24, 2, 1, 44]);
});
