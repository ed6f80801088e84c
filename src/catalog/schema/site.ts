import { z } from 'zod';
import { busSchema } from './bus.ts';
import { cameraSchema } from './camera.ts';
import { evidenceSchema } from './evidence.ts';
import { filePath, idSchema, label } from './fields.ts';
import { incidentsSchema } from './incidents.ts';
import { approachSchema, quietHoursSchema } from './lane.ts';
import { furtherUplinkSchema, uplinkSchema } from './uplink.ts';

/* ---- what the figures become, where they are kept and where they go ---- */

const storeSchema = z.strictObject({
  file: filePath.default('/var/lib/roadside/roadside.db').describe('The SQLite database, on a local disk.'),
  retentionDays: z.number().int().min(1).max(366).default(35).describe('Days that records are kept.'),
  maxMegabytes: z
    .number()
    .int()
    .min(32)
    .max(65_536)
    .default(1024)
    .describe('The database stays below this size.'),
  passagesWaitS: z
    .number()
    .min(0)
    .max(60)
    .default(20)
    .describe(
      'Passages and the high-resolution log wait in memory up to so many seconds to be stored together, which spares the flash memory; they are sent once they are stored, and a power cut loses what waits. Everything else is stored at once.',
    ),
});

/** A site file as written; `z.output` of it, with every default filled in, is `Site`. */
export const siteSchema = z.strictObject({
  version: z.literal(1).describe('The version of this file format: 1.'),
  site: z.strictObject({
    id: idSchema.describe('Unique in the city: it is part of every MQTT topic.'),
    name: label,
    utcOffsetMin: z
      .number()
      .int()
      .min(-720)
      .max(840)
      .default(480)
      .describe('Local time minus UTC, minutes: 480 in China.'),
  }),
  flow: z
    .strictObject({
      intervalsS: z
        .array(z.number().int().min(10).max(86_400))
        .min(1)
        .max(8)
        .default([60, 300, 900, 3600])
        .describe('Widths of the flow intervals, seconds.'),
    })
    .prefault({}),
  approaches: z.array(approachSchema).min(1).max(12),
  buses: z.array(busSchema).max(16).default([]),
  cameras: z.array(cameraSchema).max(16).default([]),
  incidents: incidentsSchema,
  evidence: evidenceSchema,
  faults: z
    .strictObject({ quietHours: quietHoursSchema.default({ fromH: 23, toH: 5, factor: 4 }) })
    .prefault({}),
  fieldbus: z
    .strictObject({
      realTime: z
        .boolean()
        .default(false)
        .describe('true to run the process that polls with real-time priority, where the system allows it.'),
    })
    .prefault({}),
  uplink: uplinkSchema,
  furtherUplinks: z.array(furtherUplinkSchema).max(4).default([]),
  store: storeSchema.prefault({}),
  control: z
    .strictObject({
      socket: filePath
        .default('/run/roadside/control.sock')
        .describe('Where the command line finds the agent.'),
    })
    .prefault({}),
});

/** A checked site file with every default filled in. */
export type Site = z.output<typeof siteSchema>;
export type Bus = Site['buses'][number];
/** A bus that ends in a serial line, so that its budget can be reckoned. */
export type SerialBus = Extract<Bus, { baud: number }>;
export type Device = Bus['devices'][number];
export type Camera = Site['cameras'][number];
export type Lane = Site['approaches'][number]['lanes'][number];

export function isSerialBus(bus: Bus): bus is SerialBus {
  return 'baud' in bus;
}

export function isModbusBus(bus: Bus): boolean {
  return bus.protocol.startsWith('modbus-');
}

/** Fields that an earlier version of this program had elsewhere, by their last named parent, and where they stand. */
export const MOVED_FIELDS: Readonly<Record<string, string>> = {
  'station.lockedOnS': 'lockedOnS stands in faultLimits of the lane: faultLimits: { lockedOnS: 120 }.',
};
