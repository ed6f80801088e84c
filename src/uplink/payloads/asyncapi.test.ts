import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { Ajv } from 'ajv';
import { describe, expect, it } from 'vitest';
import {
  auditRecord,
  faultRecord,
  flowRecord,
  gapRecord,
  healthRecord,
  hiResRecord,
  incidentRecord,
  movementRecord,
  passageRecord,
} from '../../../test/fakes/records.ts';
import type { StreamName } from '../../traffic/stored-record.ts';
import { buildAsyncApi, contractText, recordPayloads } from './asyncapi.ts';
import { exampleRecords, exampleStates } from './contract-examples.ts';
import { schemaName } from './head.ts';

const require = createRequire(import.meta.url);
const SHIPPED = new URL('../../../docs/contract/asyncapi.json', import.meta.url);
const shipped: { components: { schemas: Record<string, object> } } = JSON.parse(
  readFileSync(SHIPPED, 'utf8'),
);

/** The rules of AsyncAPI 3.0 itself, from the initiative's own package. */
function asyncApiRules() {
  const ajv = new Ajv({ strict: false, validateFormats: false });
  return ajv.compile(require('@asyncapi/specs/schemas/3.0.0-without-$id.json'));
}

/** A receiver that knows nothing but the shipped document. */
function receiverOf(name: string) {
  const schema = shipped.components.schemas[name];
  if (schema === undefined) throw new Error(`the contract has no schema ${name}`);
  return new Ajv({ strictTypes: false }).compile(schema);
}

function published(stream: StreamName, changes: Record<string, unknown> = {}): Record<string, unknown> {
  const make = {
    passage: passageRecord,
    flow: flowRecord,
    movement: movementRecord,
    incident: incidentRecord,
    fault: faultRecord,
    hires: hiResRecord,
    gap: gapRecord,
    audit: auditRecord,
    health: healthRecord,
  };
  const envelope = { schema: schemaName(stream), replayed: false, publishedAtMs: 1_772_609_400_350 };
  return { ...envelope, ...make[stream]({ seq: 9 }), ...changes };
}

const STREAMS = Object.keys(recordPayloads) as StreamName[];

describe('the shipped contract', () => {
  it('is what the program publishes ("roadside contract" writes it anew)', () => {
    expect(readFileSync(SHIPPED, 'utf8')).toBe(contractText());
  });

  it('is an AsyncAPI 3.0 document', () => {
    const isValid = asyncApiRules();
    expect(isValid(shipped), JSON.stringify(isValid.errors)).toBe(true);
  });

  it('would be refused with a channel that has no messages object', () => {
    expect(asyncApiRules()({ ...buildAsyncApi(), channels: { flow: { messages: 'flow' } } })).toBe(false);
  });

  it('names only messages, schemas and channels that it defines', () => {
    const references = [...JSON.stringify(shipped).matchAll(/"\$ref":"#\/([^"]+)"/g)];
    expect(references.length).toBeGreaterThan(20);
    for (const [, path = ''] of references) {
      const found = path.split('/').reduce<unknown>(stepInto, shipped);
      expect(found, path).toBeDefined();
    }
  });
});

function stepInto(place: unknown, key: string): unknown {
  return typeof place === 'object' && place !== null ? Reflect.get(place, key) : undefined;
}

describe('a receiver that validates with the shipped schemas', () => {
  it.each(STREAMS)('accepts %s records, live and replayed, and the examples', (stream) => {
    const accepts = receiverOf(stream);
    const example = { ...published(stream), ...exampleRecords[stream] };
    for (const payload of [published(stream), published(stream, { replayed: true }), example]) {
      expect(accepts(payload), JSON.stringify(accepts.errors)).toBe(true);
    }
  });

  it.each(STREAMS)('refuses %s records with a strange, missing or wrong field', (stream) => {
    const accepts = receiverOf(stream);
    const { seq: _seq, ...withoutSeq } = published(stream);
    expect(accepts(withoutSeq)).toBe(false);
    expect(accepts(published(stream, { surprise: 1 }))).toBe(false);
    expect(accepts(published(stream, { clock: 'fine' }))).toBe(false);
    expect(accepts(published(stream, { seq: 0 }))).toBe(false);
    expect(accepts(published(stream, { schema: 'roadside.other/1' }))).toBe(false);
  });

  it('accepts a flow interval without a measurement, and refuses a coverage above 100 percent', () => {
    const accepts = receiverOf('flow');
    expect(accepts(published('flow', { count: null, flowVehH: null, coveragePct: 0 }))).toBe(true);
    expect(accepts(published('flow', { coveragePct: 101 }))).toBe(false);
    expect(accepts(published('flow', { count: -1 }))).toBe(false);
  });

  it('accepts entries of the high-resolution log, and refuses codes of more than a byte', () => {
    const accepts = receiverOf('hires');
    expect(accepts(published('hires', { entries: [] }))).toBe(true);
    expect(accepts(published('hires', { entries: [[0, 82, 1]] }))).toBe(true);
    expect(accepts(published('hires', { entries: [[0, 256, 1]] }))).toBe(false);
    expect(accepts(published('hires', { entries: [[0, 82]] }))).toBe(false);
  });

  it('accepts birth and will, and refuses a birth without its lanes', () => {
    const accepts = receiverOf('state');
    expect(accepts(exampleStates.online)).toBe(true);
    expect(accepts(exampleStates.will)).toBe(true);
    const { lanes: _lanes, ...withoutLanes } = exampleStates.online;
    expect(accepts(withoutLanes)).toBe(false);
  });
});
