/** What a fieldbus process is given to look for devices instead, and what it finds. */
import { z } from 'zod';
import { codecPlanSchema } from '../loops/codecs/codec-plan.ts';
import { id, serialLine, tableName, tcpPeer } from './fields.ts';

export const busScanConfigurationSchema = z.strictObject({
  kind: z.literal('bus-scan'),
  /** Serial ports to look at; empty means every one that the system has. */
  paths: z.array(z.string().min(1).max(255)).max(64),
  /** Peers to look at: Modbus TCP, serial device servers, devices with frames of their own. */
  peers: z.array(z.strictObject(tcpPeer)).max(64),
  /** Ports of this machine on which devices call; each is listened to for `callersMs`. */
  callers: z.array(z.strictObject({ bind: z.string().min(1).max(64), port: tcpPeer.port })).max(8),
  callersMs: z.number().int().min(0).max(120_000),
  /** What Modbus cards on a serial line may be set to. */
  settings: z.array(z.strictObject(serialLine)).min(1).max(64),
  /** Modbus: 1 to 247, and some cards leave the factory with one above; frames have numbers of their own. */
  units: z.array(z.number().int().min(0).max(65_535)).min(1).max(1024),
  /** Silence before the first request of a port: a master that is already at work is heard by then. */
  listenMs: z.number().int().min(0).max(60_000),
  responseTimeoutMs: z.number().int().min(10).max(5000),
  /** Whether to try a port's other settings although something has answered there already. */
  thorough: z.boolean(),
  /** What a driver file says about recognising its device: read this, compare this. */
  identify: z
    .array(
      z.strictObject({
        driver: id,
        label: z.string().max(100),
        table: tableName,
        address: z.number().int().min(1).max(65_536),
        mask: z.number().int().min(1).max(0xffff),
        expect: z.number().int().min(0).max(0xffff),
      }),
    )
    .max(256),
  /** What a driver without such a register reads: a device that answers all of it may be its device. */
  fits: z
    .array(
      z.strictObject({
        driver: id,
        reads: z
          .array(
            z.strictObject({
              table: tableName,
              address: z.number().int().min(1).max(65_536),
              quantity: z.number().int().min(1).max(2000),
            }),
          )
          .min(1)
          .max(64),
      }),
    )
    .max(64),
  /** How a device with frames of its own is found: asked as its codec asks, or heard speaking unasked. */
  frames: z
    .array(
      z.strictObject({
        driver: id,
        codec: codecPlanSchema,
        /** The numbers that it can have; null where no number names it, so that it can only be heard. */
        addresses: z
          .strictObject({ from: z.number().int().min(0), to: z.number().int().max(65_535) })
          .nullable(),
        /** What its serial port may be set to; empty when it has none. */
        settings: z.array(z.strictObject(serialLine)).max(64),
        /** Whether it can be called over TCP. */
        isCalled: z.boolean(),
        answersWithinMs: z.number().int().min(10).max(10_000),
      }),
    )
    .max(64),
});
export type BusScanConfiguration = z.infer<typeof busScanConfigurationSchema>;

/** What a scan has to say, in the order of its work. */
export const scanFindingSchema = z.discriminatedUnion('finding', [
  /** How long it takes where nobody answers. */
  z.strictObject({ finding: z.literal('started'), aboutS: z.number().int().nonnegative() }),
  z.strictObject({
    finding: z.literal('port'),
    path: z.string().max(255),
    /** The name that survives replugging, and what the adapter calls itself. */
    stablePath: z.string().max(255).nullable(),
    label: z.string().max(200),
  }),
  z.strictObject({
    finding: z.literal('port-unusable'),
    path: z.string().max(255),
    why: z.string().max(300),
  }),
  /** Somebody else talks on this line: nothing was asked. */
  z.strictObject({ finding: z.literal('line-busy'), path: z.string().max(255), bytes: z.number().int() }),
  z.strictObject({
    finding: z.literal('device'),
    path: z.string().max(255),
    /** How the bus of a site file would speak with it. */
    protocol: z.enum([
      'modbus-rtu',
      'modbus-tcp',
      'modbus-rtu-over-tcp',
      'serial-frames',
      'tcp-frames',
      'tcp-frames-server',
    ]),
    ...serialLine,
    /** 0 where no line of ours leads to it. */
    baud: z.number().int().min(0),
    unit: z.number().int().min(0).max(65_535),
    /** What a device is called that no number names. */
    identity: z.string().max(64).nullable(),
    /** Drivers that fit what it said, the likeliest first. */
    drivers: z.array(id).max(32),
    detail: z.string().max(300),
  }),
  /** Somebody called and sent what no driver understands. */
  z.strictObject({ finding: z.literal('stranger'), path: z.string().max(255), bytes: z.number().int() }),
  /** Something answered, twice, and no answer was whole: two devices with one number, or a bad line. */
  z.strictObject({
    finding: z.literal('garbled'),
    path: z.string().max(255),
    ...serialLine,
    baud: z.number().int().min(0),
    unit: z.number().int().min(0).max(65_535),
    why: z.string().max(300),
  }),
  z.strictObject({
    finding: z.literal('progress'),
    done: z.number().int().nonnegative(),
    /** 0 while it only listens. */
    of: z.number().int().nonnegative(),
    now: z.string().max(200),
  }),
  z.strictObject({ finding: z.literal('finished') }),
]);
export type ScanFinding = z.infer<typeof scanFindingSchema>;
