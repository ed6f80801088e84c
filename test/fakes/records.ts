import { recordId } from '../../src/base/ids.ts';
import type {
  FaultRecord,
  FlowRecord,
  IncidentRecord,
  PassageRecord,
  RecordHead,
  StreamName,
} from '../../src/traffic/record.ts';

const OBSERVED_AT_MS = Date.UTC(2026, 2, 4, 7, 30, 0);

export interface RecordOrigin {
  readonly seq: number;
  readonly boot?: string;
  readonly lane?: string;
}

function head(stream: StreamName, { seq, boot = 'boot-1' }: RecordOrigin): RecordHead {
  const site = 'renmin-lu-3';
  return {
    id: recordId({ site, boot, stream, seq }),
    site,
    boot,
    seq,
    observedAtMs: OBSERVED_AT_MS + seq,
    clock: 'synced',
    configRev: 'a1b2c3',
  };
}

/** A plausible record of each stream, told apart by its origin. */
export function passageRecord(origin: RecordOrigin): PassageRecord {
  return {
    ...head('passage', origin),
    stream: 'passage',
    lane: origin.lane ?? 'north-1',
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
}

export function flowRecord(origin: RecordOrigin): FlowRecord {
  const endMs = OBSERVED_AT_MS;
  return {
    ...head('flow', origin),
    stream: 'flow',
    lane: origin.lane ?? 'north-1',
    source: 'loop',
    sensor: 'loop-n1a',
    startMs: endMs - 60_000,
    endMs,
    widthS: 60,
    partial: false,
    count: 14,
    reverseCount: 0,
    counterOnlyCount: 0,
    flowVehH: 840,
    occupancyPct: 11.2,
    timeMeanSpeedKmh: 46.1,
    spaceMeanSpeedKmh: 44.8,
    speedCount: 13,
    meanHeadwayS: 4.21,
    expected: 6000,
    received: 5880,
    coveragePct: 98,
    gaps: [{ fromMs: endMs - 31_200, toMs: endMs - 30_000, cause: 'bus' }],
  };
}

export function incidentRecord(origin: RecordOrigin): IncidentRecord {
  return {
    ...head('incident', origin),
    stream: 'incident',
    incident: `stopped-vehicle/north-1/${origin.seq}`,
    incidentKind: 'stopped-vehicle',
    phase: 'open',
    lane: origin.lane ?? 'north-1',
    sensors: ['cam-north'],
    severity: 'warning',
    startedAtMs: OBSERVED_AT_MS - 20_000,
    openedAtMs: OBSERVED_AT_MS,
    closedAtMs: null,
    positionPx: [812, 455],
    positionM: [3.4, 41.2],
    speedKmh: 0.4,
  };
}

export function faultRecord(origin: RecordOrigin): FaultRecord {
  return {
    ...head('fault', origin),
    stream: 'fault',
    fault: `device/card-2/${origin.seq}`,
    phase: 'open',
    layer: 'device',
    sensor: 'card-2',
    code: 'timeout',
    detail: 'no reply to 5 requests in a row',
    lanes: ['north-1', 'north-2'],
    openedAtMs: OBSERVED_AT_MS,
    closedAtMs: null,
  };
}
