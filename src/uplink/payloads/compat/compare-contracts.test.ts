import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { buildAsyncApi } from '../asyncapi.ts';
import { compareContracts, versionProblems } from './compare-contracts.ts';

/** The contract as a tree in which tests may change anything. */
// biome-ignore lint/suspicious/noExplicitAny: a document in which every test changes another place
type Draft = any;
const PREVIOUS = new URL('../../../../docs/contract/previous/asyncapi.json', import.meta.url);
const previous: Draft = JSON.parse(readFileSync(PREVIOUS, 'utf8'));

function changed(change: (draft: Draft) => void): unknown {
  const draft = structuredClone(previous);
  change(draft);
  return draft;
}
const flowOf = (draft: Draft): Draft => draft.components.schemas.flow;
const speedOf = (draft: Draft): Draft => flowOf(draft).properties.spaceMeanSpeedKmh;

describe('the contract that the program publishes', () => {
  it('breaks nobody who relies on the version before it', () => {
    expect(compareContracts({ previous, current: buildAsyncApi() }).breaking).toEqual([]);
  });

  it('has a version that says how it differs from the one before it', () => {
    expect(versionProblems({ previous, current: buildAsyncApi() })).toEqual([]);
  });
});

describe('a new version of the contract', () => {
  it.each<readonly [string, (draft: Draft) => void, string]>([
    ['without a field', (d) => delete flowOf(d).properties.count, 'flow.count: was removed'],
    [
      'with a field that may be left out',
      (d) => flowOf(d).required.splice(flowOf(d).required.indexOf('count'), 1),
      'flow.count: may now be left out',
    ],
    [
      'with a narrower type',
      (d) => {
        speedOf(d).anyOf = [{ type: 'integer' }, { type: 'null' }];
      },
      'flow.spaceMeanSpeedKmh: type was null or number, is integer or null',
    ],
    [
      'with null where a value always was',
      (d) => {
        const { widthS } = flowOf(d).properties;
        flowOf(d).properties.widthS = { anyOf: [widthS, { type: 'null' }] };
      },
      'flow.widthS: type was number, is null or number',
    ],
    [
      'with narrower limits',
      (d) => {
        flowOf(d).properties.coveragePct.maximum = 99;
      },
      'flow.coveragePct: limits was {"maximum":100,"minimum":0}, is {"maximum":99,"minimum":0}',
    ],
    [
      'without a value of a list',
      (d) => d.components.schemas.fault.properties.phase.enum.pop(),
      'fault.phase: can no longer be "close"',
    ],
    [
      'with another unit',
      (d) => {
        speedOf(d).description = speedOf(d).description.replaceAll('km/h', 'm/s');
      },
      'flow.spaceMeanSpeedKmh: unit was km/h, is m/s',
    ],
    [
      'with another part in a list of numbers',
      (d) => {
        d.components.schemas.hires.properties.entries.items.items[2] = { type: 'string' };
      },
      'hires.entries[][2]: type was integer, is string',
    ],
    ['without a channel', (d) => delete d.channels.flow, 'channels.flow: was removed'],
    [
      'on another topic',
      (d) => {
        d.channels.flow.address = 'roadside/v2/{site}/flow/{lane}';
      },
      'channels.flow: moved to roadside/v2/{site}/flow/{lane}',
    ],
    [
      'sent without acknowledgement',
      (d) => {
        d.operations.sendFlow.bindings.mqtt.qos = 0;
      },
      'operations.sendFlow: is sent another way: {"bindingVersion":"0.2.0","qos":0,"retain":false}',
    ],
    [
      'with a birth that says less',
      (d) => delete d.components.schemas.state.oneOf[0].properties.lanes,
      'state<online>.lanes: was removed',
    ],
  ])('%s is refused', (_what, change, problem) => {
    const current = changed(change);
    expect(compareContracts({ previous, current }).breaking).toContain(problem);
    expect(versionProblems({ previous, current })).toEqual([
      expect.stringContaining('needs a higher major version'),
    ]);
  });

  it.each<readonly [string, (draft: Draft) => void, string]>([
    [
      'with a further field',
      (d) => {
        flowOf(d).properties.weather = { type: 'string' };
      },
      'flow.weather: is new',
    ],
    [
      'with a further field that is always there',
      (d) => {
        flowOf(d).properties.weather = { type: 'string' };
        flowOf(d).required.push('weather');
      },
      'flow.weather: is new',
    ],
    [
      'with a further value in a list',
      (d) => d.components.schemas.incident.properties.incidentKind.enum.push('flooding'),
      'incident.incidentKind: may be "flooding"',
    ],
    [
      'with a further stream',
      (d) => {
        d.components.schemas.weather = { type: 'object', properties: { id: { type: 'string' } } };
      },
      'weather.id: is new',
    ],
  ])('%s is accepted, as a higher minor version', (_what, change, addition) => {
    const current = changed(change);
    const changes = compareContracts({ previous, current });
    expect(changes.breaking).toEqual([]);
    expect(changes.additions).toContain(addition);
    expect(versionProblems({ previous, current })).toEqual([
      expect.stringContaining('needs a higher minor version'),
    ]);
    const [major, minor] = String(previous.info.version).split('.');
    const renumbered = changed((draft) => {
      change(draft);
      draft.info.version = `${major}.${Number(minor) + 1}.0`;
    });
    expect(versionProblems({ previous, current: renumbered })).toEqual([]);
  });

  it('with other words for the same thing is the same version', () => {
    const current = changed((draft) => {
      speedOf(draft).description = `Said better, km/h.`;
    });
    expect(compareContracts({ previous, current })).toEqual({ breaking: [], additions: [] });
    expect(versionProblems({ previous, current })).toEqual([]);
  });

  it('of what the agent accepts may demand no further field, and may offer one', () => {
    const commanded = changed((draft) => {
      draft.channels.order = { address: 'order', messages: { order: {} } };
      draft.operations.receiveOrder = { action: 'receive', channel: { $ref: '#/channels/order' } };
      const variant = (kind: string) => ({ type: 'object', properties: { kind: { const: kind } } });
      draft.components.schemas.order = {
        type: 'object',
        properties: { id: { type: 'string' }, what: { oneOf: [variant('ping'), variant('clip')] } },
      };
    });
    const next: Draft = structuredClone(commanded);
    next.components.schemas.order.properties.reason = { type: 'string' };
    next.components.schemas.order.properties.what.oneOf[1].properties.file = { type: 'string' };
    expect(compareContracts({ previous: commanded, current: next }).breaking).toEqual([]);
    next.components.schemas.order.required = ['reason'];
    next.components.schemas.order.properties.what.oneOf[1].required = ['file'];
    expect(compareContracts({ previous: commanded, current: next }).breaking).toEqual([
      'order.what<clip>.file: is new and may not be left out',
      'order.reason: is new and may not be left out',
    ]);
  });
});
