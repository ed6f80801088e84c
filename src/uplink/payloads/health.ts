import { z } from 'zod';
import type { HealthRecord } from '../../traffic/stored-record.ts';
import { explained } from './explained.ts';
import { envelopeFields, headFields, name, type Same } from './head.ts';

const count = (text: string) => z.int().min(0).describe(text);
const figure = (text: string) =>
  z.number().describe(`${text} Null where this machine does not tell.`).nullable();

const healthRecordSchema = z.strictObject({
  ...headFields,
  stream: z.literal('health'),
  upForS: count('Time since the agent started, s.'),
  inbox: z
    .strictObject({
      waiting: count('Observations that wait to be folded.'),
      refused: count('Observations refused since the start, because too many waited.'),
    })
    .describe('Between the sensors and the records.'),
  store: z
    .strictObject({
      stored: count('Records stored since the store file was made.'),
      damaged: count('Records that the disk altered, summed over receivers; each declared in a gap record.'),
      evicted: count(
        'Records that gave way for lack of room or were too large for a receiver, summed over receivers; each declared ' +
          'in a gap record.',
      ),
      unstored: count('Records that wait in memory because the store refuses them.'),
      lost: count('Records given up since the start, because the store refused them for too long.'),
    })
    .describe('What is kept.'),
  receivers: z
    .array(
      z.strictObject({
        upstream: name('Name of the receiver; `platform` is the first.'),
        state: explained('Of its connection.', {
          connecting: 'an attempt is under way',
          online: 'connected',
          offline: 'waiting for the next attempt',
          stopped: 'the agent is leaving',
        }),
        error: name('Code of what is wrong, e.g. `uplink-dns`; null when all is well.').nullable(),
        connects: count('Connections accepted since the start.'),
        published: count('Records sent since the start, repetitions included.'),
        acknowledged: count('Records acknowledged since the start.'),
        pending: count('Records that wait for it.'),
      }),
    )
    .describe('Who gets records.'),
  processes: z
    .array(
      z.strictObject({
        process: name('`fieldbus` or `vision`.'),
        state: explained('Whether it works.', {
          starting: 'it has been started and says nothing yet',
          working: 'it reads its sensors',
          down: 'it has ended and is started again',
          stopped: 'the agent is leaving',
        }),
        restarts: count('How often it was started again.'),
      }),
    )
    .describe('Processes that read sensors.'),
  sensors: z
    .array(
      z.strictObject({
        sensor: name('Bus, device or camera id.'),
        state: explained('Whether it works.', {
          starting: 'nothing has come yet',
          working: 'readings come',
          failing: 'no readings come',
          stopped: 'it is not read any more',
        }),
        figures: z
          .record(name('What, with its unit as the last part.'), z.number())
          .describe('Such as the utilisation of a bus, pictures per second or the time of one inference.'),
      }),
    )
    .describe('Sensors as their readers see them.'),
  machine: z
    .strictObject({
      cpuPct: figure('Processor time of the agent and all processes that it runs, percent of one core.'),
      residentMegabytes: figure('Memory of the same, MB.'),
      loadPerCore: figure('Load average over five minutes, per core.'),
      availableMegabytes: figure('Memory that programs can still get, MB.'),
      diskFreeMegabytes: figure('Free space where the store lies, MB.'),
      temperatureC: figure('Of the hottest part that tells, °C.'),
    })
    .describe('The machine.'),
});
true satisfies Same<z.infer<typeof healthRecordSchema>, HealthRecord>;

export const healthPayload = healthRecordSchema
  .extend(envelopeFields('health'))
  .describe('How the agent and its machine are doing, some minutes apart.');
