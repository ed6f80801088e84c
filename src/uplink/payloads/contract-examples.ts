import type { FaultRecord, FlowRecord, IncidentRecord, PassageRecord } from '../../traffic/record.ts';
import { schemaName } from './head.ts';
import type { StatePayload } from './state.ts';

const AT_MS = Date.UTC(2026, 2, 4, 7, 30, 0);

const head = {
  site: 'renmin-lu-3',
  boot: '2k9f3c1a',
  clock: 'synced',
  configRev: '4f1d2c',
} as const;

const passage: PassageRecord = {
  id: 'renmin-lu-3/2k9f3c1a/passage/4711',
  ...head,
  seq: 4711,
  observedAtMs: AT_MS,
  stream: 'passage',
  lane: 'north-1',
  source: 'loop',
  sensor: 'loop-n1a',
  direction: 'forward',
  onTimeMs: 412,
  speedKmh: 47.3,
  lengthM: 4.4,
  class: 'car',
  headwayMs: 2480,
  gapMs: 2105,
  counterOnly: false,
};

const flow: FlowRecord = {
  id: 'renmin-lu-3/2k9f3c1a/flow/112',
  ...head,
  seq: 112,
  observedAtMs: AT_MS,
  stream: 'flow',
  lane: 'north-1',
  source: 'loop',
  sensor: 'loop-n1a',
  startMs: AT_MS - 60_000,
  endMs: AT_MS,
  widthS: 60,
  partial: false,
  count: 14,
  reverseCount: 0,
  counterOnlyCount: 0,
  flowVehH: 857.1,
  occupancyPct: 11.2,
  timeMeanSpeedKmh: 46.1,
  spaceMeanSpeedKmh: 44.8,
  speedCount: 13,
  meanHeadwayS: 4.21,
  expected: 6000,
  received: 5880,
  coveragePct: 98,
  gaps: [{ fromMs: AT_MS - 31_200, toMs: AT_MS - 30_000, cause: 'bus' }],
};

const incident: IncidentRecord = {
  id: 'renmin-lu-3/2k9f3c1a/incident/3',
  ...head,
  seq: 3,
  observedAtMs: AT_MS,
  stream: 'incident',
  incident: 'stopped-vehicle/north-2/3',
  incidentKind: 'stopped-vehicle',
  phase: 'open',
  lane: 'north-2',
  sensors: ['cam-north'],
  severity: 'warning',
  startedAtMs: AT_MS - 10_000,
  openedAtMs: AT_MS,
  closedAtMs: null,
  positionPx: [812, 455],
  positionM: [3.4, 41.2],
  speedKmh: 0.4,
};

const fault: FaultRecord = {
  id: 'renmin-lu-3/2k9f3c1a/fault/2',
  ...head,
  seq: 2,
  observedAtMs: AT_MS,
  stream: 'fault',
  fault: 'device/card-2/2',
  phase: 'open',
  layer: 'device',
  sensor: 'card-2',
  code: 'timeout',
  detail: 'no reply to 5 requests in a row',
  lanes: ['east-1', 'east-2'],
  openedAtMs: AT_MS,
  closedAtMs: null,
};

const session = 'f3c1a2k9';
const online: StatePayload = {
  schema: schemaName('state'),
  site: head.site,
  session,
  state: 'online',
  publishedAtMs: AT_MS,
  version: '0.1.0',
  configRev: head.configRev,
  lanes: ['north-1', 'north-2'],
  sensors: ['loop-n1a', 'cam-north'],
};
const will: StatePayload = {
  schema: schemaName('state'),
  site: head.site,
  session,
  state: 'offline',
  reason: 'lost',
};

/** One plausible record of each stream, as the contract document shows them. */
export const exampleRecords = { passage, flow, incident, fault } as const;
export const exampleStates = { online, will } as const;
