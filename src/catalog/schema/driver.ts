import { z } from 'zod';
import { type FrameDriver, frameDriverSchema } from './frame-driver.ts';
import { type ModbusDriver, modbusDriverSchema } from './modbus-driver.ts';

/**
 * Driver files: what a detector is, as data. `protocol` says how it is spoken with; a file without it is
 * about a Modbus device.
 */
export const driverSchema = z.discriminatedUnion('protocol', [modbusDriverSchema, frameDriverSchema]);

/** A checked driver with every default filled in. */
export type LoopDriver = ModbusDriver | FrameDriver;
