import { isIP } from 'node:net';
import { z } from 'zod';
import { filePath, idSchema } from './fields.ts';

/* Buses and the detectors on them. */

/** Channels of one detector at most: GB/T 43229 has no more. */
export const CHANNELS_MAX = 128;
export const BAUD_RATES = [1200, 2400, 4800, 9600, 19_200, 38_400, 57_600, 115_200] as const;
export const PARITIES = ['none', 'even', 'odd'] as const;
export const STOP_BITS = [1, 2] as const;

const deviceSchema = z.strictObject({
  id: idSchema.describe('Your name for this card, as on its label in the cabinet.'),
  driver: idSchema.describe('Maker and model, such as procon-ld220; see the drivers folder.'),
  unit: z
    .number()
    .int()
    .min(0)
    .max(65_535)
    .default(1)
    .describe('The number set on the card: its Modbus address (node id), or its address in frames.'),
  identity: z
    .string()
    .min(1)
    .max(64)
    .exactOptional()
    .describe('What the device is called where a number does not name it; its driver says when and how.'),
  pollMs: z
    .number()
    .int()
    .min(10)
    .max(3_600_000)
    .exactOptional()
    .describe('Milliseconds between two reads, 10 to 3600000; without it, 50, or what the driver says.'),
  invert: z
    .boolean()
    .default(false)
    .describe('true when the contacts are wired to open while a vehicle is present.'),
  loops: z
    .array(idSchema.nullable())
    .min(1)
    .max(CHANNELS_MAX)
    .describe('The loop on each channel, channel 1 first; null for a channel without one.'),
});

const shared = {
  id: idSchema.describe('Your name for this serial line or connection, such as rs485.'),
  devices: z.array(deviceSchema).min(1).max(64),
};

function protocol<T extends string>(name: T) {
  const hint = 'Cards with registers speak Modbus (modbus-…), others frames of their own (…-frames).';
  return z.literal(name).describe(hint);
}

const host = z.string().min(1).max(255).describe('IP address or host name.');
const port = z.number().int().min(1).max(65_535).describe('TCP port.');
const path = filePath.describe('A name that survives replugging, such as /dev/serial/by-id/…');
const line = {
  baud: z.literal(BAUD_RATES).describe('As set on the cards.'),
  parity: z.enum(PARITIES).describe('As set on the cards.'),
  stopBits: z.literal(STOP_BITS).describe('As set on the cards.'),
};

export const busSchema = z.discriminatedUnion('protocol', [
  z.strictObject({
    protocol: protocol('modbus-tcp'),
    host,
    port: port.default(502).describe('TCP port, usually 502.'),
    ...shared,
  }),
  z.strictObject({ protocol: protocol('modbus-rtu'), path, ...line, ...shared }),
  /* A serial device server that passes bytes on; the line settings are those behind it. */
  z.strictObject({ protocol: protocol('modbus-rtu-over-tcp'), host, port, ...line, ...shared }),
  z.strictObject({ protocol: protocol('serial-frames'), path, ...line, ...shared }),
  z.strictObject({ protocol: protocol('tcp-frames'), host, port, ...shared }),
  z.strictObject({
    protocol: protocol('tcp-frames-server'),
    bind: z
      .string()
      .max(64)
      .refine((text) => isIP(text) !== 0, { error: 'an IP address of this machine' })
      .default('0.0.0.0')
      .describe('The address of this machine that devices connect to; 0.0.0.0 is every one.'),
    port: port.describe('The TCP port that devices connect to.'),
    ...shared,
  }),
]);
