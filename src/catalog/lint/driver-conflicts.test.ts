import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { parse } from 'yaml';
import { findDrivers, loadDriver } from '../load/load-driver.ts';
import { driverSchema } from '../schema/driver.ts';
import { modbusDriverSchema } from '../schema/modbus-driver.ts';
import { shippedDriversDir, shippedFolders } from '../shipped.ts';
import { lintDriver } from './driver-conflicts.ts';
import { testDriverExamples } from './driver-examples.ts';

const files = await findDrivers(shippedFolders.driversDirs);

describe.each([...files])('the driver %s', (id, file) => {
  it('is well formed, without conflicts, and every example of it decodes as it says', async () => {
    expect(await loadDriver({ id, file })).toMatchObject({ kind: 'ok', value: { driver: id } });
  });

  it('names its schema, so that editors complete it', () => {
    expect(readFileSync(file, 'utf8').split('\n')[0]).toBe(
      '# yaml-language-server: $schema=../../loop-driver.schema.json',
    );
  });
});

it('the drivers that the guide explains are good ones', () => {
  const guide = readFileSync(join(shippedDriversDir, '..', 'docs', 'drivers.md'), 'utf8');
  const explained = [...guide.matchAll(/```yaml\n(.*?)```/gs)].map(([, text = '']) =>
    driverSchema.parse(parse(text)),
  );
  expect(explained.map(({ protocol }) => protocol)).toEqual(['modbus', 'frames']);
  expect(explained.flatMap((driver) => lintDriver(driver, driver.driver))).toEqual([]);
});

it('the guide lists the drivers that are shipped, and no others', () => {
  const [, table = ''] = readFileSync(join(shippedDriversDir, '..', 'docs', 'drivers.md'), 'utf8').split(
    '## Shipped drivers',
  );
  const listed = [...table.matchAll(/^\| (`.*?`) \|/gm)].flatMap(([, cell = '']) =>
    cell.match(/[a-z0-9-]+/g),
  );
  expect(listed.toSorted()).toEqual([...files.keys()].toSorted());
});

const evidence = 'manual rev. C, page 12';
const presence = { means: 'loop-occupied', decode: 'bits', table: 'discrete-input', address: 1, evidence };
const counts = {
  means: 'vehicle-count',
  decode: 'u32-lsw-first',
  table: 'input-register',
  address: 3,
  nonVolatile: false,
  evidence,
};
const example = {
  note: 'one vehicle',
  given: { 'discrete-input@1': [1, 0], 'input-register@3': [2, 1, 65_535, 0] },
  expect: { 'loop-occupied': [true, false], 'vehicle-count': [65_538, 65_535] },
};

function driverWith(parts: { signals?: readonly object[]; examples?: readonly object[]; channels?: number }) {
  return modbusDriverSchema.parse({
    driver: 'acme-ld2',
    label: 'Acme LD2',
    kind: 'loop-detector',
    channels: parts.channels ?? 2,
    bus: { responseTimeoutMs: 200 },
    signals: parts.signals ?? [presence, counts],
    examples: parts.examples ?? [example],
  });
}

const complaints = (parts: Parameters<typeof driverWith>[0], id = 'acme-ld2') =>
  lintDriver(driverWith(parts), id).map(({ path, message }) => `${path.join('.')}: ${message}`);

describe('a driver that cannot be right is refused', () => {
  it('accepts the driver that the others are changed from', () => {
    expect(complaints({})).toEqual([]);
  });

  it.each([
    ['a name unlike its path', {}, 'other-ld2', 'driver: expected other-ld2 as in the path of the file'],
    [
      'bits in registers',
      { signals: [{ ...presence, table: 'input-register' }] },
      'acme-ld2',
      'signals.0.table: expected coil or discrete-input',
    ],
    [
      'numbers in bits',
      { signals: [presence, { ...counts, table: 'coil' }] },
      'acme-ld2',
      'signals.1.table: expected holding-register or input-register',
    ],
    [
      'more signals than channels',
      { signals: [{ ...presence, channels: 3 }] },
      'acme-ld2',
      'signals.0.channels: ',
    ],
    [
      'addresses beyond the last',
      { signals: [{ ...presence, address: 65_536 }] },
      'acme-ld2',
      'signals.0.address: ',
    ],
    [
      'one register with two meanings',
      { signals: [presence, { ...presence, means: 'loop-fault', address: 2 }] },
      'acme-ld2',
      'signals.1.address: expected addresses of its own, found discrete-input 2, which is also signals[0]',
    ],
    [
      'counters that overlap each other',
      { signals: [presence, { ...counts, stride: 1 }] },
      'acme-ld2',
      'signals.1.address: expected addresses of its own, found input-register 4, which is also another',
    ],
    [
      'neither presence nor a counter',
      { signals: [{ ...counts, means: 'occupied-time', unitMs: 10 }] },
      'acme-ld2',
      'signals: expected a signal that means loop-occupied or vehicle-count',
    ],
    [
      'one meaning in two blocks',
      { signals: [presence, { ...presence, address: 5 }] },
      'acme-ld2',
      'signals.1.means: expected each meaning once',
    ],
  ])('%s', (_name, parts, id, expected) => {
    expect(complaints(parts, id).join('\n')).toContain(expected);
  });
});

describe('the examples of a driver are tests', () => {
  it('a wrong register, order of words or missing answer fails', () => {
    const wrongOrder = driverWith({ signals: [presence, { ...counts, decode: 'u32-msw-first' }] });
    expect(testDriverExamples(wrongOrder)[0]?.mismatches).toEqual([
      'vehicle-count: expected [65538,65535], found [131073,4294901760]',
    ]);
    const silent = driverWith({ examples: [{ ...example, given: { 'discrete-input@1': [1] } }] });
    expect(testDriverExamples(silent)[0]?.mismatches).toEqual([
      'loop-occupied: expected [true,false], found [true,null]',
      'vehicle-count: expected [65538,65535], found [null,null]',
    ]);
  });

  it('an example that expects nothing proves nothing', () => {
    const idle = driverWith({ examples: [{ ...example, expect: {} }] });
    expect(testDriverExamples(idle)[0]?.mismatches).toHaveLength(1);
  });
});
