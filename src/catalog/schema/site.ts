import { z } from 'zod';
import { cameraSchema } from './camera.ts';
import { filePath, hasNoUserinfo, idSchema, isUrl, label, passwordFile, user } from './fields.ts';

/* ---- lanes and their loops ---- */

const stationSchema = z
  .strictObject({
    loops: z
      .array(idSchema)
      .min(1)
      .max(2)
      .describe('[entry] or [entry, exit], in the order in which a vehicle meets them.'),
    spacingM: z
      .number()
      .min(1)
      .max(20)
      .exactOptional()
      .describe('Metres between the leading edges of the two loops; measure it on the road.'),
    loopLengthM: z
      .number()
      .min(0.5)
      .max(30)
      .default(2)
      .describe('Extent of one loop along the road, metres.'),
    lockedOnS: z
      .number()
      .min(10)
      .max(3600)
      .default(120)
      .describe('An output that stays on longer than this, in seconds, is a faulty detector.'),
  })
  .describe('The induction loops of this lane.');

const laneSchema = z.strictObject({
  number: z.number().int().min(1).max(99).describe('Counted from the median outwards, 1 to 99.'),
  station: stationSchema.exactOptional(),
});

const approachSchema = z.strictObject({
  id: idSchema.describe('One arm of the intersection, such as north; lanes are then north-1, north-2.'),
  name: label,
  lanes: z.array(laneSchema).min(1).max(12),
});

/* ---- buses and detector cards ---- */

const deviceSchema = z.strictObject({
  id: idSchema.describe('Your name for this card, as on its label in the cabinet.'),
  driver: idSchema.describe('Maker and model, such as procon-ld220; see the drivers folder.'),
  unit: z.number().int().min(0).max(255).default(1).describe('Modbus address (node id) set on the card.'),
  pollMs: z
    .number()
    .int()
    .min(10)
    .max(1000)
    .default(50)
    .describe('Milliseconds between two reads, 10 to 1000.'),
  invert: z
    .boolean()
    .default(false)
    .describe('true when the contacts are wired to open while a vehicle is present.'),
  loops: z
    .array(idSchema.nullable())
    .min(1)
    .max(64)
    .describe('The loop on each channel, channel 1 first; null for a channel without one.'),
});

const devices = z.array(deviceSchema).min(1).max(64);

const busId = idSchema.describe('Your name for this serial line or connection, such as rs485.');

const busSchema = z.discriminatedUnion('protocol', [
  z.strictObject({
    id: busId,
    protocol: z.literal('modbus-tcp').describe('modbus-tcp or modbus-rtu.'),
    host: z.string().min(1).max(255).describe('IP address or host name.'),
    port: z.number().int().min(1).max(65_535).default(502).describe('TCP port, usually 502.'),
    devices,
  }),
  z.strictObject({
    id: busId,
    protocol: z.literal('modbus-rtu').describe('modbus-tcp or modbus-rtu.'),
    path: filePath.describe('A name that survives replugging, such as /dev/serial/by-id/…'),
    baud: z
      .literal([1200, 2400, 4800, 9600, 19_200, 38_400, 57_600, 115_200])
      .describe('As set on the cards.'),
    parity: z.enum(['none', 'even', 'odd']).describe('As set on the cards.'),
    stopBits: z.literal([1, 2]).describe('As set on the cards.'),
    devices,
  }),
]);

/* ---- what the figures become, where they are kept and where they go ---- */

const incidentsSchema = z
  .strictObject({
    stoppedVehicle: z
      .strictObject({
        belowKmh: z.number().min(1).max(20).default(5).describe('A slower vehicle stands, km/h.'),
        dwellS: z
          .number()
          .min(1)
          .max(3600)
          .default(10)
          .describe('Seconds it stands before the incident opens.'),
        clearS: z.number().min(1).max(3600).default(5).describe('Seconds the lane is free before it closes.'),
      })
      .prefault({}),
    wrongWay: z
      .strictObject({
        aboveKmh: z.number().min(1).max(50).default(8).describe('Slower movement does not count, km/h.'),
        dwellS: z
          .number()
          .min(0.2)
          .max(60)
          .default(1)
          .describe('Seconds of wrong-way travel before it opens.'),
        distanceM: z
          .number()
          .min(1)
          .max(100)
          .default(8)
          .describe('Metres of wrong-way travel before it opens.'),
        clearS: z
          .number()
          .min(1)
          .max(3600)
          .default(3)
          .describe('Seconds without wrong-way travel before it closes.'),
      })
      .prefault({}),
  })
  .prefault({})
  .describe('When incidents open and close.');

const uplinkSchema = z.strictObject({
  url: z
    .string()
    .max(1000)
    .refine((text) => isUrl(text, ['mqtt:', 'mqtts:']), {
      error: 'an address such as mqtts://platform.example:8883',
    })
    .refine(hasNoUserinfo, { error: 'an address without user and password' })
    .describe('The MQTT broker: mqtts:// with TLS, mqtt:// without. User and password stand beside it.'),
  user: user.exactOptional(),
  passwordFile: passwordFile.exactOptional(),
  caFile: filePath
    .exactOptional()
    .describe('Certificate authority that signed the broker, PEM; else the system list.'),
  certFile: filePath.exactOptional().describe('Client certificate, PEM; needs keyFile.'),
  keyFile: filePath.exactOptional().describe('Private key of certFile, PEM.'),
  keepaliveS: z.number().int().min(5).max(300).default(20).describe('MQTT keep-alive in seconds.'),
  window: z
    .number()
    .int()
    .min(1)
    .max(1000)
    .default(100)
    .describe('Records on the way without an answer, at most.'),
  reconnectMaxS: z
    .number()
    .int()
    .min(1)
    .max(3600)
    .default(60)
    .describe('Seconds between two attempts to connect, at most; attempts begin quickly.'),
  publishPassages: z.boolean().default(false).describe('true to send every single passage too.'),
});

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
});

/** A site file as written; `z.output` of it, with every default filled in, is `Site`. */
export const siteSchema = z.strictObject({
  version: z.literal(1).describe('The version of this file format: 1.'),
  site: z.strictObject({
    id: idSchema.describe('Unique in the city: it is part of every MQTT topic.'),
    name: label,
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
  uplink: uplinkSchema,
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
export type RtuBus = Extract<Bus, { protocol: 'modbus-rtu' }>;
export type Device = Bus['devices'][number];
export type Camera = Site['cameras'][number];
export type Lane = Site['approaches'][number]['lanes'][number];
