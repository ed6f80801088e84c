import { recordId } from '../../src/base/ids.ts';
import type {
  FaultRecord,
  FlowRecord,
  HiResRecord,
  IncidentRecord,
  MovementRecord,
  PassageRecord,
  RecordHead,
} from '../../src/traffic/record.ts';
import type { AuditRecord, GapRecord, HealthRecord, StreamName } from '../../src/traffic/stored-record.ts';
import { exampleRecords } from '../../src/uplink/payloads/contract-examples.ts';

export interface RecordOrigin {
  readonly seq: number;
  readonly boot?: string;
  readonly lane?: string;
}

function head(stream: StreamName, { seq, boot = 'boot-1' }: RecordOrigin): RecordHead {
  const { site, clock, configRev, observedAtMs } = exampleRecords[stream];
  return {
    id: recordId({ site, boot, stream, seq }),
    site,
    boot,
    seq,
    observedAtMs: observedAtMs + seq,
    clock,
    configRev,
  };
}

/** The example records of the contract, told apart by their origin. */
export function passageRecord(origin: RecordOrigin): PassageRecord {
  return { ...exampleRecords.passage, ...head('passage', origin), lane: origin.lane ?? 'north-1' };
}

export function flowRecord(origin: RecordOrigin): FlowRecord {
  return { ...exampleRecords.flow, ...head('flow', origin), lane: origin.lane ?? 'north-1' };
}

export function movementRecord(origin: RecordOrigin): MovementRecord {
  return { ...exampleRecords.movement, ...head('movement', origin) };
}

export function incidentRecord(origin: RecordOrigin): IncidentRecord {
  const incident = `stopped-vehicle/north-1/${origin.seq}`;
  return {
    ...exampleRecords.incident,
    ...head('incident', origin),
    incident,
    lane: origin.lane ?? 'north-1',
  };
}

export function faultRecord(origin: RecordOrigin): FaultRecord {
  return { ...exampleRecords.fault, ...head('fault', origin), fault: `device/card-2/${origin.seq}` };
}

export function hiResRecord(origin: RecordOrigin): HiResRecord {
  return { ...exampleRecords.hires, ...head('hires', origin) };
}

export function gapRecord(origin: RecordOrigin): GapRecord {
  return { ...exampleRecords.gap, ...head('gap', origin) };
}

export function healthRecord(origin: RecordOrigin): HealthRecord {
  return { ...exampleRecords.health, ...head('health', origin) };
}

export function auditRecord(origin: RecordOrigin): AuditRecord {
  return { ...exampleRecords.audit, ...head('audit', origin) };
}
