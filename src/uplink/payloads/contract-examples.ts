import type {
  FaultRecord,
  FlowRecord,
  HiResRecord,
  IncidentRecord,
  MovementRecord,
  PassageRecord,
} from '../../traffic/record.ts';
import type { AuditRecord, GapRecord } from '../../traffic/stored-record.ts';
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
  speedMethod: 'dual-loop',
  speedUncertaintyPct: 3.1,
  lengthM: 4.4,
  lengthClass: 'c',
  class: null,
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
  lead: true,
  leadReason: null,
  partial: false,
  count: 14,
  reverseCount: 0,
  counterOnlyCount: 0,
  lateCount: 0,
  resolution: 'resolved',
  flowVehH: 857.1,
  occupancyPct: 11.2,
  occupancyMethod: 'edges',
  occupancyUncertaintyPct: 0.26,
  timeMeanSpeedKmh: 46.1,
  spaceMeanSpeedKmh: 44.8,
  speed85Kmh: null,
  speedCount: 13,
  spotSpeedCount: 12,
  speedMethod: 'dual-loop',
  speedUncertaintyPct: 1.4,
  effectiveLength: { lengthM: 6.85, basis: 'measured', vehicles: 3120 },
  meanHeadwayS: 4.21,
  meanGapS: 3.7,
  meanLengthM: 5.1,
  classScheme: 'gbt43229',
  classCounts: { c: 11, b: 1, a: 1, unclassified: 1 },
  queuePresenceS: null,
  queueLengthM: null,
  meanQueueLengthM: null,
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
  zone: null,
  sensors: ['cam-north'],
  grounds: [{ sensor: 'cam-north', source: 'camera', says: 'raises', atMs: AT_MS - 200 }],
  certainty: 'suspected',
  severity: 'warning',
  startedAtMs: AT_MS - 10_000,
  openedAtMs: AT_MS,
  closedAtMs: null,
  closing: null,
  positionPx: [812, 455],
  positionM: [3.4, 41.2],
  speedKmh: 0.4,
  direction: 'forward',
  queueLengthM: null,
  evidence: [
    {
      kind: 'picture',
      name: 'stopped-vehicle-north-2-3.jpg',
      sha256: '5f70bf18a086007016e948b04aed3b82103a36bea41755b6cddfaf10ace3c6ef',
      bytes: 214_017,
      fromMs: AT_MS,
      toMs: AT_MS,
    },
  ],
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

const movement: MovementRecord = {
  id: 'renmin-lu-3/2k9f3c1a/movement/31',
  ...head,
  seq: 31,
  observedAtMs: AT_MS,
  stream: 'movement',
  camera: 'cam-north',
  startMs: AT_MS - 60_000,
  endMs: AT_MS,
  widthS: 60,
  partial: false,
  movements: [
    {
      entry: 'from-north',
      exit: 'to-south',
      count: 12,
      classCounts: { light: 10, heavy: 1, motorcycle: 1, other: 0 },
    },
    {
      entry: 'from-north',
      exit: 'to-east',
      count: 3,
      classCounts: { light: 3, heavy: 0, motorcycle: 0, other: 0 },
    },
  ],
  unmatchedEntries: { 'from-north': 1 },
  unmatchedExits: { 'to-south': 0, 'to-east': 0 },
  expected: 600,
  received: 598,
  coveragePct: 99.7,
  gaps: [],
};

const hires: HiResRecord = {
  id: 'renmin-lu-3/2k9f3c1a/hires/951',
  ...head,
  seq: 951,
  observedAtMs: AT_MS,
  stream: 'hires',
  fromMs: AT_MS - 4210,
  toMs: AT_MS,
  entries: [
    [0, 82, 3],
    [295, 82, 4],
    [412, 81, 3],
    [708, 81, 4],
    [4210, 86, 7],
  ],
};

const gap: GapRecord = {
  id: 'renmin-lu-3/2k9f3c1a/gap/1',
  ...head,
  seq: 1,
  observedAtMs: AT_MS,
  stream: 'gap',
  upstream: 'platform',
  reason: 'evicted',
  count: 962,
  ranges: [
    { boot: '2k9f3c1a', stream: 'flow', fromSeq: 1, toSeq: 960 },
    { boot: '2k9f3c1a', stream: 'flow', fromSeq: 977, toSeq: 978 },
  ],
  unnamed: 0,
};

const audit: AuditRecord = {
  id: 'renmin-lu-3/2k9f3c1a/audit/12',
  ...head,
  seq: 12,
  observedAtMs: AT_MS,
  stream: 'audit',
  number: 4031,
  previousHash: 'b5bb9d8014a0f9b1d61e21e796d78dccdf1352f23cd32812f4850b878ae4944c',
  hash: '7d865e959b2466918c9863afca942d0fb89d7c9ac0c99bafc3749504ded97730',
  action: 'command-accepted',
  actor: 'centre',
  command: 'backfill',
  commandId: 'b1c7a4f0-1d52-4c2c-9a53-0f1f6f5b9e11',
  subject: null,
  reason: null,
  detail: '',
  count: 1,
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
export const exampleRecords = { passage, flow, movement, incident, fault, hires, gap, audit } as const;
export const exampleStates = { online, will } as const;
