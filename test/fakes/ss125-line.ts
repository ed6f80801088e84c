/** A simulated SmartSensor HD and a session that asks it, without a line between them. */
import type { FrameDevicePlan } from '../../src/sensors/contract.ts';
import { createSs125Session } from '../../src/sensors/loops/codecs/ss125.ts';
import type { SessionSays } from '../../src/sensors/loops/device-session.ts';
import { createSs125Device, type Ss125DevicePlan } from '../../src/simulator/devices/ss125-device.ts';

export const SENSOR = 0x0234;
export const WALL_MS = Date.UTC(2026, 4, 1, 8);

export type Reads = 'intervals' | 'vehicles';

export function plan(reads: Reads): FrameDevicePlan {
  return {
    id: 'radar',
    address: SENSOR,
    identity: null,
    responseTimeoutMs: 1000,
    turnaroundMs: 0,
    everyMs: 1000,
    codec: { name: 'ss125', reads },
    channels: [1, 2, 3].map((channel) => ({ channel, loop: `lane-${channel}` })),
  };
}

/** A radar and a session on one line; monotonic time 0 is WALL_MS. */
export function openLine(reads: Reads, options: Partial<Ss125DevicePlan> = {}, clockErrorMs = 0) {
  const poweredUpAtMs = WALL_MS + clockErrorMs;
  const device = { sensor: SENSOR, lanes: 4, periodS: 30, metric: false, poweredUpAtMs, ...options };
  const radar = createSs125Device(device);
  const session = createSs125Session(plan(reads));
  const deviceMs = (monoMs: number): number => WALL_MS + monoMs + clockErrorMs;
  return {
    radar,
    session,
    /** One exchange with all its parts; the replies are kept. */
    poll(monoMs: number) {
      const at = { monoMs, wallMs: WALL_MS + monoMs };
      const said: SessionSays[] = [];
      const replies: Uint8Array[] = [];
      let requests = [session.ask(0, at)];
      while (requests.length > 0) {
        const answers = requests.flatMap((request) => radar.receive(request, deviceMs(monoMs)));
        replies.push(...answers);
        const heard = answers.flatMap((reply) => session.receive(reply, { ...at, monoMs: monoMs + 20 }));
        said.push(...heard);
        requests = heard.flatMap((it) => (it.kind === 'send' ? [it.bytes] : []));
      }
      return { said, replies };
    },
    drive(lane: number, monoMs: number, speedKmh = 50, lengthM = 4.5): void {
      radar.vehiclePasses({ lane, atMs: deviceMs(monoMs), durationMs: 300, speedKmh, lengthM });
    },
  };
}
