import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { z } from 'zod';
import { loadDriver } from '../catalog/load/load-driver.ts';
import { loadSite } from '../catalog/load/load-site.ts';
import { codecSchema } from '../catalog/schema/codec.ts';
import { driverSchema, type LoopDriver } from '../catalog/schema/driver.ts';
import { siteSchema } from '../catalog/schema/site.ts';
import { shippedDriversDir, shippedFolders } from '../catalog/shipped.ts';
import { fieldbusConfigurationSchema } from '../sensors/contract/fieldbus-plan.ts';
import { codecPlanSchema } from '../sensors/loops/codecs/codec-plan.ts';
import { planFieldbus } from './plans.ts';

describe('the codecs that a driver file can name are those that the fieldbus process knows', () => {
  const nameOf = (schema: { shape: { name: { value: string } } }) => schema.shape.name.value;
  const withoutWords = (schema: z.ZodType): unknown =>
    JSON.parse(JSON.stringify(z.toJSONSchema(schema)), (key, value) =>
      key === 'description' && typeof value === 'string' ? undefined : value,
    );

  it('by name', () => {
    expect(codecSchema.options.map(nameOf)).toEqual(codecPlanSchema.options.map(nameOf));
  });

  // A file is checked more strictly than a plan where words of a protocol are spelt out (ascii-fields).
  const alike = codecSchema.options.filter((option) => nameOf(option) !== 'ascii-fields');
  it.each(alike.map((option) => [nameOf(option), option] as const))('by parameters: %s', (name, option) => {
    const plan = codecPlanSchema.options.find((known) => nameOf(known) === name);
    expect(plan && withoutWords(plan)).toEqual(withoutWords(option));
  });
});

const example = join(import.meta.dirname, '..', '..', 'config', 'example-site.yaml');

const frameDriver: LoopDriver = driverSchema.parse({
  driver: 'acme-caller',
  label: 'Caller',
  kind: 'loop-detector',
  protocol: 'frames',
  channels: 3,
  bus: {
    serial: { baud: [9600], parity: ['none'], stopBits: [1] },
    tcp: { port: 40_000, role: 'listen' },
    responseTimeoutMs: 5000,
    turnaroundMs: 7,
  },
  address: { from: 0, to: 9 },
  codec: { name: 'canoga' },
  tells: { kind: 'stamped-edges', resolutionMs: 1 },
  pollMs: { default: 3000, min: 1000, max: 60_000 },
  frameBytes: { request: 8, reply: 44 },
  evidence: ['protocol manual, page 1'],
  examples: [
    { note: 'n', received: ['00'], expect: [{ kind: 'loop-transition', channel: 1, occupied: true }] },
  ],
});

describe('planFieldbus', () => {
  it('gives the fieldbus process its part of the example site, in the shape that it accepts', async () => {
    const loaded = await loadSite(example, shippedFolders);
    const plan = planFieldbus(loaded);
    expect(fieldbusConfigurationSchema.parse(plan)).toEqual(plan);
    expect(plan).toMatchObject({ realTime: false, buses: [{ protocol: 'modbus-rtu', id: 'rs485' }] });
  });

  it.each([
    { protocol: 'serial-frames', path: '/dev/x', baud: 9600, parity: 'none', stopBits: 1 },
    { protocol: 'tcp-frames', host: 'h', port: 4001 },
    { protocol: 'tcp-frames-server', bind: '0.0.0.0', port: 40_000 },
  ])('plans a device that speaks frames on $protocol', async (bus) => {
    const loaded = await loadSite(example, shippedFolders);
    const devices = [
      { id: 'd', driver: 'acme-caller', unit: 4, identity: 'abc', loops: ['n1-entry', null, 'n1-exit'] },
    ];
    const site = siteSchema.parse({
      ...loaded.site,
      buses: [{ id: 'b', ...bus, devices }],
      fieldbus: { realTime: true },
    });
    const plan = planFieldbus({ ...loaded, site, drivers: new Map([['acme-caller', frameDriver]]) });
    expect(fieldbusConfigurationSchema.parse(plan)).toEqual({
      kind: 'fieldbus',
      realTime: true,
      buses: [
        {
          ...bus,
          id: 'b',
          devices: [
            {
              id: 'd',
              address: 4,
              identity: 'abc',
              responseTimeoutMs: 5000,
              turnaroundMs: 7,
              everyMs: 3000,
              codec: { name: 'canoga' },
              channels: [
                { channel: 1, loop: 'n1-entry' },
                { channel: 3, loop: 'n1-exit' },
              ],
            },
          ],
        },
      ],
    });
  });

  it.each([false, true])('turns contacts that a frame device reads: invert %s', async (invert) => {
    const loaded = await loadSite(example, shippedFolders);
    const file = join(shippedDriversDir, 'loops', 'advantech', 'adam-4053.yaml');
    const read = await loadDriver({ id: 'advantech-adam-4053', file });
    if (read.kind === 'refused') throw new Error('the shipped driver is refused');
    const bus = {
      id: 'b',
      protocol: 'serial-frames',
      path: '/dev/x',
      baud: 9600,
      parity: 'none',
      stopBits: 1,
    };
    const device = { id: 'd', driver: 'advantech-adam-4053', unit: 1, invert, loops: ['n1-entry'] };
    const site = siteSchema.parse({ ...loaded.site, buses: [{ ...bus, devices: [device] }] });
    const plan = planFieldbus({ ...loaded, site, drivers: new Map([['advantech-adam-4053', read.value]]) });
    const asWritten = JSON.stringify(read.value).match(/"invert":(true|false)/)?.[1] === 'true';
    expect(JSON.stringify(plan)).toContain(`"invert":${asWritten !== invert}`);
    expect(JSON.stringify(plan)).not.toContain(`"invert":${asWritten === invert}`);
  });
});
