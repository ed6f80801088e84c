/** What a fieldbus process is given to look for devices instead, and what it finds. */
import { z } from 'zod';
import { id, serialLine, tableName, tcpPeer } from './fields.ts';

export const busScanConfigurationSchema = z.strictObject({
  kind: z.literal('bus-scan'),
  /** Serial ports to look at; empty means every one that the system has. */
  paths: z.array(z.string().min(1).max(255)).max(64),
  /** Modbus TCP peers to look at. */
  peers: z.array(z.strictObject(tcpPeer)).max(64),
  settings: z.array(z.strictObject(serialLine)).min(1).max(64),
  /** 1 to 247 by the standard; some cards leave the factory with a number above it. */
  units: z.array(z.number().int().min(1).max(255)).min(1).max(255),
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
});
export type BusScanConfiguration = z.infer<typeof busScanConfigurationSchema>;

/** What a scan has to say, in the order of its work. */
export const scanFindingSchema = z.discriminatedUnion('finding', [
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
    ...serialLine,
    baud: z.number().int().min(0),
    unit: z.number().int().min(0).max(255),
    /** Drivers whose `identify` agrees. */
    drivers: z.array(id).max(32),
    detail: z.string().max(300),
  }),
  /** Something answered, twice, and no answer was whole: two devices with one number, or a bad line. */
  z.strictObject({
    finding: z.literal('garbled'),
    path: z.string().max(255),
    ...serialLine,
    baud: z.number().int().min(0),
    unit: z.number().int().min(0).max(255),
    why: z.string().max(300),
  }),
  z.strictObject({
    finding: z.literal('progress'),
    done: z.number().int().nonnegative(),
    of: z.number().int().nonnegative(),
    now: z.string().max(200),
  }),
  z.strictObject({ finding: z.literal('finished') }),
]);
export type ScanFinding = z.infer<typeof scanFindingSchema>;
