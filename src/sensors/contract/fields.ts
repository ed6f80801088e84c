import { z } from 'zod';

/* Fields that the parts of the contract share. */

export const id = z.string().min(1).max(64);
export const ms = z.number().finite();
export const tableName = z.enum(['coil', 'discrete-input', 'holding-register', 'input-register']);
export const tcpPeer = { host: z.string().min(1).max(255), port: z.number().int().min(1).max(65_535) };
export const serialLine = {
  baud: z.number().int().min(1200).max(115_200),
  parity: z.enum(['none', 'even', 'odd']),
  stopBits: z.union([z.literal(1), z.literal(2)]),
};
