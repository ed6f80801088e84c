import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { canonicalJson } from '../../base/canonical-json.ts';
import { deriveSiteDefinition } from '../derive/site-definition.ts';
import { siteSchema } from '../schema/site.ts';
import { shippedFolders } from '../shipped.ts';
import { configRevOf } from './config-rev.ts';
import { findDrivers } from './load-driver.ts';
import { loadSite } from './load-site.ts';
import { formatProblems } from './problem.ts';
import { validate } from './validate.ts';
import { parseYaml } from './yaml-source.ts';

const root = join(import.meta.dirname, '..', '..', '..');
const example = join(root, 'config', 'example-site.yaml');

describe('the example site', () => {
  it('loads, with every default filled in and every path absolute', async () => {
    const { site, configRev, drivers, models } = await loadSite(example, shippedFolders);
    expect(site.flow.intervalsS).toEqual([60, 300, 900, 3600]);
    expect(site.incidents).toMatchObject({
      coolDownS: 180,
      stoppedVehicle: { belowKmh: 5, dwellS: 10, waitS: { through: 0, 'stop-line': 180, turn: 180 } },
      wrongWay: { aboveKmh: 8, dwellS: 1, distanceM: 8 },
      pedestrian: { lanes: ['through', 'ramp'] },
      cyclist: { lanes: ['ramp'] },
    });
    expect(site.uplink).toMatchObject({
      passwordFile: join(root, 'config', 'secrets', 'uplink'),
      keepaliveS: 20,
      window: 100,
      publishPassages: false,
    });
    expect(site.store).toEqual({
      file: '/var/lib/roadside/roadside.db',
      retentionDays: 35,
      maxMegabytes: 1024,
      passagesWaitS: 20,
    });
    expect(site.buses[0]?.devices[0]).toMatchObject({ unit: 1, invert: false });
    expect(site.faults).toEqual({ quietHours: { fromH: 23, toH: 5, factor: 4 } });
    expect(site.fieldbus).toEqual({ realTime: false });
    expect([...drivers.keys()]).toEqual(['procon-ld220']);
    expect([...models.keys()]).toEqual(['nanodet-g']);
    expect(configRev).toMatch(/^[0-9a-f]{12}$/);
  });

  it('is frozen to the last field', async () => {
    const { site } = await loadSite(example, shippedFolders);
    expect(Object.isFrozen(site.cameras[0]?.lanes[0]?.polygon[0])).toBe(true);
  });

  it('gives the domain its lanes, loops and cameras', async () => {
    const definition = deriveSiteDefinition(await loadSite(example, shippedFolders));
    expect(definition.lanes).toMatchObject([
      {
        lane: 'north-1',
        approach: 'north',
        number: 1,
        kind: 'through',
        usualSource: 'loop',
        station: {
          entry: { loop: 'n1-entry', detector: 1, device: 'card-1', bus: 'rs485' },
          exit: { loop: 'n1-exit', detector: 2, device: 'card-1', bus: 'rs485' },
          spacingM: 4,
          loopLengthM: 2,
          effectiveLengthM: 6.7,
          atStopLine: false,
        },
      },
      { lane: 'north-2', number: 2, station: null, usualSource: 'camera' },
    ]);
    expect(definition.cameras.map(({ camera, lanes }) => [camera, lanes.map((lane) => lane.lane)])).toEqual([
      ['cam-north', ['north-1', 'north-2']],
    ]);
  });

  it('loads with a warning at its line when reads are too far apart for the road', async () => {
    const folder = mkdtempSync(join(tmpdir(), 'roadside-load-site-'));
    try {
      const file = join(folder, 'site.yaml');
      const text = readFileSync(example, 'utf8').replace('unit: 1 #', 'unit: 1\n        pollMs: 400 #');
      writeFileSync(file, text);
      const { warnings } = await loadSite(file, shippedFolders);
      const line = text.split('\n').findIndex((content) => content.includes('pollMs: 400')) + 1;
      expect(warnings).toMatchObject([{ file, line, path: 'buses[0].devices[0].pollMs' }]);
      expect(warnings[0]?.message).toMatch(/^400 ms between two reads/);
      expect((await loadSite(example, shippedFolders)).warnings).toEqual([]);
    } finally {
      rmSync(folder, { recursive: true });
    }
  });

  it('loads without its detector model, and says so', async () => {
    const { models } = await loadSite(example, { ...shippedFolders, modelsDir: '/nowhere' });
    const model = models.get('nanodet-g');
    expect(model).toMatchObject({ kind: 'unavailable', problem: { code: 'model-missing' } });
  });

  it('does not load without its drivers', async () => {
    const loading = loadSite(example, { ...shippedFolders, driversDirs: ['/nowhere'] });
    await expect(loading).rejects.toMatchObject({ code: 'driver-missing' });
  });
});

