/** A frame protocol of five bytes, its session, and devices that speak it: what the bus is tested with. */
import type { FrameDevicePlan } from '../../src/sensors/contract.ts';
import type { DeviceSession, Exchange, SessionSays } from '../../src/sensors/loops/device-session.ts';

const START = 0xa5;
const FRAME_BYTES = 5;
export type FrameKind = 'Q' | 'R' | 'P' | 'K' | 'N';

/** Start, address, kind (query, reply, push, acknowledge, no), value, sum. */
export function frame(address: number, kind: FrameKind, value = 0): Uint8Array {
  const bytes = [START, address, kind.charCodeAt(0), value];
  return Uint8Array.from([...bytes, bytes.reduce((sum, byte) => sum + byte, 0) & 0xff]);
}

interface Frame {
  readonly address: number;
  readonly kind: string;
  readonly value: number;
  readonly isSound: boolean;
}

export function createFrameReader(): {
  read(bytes: Uint8Array): readonly Frame[];
  forget(): void;
  discarded: number;
} {
  let held: number[] = [];
  const reader = {
    discarded: 0,
    forget: () => {
      held = [];
    },
    read(bytes: Uint8Array): readonly Frame[] {
      const frames: Frame[] = [];
      held.push(...bytes);
      for (;;) {
        const at = held.indexOf(START);
        const lost = at < 0 ? held.length : at;
        reader.discarded += lost;
        held = held.slice(lost);
        if (held.length < FRAME_BYTES) return frames;
        const [, address = 0, kind = 0, value = 0, sum = 0] = held;
        const isSound = ((START + address + kind + value) & 0xff) === sum;
        frames.push({ address, kind: String.fromCharCode(kind), value, isSound });
        held = held.slice(isSound ? FRAME_BYTES : 1);
        if (!isSound) reader.discarded += 1;
      }
    },
  };
  return reader;
}

/** Everything that is claimed is a count of the device's first loop. `pushed`: it is not asked, but tells. */
export function createTestSession(
  plan: FrameDevicePlan,
  delivery: 'asked' | 'pushed' = 'asked',
): DeviceSession {
  const reader = createFrameReader();
  const exchange: Exchange = {
    name: 'count',
    everyMs: plan.everyMs,
    pushed: delivery === 'pushed',
    countsAsReading: true,
  };
  const loop = plan.channels[0]?.loop ?? '';
  let isAsked = false;
  return {
    exchanges: [exchange],
    get discardedBytes() {
      return reader.discarded;
    },
    ask() {
      isAsked = true;
      return frame(plan.address, 'Q');
    },
    receive(bytes, at) {
      return reader.read(bytes).flatMap(({ address, kind, value, isSound }): SessionSays[] => {
        if (!isSound) return address === plan.address ? [{ kind: 'corrupt', why: 'the sum is wrong' }] : [];
        if (address !== plan.address) return [];
        if (kind === 'N') return [{ kind: 'refused', exchange: 0, why: 'it says no' }];
        const isOurs = kind === 'P' || (kind === 'R' && isAsked);
        if (!isOurs) return [];
        isAsked = false;
        const count = {
          kind: 'loop-counters',
          loop,
          count: value,
          bits: 8,
          nonVolatile: false,
          atMs: at.monoMs,
        } as const;
        return [
          { kind: 'observations', observations: [count] },
          { kind: 'answered', exchange: 0 },
          ...(kind === 'P' ? [{ kind: 'send', bytes: frame(address, 'K', value) } as const] : []),
        ];
      });
    },
    interrupt() {
      isAsked = false;
      reader.forget();
    },
  };
}

export function framePlan(
  id: string,
  address: number,
  over: Partial<Pick<FrameDevicePlan, 'everyMs' | 'responseTimeoutMs'>> = {},
): FrameDevicePlan {
  return {
    id,
    address,
    identity: null,
    responseTimeoutMs: 100,
    turnaroundMs: 0,
    everyMs: 50,
    codec: { name: 'canoga' },
    channels: [{ channel: 1, loop: `${id}-loop` }],
    ...over,
  };
}

/** What a device does with a query; the value it would answer with is its address. */
export type Habit = (address: number, reply: (bytes: Uint8Array, afterMs?: number) => void) => void;

export const answers: Habit = (address, reply) => reply(frame(address, 'R', address));

/** Devices at the far end of one line: each answers its queries as its habit says. */
export function createFrameDevices(
  habits: ReadonlyMap<number, Habit>,
  write: (bytes: Uint8Array) => void,
): {
  readonly onBytes: (bytes: Uint8Array) => void;
  readonly queries: readonly number[];
  readonly acks: number[];
} {
  const reader = createFrameReader();
  const queries: number[] = [];
  const acks: number[] = [];
  return {
    queries,
    acks,
    onBytes(bytes) {
      for (const { address, kind, value } of reader.read(bytes)) {
        if (kind === 'K') acks.push(value);
        if (kind !== 'Q') continue;
        queries.push(address);
        habits.get(address)?.(address, (reply, afterMs = 0) => {
          if (afterMs === 0) write(reply);
          else setTimeout(write, afterMs, reply);
        });
      }
    },
  };
}
