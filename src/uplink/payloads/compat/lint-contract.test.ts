import { Ajv } from 'ajv';
import { describe, expect, it } from 'vitest';
import { buildAsyncApi, contractText } from '../asyncapi.ts';
import { lintContract } from './lint-contract.ts';

interface Components {
  readonly messages: Readonly<
    Record<string, { readonly examples: readonly { readonly payload: unknown }[] }>
  >;
  readonly schemas: Readonly<Record<string, object>>;
}
const contract: { readonly components: Components } = JSON.parse(contractText());

function contractWith(properties: Readonly<Record<string, object>>): unknown {
  return {
    components: {
      messages: { weather: { examples: [{ payload: {} }] } },
      schemas: { weather: { type: 'object', properties } },
    },
  };
}

describe('the contract', () => {
  it.each(Object.keys(contract.components.messages))('has examples of %s that keep its schema', (name) => {
    const accepts = new Ajv({ strictTypes: false }).compile(contract.components.schemas[name] ?? false);
    const { examples } = contract.components.messages[name] ?? { examples: [] };
    expect(examples.length).toBeGreaterThan(0);
    for (const { payload } of examples) expect(accepts(payload), JSON.stringify(accepts.errors)).toBe(true);
  });

  it('leaves its reader nothing to guess', () => {
    expect(lintContract(buildAsyncApi())).toEqual([]);
  });
});

describe('the contract lint', () => {
  it.each<readonly [string, object, string]>([
    ['state', { type: 'string' }, 'weather.state: has no description'],
    [
      'gustKmh',
      { type: 'number', description: 'Strongest gust.' },
      'weather.gustKmh: does not say that its unit is km/h',
    ],
    [
      'gustKmh',
      { anyOf: [{ type: 'number' }, { type: 'null' }], description: 'Strongest gust, m/s.' },
      'weather.gustKmh: does not say that its unit is km/h',
    ],
    [
      'gust',
      { type: 'number', description: 'Strongest gust, km/h.' },
      'weather.gust: is a number whose name ends in no unit: name it with one, or list it among the unitless',
    ],
    [
      'positionPx',
      { type: 'array', items: [{ type: 'number' }, { type: 'number' }], description: 'x, y.' },
      'weather.positionPx[1]: does not say that its unit is pixels',
    ],
    [
      'sky',
      { type: 'string', enum: ['clear', 'fog'], description: 'What it is like: `clear` without clouds.' },
      'weather.sky: does not explain fog',
    ],
  ])('finds what is missing of %s', (name, schema, problem) => {
    expect(lintContract(contractWith({ [name]: schema }))).toContain(problem);
  });

  it('is content with a described constant, a unit spelled out and every value explained', () => {
    const properties = {
      stream: { type: 'string', const: 'weather' },
      gustKmh: { type: 'number', description: 'Strongest gust, km/h.' },
      sky: { type: 'string', enum: ['clear', 'fog'], description: '`clear`: no clouds; `fog`: no sight.' },
    };
    expect(lintContract(contractWith(properties))).toEqual([]);
  });

  it('finds a payload without an example and a channel without a title', () => {
    const contract = { components: { schemas: { weather: {} } }, channels: { weather: { address: 'a' } } };
    expect(lintContract(contract)).toEqual(['weather: has no example', 'channels.weather: has no title']);
  });
});
