/** What the fieldbus process is given: its own part of the configuration and nothing else. */
import { z } from 'zod';
import { codecPlanSchema } from '../loops/codecs/codec-plan.ts';
import { id, serialLine, tableName, tcpPeer } from './fields.ts';

/** What one bit or register of a reply means. `offset` counts bits or registers from the start of the read. */
const signalSchema = z.discriminatedUnion('means', [
  z.strictObject({
    means: z.literal('loop-occupied'),
    offset: z.number().int().min(0),
    loop: id,
    invert: z.boolean(),
  }),
  z.strictObject({
    means: z.literal('loop-fault'),
    offset: z.number().int().min(0),
    loop: id,
    /** `loop-open`, `loop-short`, `loop-fault`. */
    code: z.string().min(1).max(64),
  }),
  z.strictObject({
    means: z.literal('vehicle-count'),
    offset: z.number().int().min(0),
    loop: id,
    decode: z.enum(['u16', 'u32-msw-first', 'u32-lsw-first']),
    nonVolatile: z.boolean(),
  }),
  z.strictObject({
    means: z.literal('occupied-time'),
    offset: z.number().int().min(0),
    loop: id,
    decode: z.enum(['u16', 'u32-msw-first', 'u32-lsw-first']),
    /** What one count stands for. */
    unitMs: z.number().positive().max(60_000),
    nonVolatile: z.boolean(),
  }),
]);
export type SignalPlan = z.infer<typeof signalSchema>;

const readSchema = z.strictObject({
  table: tableName,
  /** 1-based, as manuals print it without the table digit; the wire carries one less. */
  address: z.number().int().min(1).max(65_536),
  /** Bits or registers. */
  quantity: z.number().int().min(1).max(2000),
  everyMs: z.number().int().min(1),
  signals: z.array(signalSchema).min(1),
});
export type ReadPlan = z.infer<typeof readSchema>;
export type TableName = z.infer<typeof tableName>;

const deviceSchema = z.strictObject({
  id,
  unit: z.number().int().min(0).max(255),
  responseTimeoutMs: z.number().int().min(10).max(10_000),
  /** Silence the device needs between two requests to it. */
  turnaroundMs: z.number().min(0).max(1000),
  reads: z.array(readSchema).min(1),
});
export type DevicePlan = z.infer<typeof deviceSchema>;

/** A device behind a frame protocol; see loops/device-session.ts. */
const frameDeviceSchema = z.strictObject({
  id,
  /** The device's number on its bus. */
  address: z.number().int().min(0).max(65_535),
  /** What a device is called where a number does not name it (GB/T 43229: 7 bytes in hexadecimal). */
  identity: z.string().max(64).nullable(),
  responseTimeoutMs: z.number().int().min(10).max(30_000),
  turnaroundMs: z.number().min(0).max(1000),
  /** How often it is asked for what it has seen. */
  everyMs: z.number().int().min(10).max(3_600_000),
  codec: codecPlanSchema,
  /** `channel` counts from 1, as on the device. */
  channels: z.array(z.strictObject({ channel: z.number().int().min(1).max(256), loop: id })).min(1),
});
export type FrameDevicePlan = z.infer<typeof frameDeviceSchema>;

/** A stable device path, such as /dev/serial/by-id/… */
const serialPath = z.string().min(1).max(255);
const modbusDevices = z.array(deviceSchema).min(1);
const frameDevices = z.array(frameDeviceSchema).min(1);

const busSchema = z.discriminatedUnion('protocol', [
  z.strictObject({ protocol: z.literal('modbus-tcp'), id, ...tcpPeer, devices: modbusDevices }),
  z.strictObject({
    protocol: z.literal('modbus-rtu'),
    id,
    path: serialPath,
    ...serialLine,
    devices: modbusDevices,
  }),
  /** RTU frames through a serial device server; the line settings are those behind it. */
  z.strictObject({
    protocol: z.literal('modbus-rtu-over-tcp'),
    id,
    ...tcpPeer,
    ...serialLine,
    devices: modbusDevices,
  }),
  z.strictObject({
    protocol: z.literal('serial-frames'),
    id,
    path: serialPath,
    ...serialLine,
    devices: frameDevices,
  }),
  z.strictObject({ protocol: z.literal('tcp-frames'), id, ...tcpPeer, devices: frameDevices }),
  /** The devices connect to us. */
  z.strictObject({
    protocol: z.literal('tcp-frames-server'),
    id,
    bind: z.string().min(1).max(255),
    port: z.number().int().min(1).max(65_535),
    devices: frameDevices,
  }),
]);
export type BusPlan = z.infer<typeof busSchema>;
export type ModbusBusPlan = Exclude<BusPlan, { devices: FrameDevicePlan[] }>;
export type FrameBusPlan = Extract<BusPlan, { devices: FrameDevicePlan[] }>;

export const fieldbusConfigurationSchema = z.strictObject({
  kind: z.literal('fieldbus'),
  /** SCHED_FIFO for this process, where the system allows it; see docs. */
  realTime: z.boolean(),
  buses: z.array(busSchema),
});
export type FieldbusConfiguration = z.infer<typeof fieldbusConfigurationSchema>;
