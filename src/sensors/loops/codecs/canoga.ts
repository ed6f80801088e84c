/**
 * Canoga C900 loop cards (3M, later GTT) over their serial port or a serial device server. The card keeps the
 * last finished vehicle of each channel; polling tells them one by one, and its counter how many were not told.
 * Layout: IRIS (github mnit-rtmc/iris), comm/canoga; ports: GTT Canoga C924X Installation Manual, 8.2.12.
 */
import type { FrameDevicePlan } from '../../contract.ts';
import type { DeviceSession, Moment, SessionSays } from '../device-session.ts';
import {
  type ChannelRecord,
  DETECTION_BYTES,
  decodeDetection,
  encodeDetectionQuery,
} from './canoga-frames.ts';
import { createCanogaVehicles } from './canoga-vehicles.ts';

/** Longer than any red light: a record that says more is damaged. */
const LONGEST_OCCUPANCY_MS = 3_600_000;
/** Noise ahead of an answer, at most; what comes later is not it. */
const LEADING_NOISE_BYTES = 64;

export function createCanogaSession(plan: FrameDevicePlan): DeviceSession {
  const query = encodeDetectionQuery(plan.address);
  const vehicles = createCanogaVehicles(plan.channels);
  const held = new Uint8Array(DETECTION_BYTES);
  let heldBytes = 0;
  let askedMonoMs: number | null = null;
  let ignoredSinceAsk = 0;
  let isDamageTold = false;
  let discardedBytes = 0;

  const discard = (count: number): void => {
    discardedBytes += count;
    ignoredSinceAsk += count;
  };
  const forgetPartial = (): void => {
    discard(heldBytes);
    heldBytes = 0;
    askedMonoMs = null;
  };
  /** The answer has no header: it is found by sliding. Null while it is not there. */
  const take = (byte: number): readonly ChannelRecord[] | null => {
    held[heldBytes] = byte;
    heldBytes += 1;
    if (heldBytes < DETECTION_BYTES) return null;
    const records = decodeDetection(held);
    if (records?.every(({ durationMs }) => durationMs <= LONGEST_OCCUPANCY_MS)) {
      heldBytes = 0;
      return records;
    }
    held.copyWithin(0, 1);
    heldBytes -= 1;
    discard(1);
    return null;
  };
  const finish = (records: readonly ChannelRecord[], at: Moment, asked: number): readonly SessionSays[] => {
    const observations = vehicles.follow({ records, askedMonoMs: asked, receivedMonoMs: at.monoMs });
    if (observations === 'contradiction') {
      return [{ kind: 'corrupt', why: 'the records contradict those of the poll before' }];
    }
    const answered = { kind: 'answered', exchange: 0 } as const;
    return observations.length === 0 ? [answered] : [{ kind: 'observations', observations }, answered];
  };

  return {
    exchanges: [{ name: 'detections', everyMs: plan.everyMs, pushed: false, countsAsReading: true }],
    get discardedBytes() {
      return discardedBytes;
    },
    ask(_exchange, at) {
      forgetPartial();
      ignoredSinceAsk = 0;
      isDamageTold = false;
      askedMonoMs = at.monoMs;
      return query;
    },
    receive(bytes, at) {
      for (const [index, byte] of bytes.entries()) {
        if (askedMonoMs === null || ignoredSinceAsk > LEADING_NOISE_BYTES) {
          discard(bytes.length - index);
          return [];
        }
        const records = take(byte);
        if (records === null) continue;
        const asked = askedMonoMs;
        askedMonoMs = null;
        discard(bytes.length - index - 1);
        return finish(records, at, asked);
      }
      // As many bytes as an answer has, and they are none: the line is told, while the search goes on.
      const isDamaged = askedMonoMs !== null && ignoredSinceAsk > 0 && heldBytes === DETECTION_BYTES - 1;
      if (!isDamaged || isDamageTold) return [];
      isDamageTold = true;
      return [{ kind: 'corrupt', why: 'the checksum of an answer is wrong' }];
    },
    interrupt: forgetPartial,
  };
}
