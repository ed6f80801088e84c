import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { Ajv } from 'ajv';
import { describe, expect, it } from 'vitest';
import { parse } from 'yaml';
import { findDrivers } from '../load/load-driver.ts';
import { shippedFolders } from '../shipped.ts';
import { driverSchema } from './driver.ts';
import { jsonSchemaOf, schemaAt } from './json-schema.ts';
import { siteSchema } from './site.ts';

const root = join(import.meta.dirname, '..', '..', '..');

function asFile(schema: unknown): string {
  return `${JSON.stringify(schema, null, 2)}\n`;
}

describe('the JSON Schemas that editors read are those that the program checks with', () => {
  // When one of these fails after a change of a schema, run it with `--update` and commit the file.
  it('config/site.schema.json', async () => {
    const schema = asFile(jsonSchemaOf(siteSchema, 'roadside site'));
    await expect(schema).toMatchFileSnapshot(join(root, 'config', 'site.schema.json'));
  });

  it('drivers/loop-driver.schema.json', async () => {
    const schema = asFile(jsonSchemaOf(driverSchema, 'roadside loop detector driver'));
    await expect(schema).toMatchFileSnapshot(join(root, 'drivers', 'loop-driver.schema.json'));
  });
});

describe('an editor that checks with these schemas', () => {
  const ajv = new Ajv({ strict: false, allErrors: true });
  const isSite = ajv.compile(jsonSchemaOf(siteSchema, 'roadside site'));
  const isDriver = ajv.compile(jsonSchemaOf(driverSchema, 'roadside loop detector driver'));
  const read = (file: string): unknown => parse(readFileSync(file, 'utf8'));

  it('accepts the example site, and refuses it with a field that does not exist', () => {
    const site = read(join(root, 'config', 'example-site.yaml')) as object;
    expect(isSite(site), JSON.stringify(isSite.errors)).toBe(true);
    expect(isSite({ ...site, colour: 'red' })).toBe(false);
  });

  it('accepts every shipped driver', async () => {
    for (const [id, file] of await findDrivers(shippedFolders.driversDirs)) {
      expect(isDriver(read(file)), `${id}: ${JSON.stringify(isDriver.errors)}`).toBe(true);
    }
  });
});

describe('schemaAt', () => {
  const schema = jsonSchemaOf(siteSchema, 'roadside site');

  it('follows the variant of a union that the value says it is', () => {
    const value = { buses: [{ protocol: 'modbus-rtu' }, { protocol: 'modbus-tcp' }] };
    expect(schemaAt(schema, ['buses', 0, 'path'], value)?.description).toContain('/dev/serial/by-id');
    expect(schemaAt(schema, ['buses', 1, 'path'], value)).toBeNull();
  });

  it('describes every field that a technician fills in', () => {
    const undescribed: string[] = [];
    const walk = (part: typeof schema, path: string): void => {
      for (const variant of part.oneOf ?? part.anyOf ?? []) walk(variant, path);
      const items = part.items;
      if (items !== undefined && !('length' in items)) walk(items, `${path}[]`);
      for (const [key, child] of Object.entries(part.properties ?? {})) {
        const leaf = child.properties === undefined && child.items === undefined && child.oneOf === undefined;
        if (leaf && child.description === undefined) undescribed.push(`${path}.${key}`);
        walk(child, `${path}.${key}`);
      }
    };
    walk(schema, '');
    expect(undescribed).toEqual([]);
  });
});