describe('drivers of one’s own', () => {
  it('stand beside the shipped ones, and in place of one of the same name', async () => {
    const own = mkdtempSync(join(tmpdir(), 'roadside-drivers-'));
    try {
      mkdirSync(join(own, 'loops', 'procon'), { recursive: true });
      writeFileSync(join(own, 'loops', 'procon', 'ld120.yaml'), '');
      writeFileSync(join(own, 'loops', 'procon', 'ld9.yaml'), '');
      const found = await findDrivers([...shippedFolders.driversDirs, own]);
      expect(found.get('procon-ld9')).toBe(join(own, 'loops', 'procon', 'ld9.yaml'));
      expect(found.get('procon-ld120')).toBe(join(own, 'loops', 'procon', 'ld120.yaml'));
      expect(found.get('procon-ld220')).toContain(shippedFolders.driversDirs[0]);
    } finally {
      rmSync(own, { recursive: true });
    }
  });
});

describe('configRev', () => {
  const text = readFileSync(example, 'utf8');
  const revOf = (changed: string): string => {
    const parsed = parseYaml({ file: 'site.yaml', text: changed, code: 'config-syntax' });
    if (parsed.kind === 'refused') throw new Error(formatProblems(parsed.problems));
    return configRevOf({ site: siteSchema.parse(parsed.value.value), drivers: new Map(), models: new Map() });
  };

  it.each([
    ['spacingM: 4.0', 'spacingM: 4.1'],
    ['unit: 1', 'unit: 2'],
    ['version: 1', 'version: 1\nfaults: { quietHours: null }'],
    ['[280, 560]', '[281, 560]'],
  ])('changes with what shapes the figures: %s', (before, after) => {
    expect(revOf(text.replace(before, after))).not.toBe(revOf(text));
  });

  it.each([
    ['platform.example:8883', 'other.example:8883'],
    ['version: 1', 'version: 1\nstore: { retentionDays: 3 }'],
    ['version: 1', 'version: 1\nfieldbus: { realTime: true }'],
    ['version: 1', 'version: 1\nevidence: { blur: faces-and-plates }'],
    ['unit: 1 #', 'unit: 1 # another comment'],
  ])('stays with what does not: %s', (before, after) => {
    expect(text).toContain(before);
    expect(revOf(text.replace(before, after))).toBe(revOf(text));
  });

  it('does not depend on the order of keys', () => {
    expect(canonicalJson({ b: [1, { d: 2, c: null }], a: 'x' })).toBe('{"a":"x","b":[1,{"c":null,"d":2}]}');
    expect(canonicalJson({ a: undefined })).toBe('{}');
  });
});

describe('whatever happens to the text of a site file', () => {
  const text = readFileSync(example, 'utf8');
  const scraps = [
    '',
    '\t',
    '[',
    '}',
    ': ',
    '- ',
    '*a',
    '&a ',
    '~',
    '-1',
    '1e400',
    '"',
    "'",
    '!x ',
    '%',
    '__proto__',
  ];

  it('it is accepted or refused with a place and advice, never with an exception', () => {
    const edit = fc.tuple(fc.nat(text.length), fc.nat(40), fc.constantFrom(...scraps));
    fc.assert(
      fc.property(fc.array(edit, { minLength: 1, maxLength: 3 }), (edits) => {
        const broken = edits.reduce(
          (now, [at, drop, put]) => now.slice(0, at) + put + now.slice(at + drop),
          text,
        );
        const parsed = parseYaml({ file: 'site.yaml', text: broken, code: 'config-syntax' });
        const outcome =
          parsed.kind === 'ok'
            ? validate(parsed.value, { schema: siteSchema, code: 'config-invalid' })
            : parsed;
        if (outcome.kind === 'ok') return;
        expect(outcome.problems.length).toBeGreaterThan(0);
        for (const problem of outcome.problems) {
          expect(problem.message).not.toMatch(/undefined|Invalid input|\[object/);
          expect(problem.hint.length).toBeGreaterThan(8);
        }
      }),
      { numRuns: 150 },
    );
  });
});
