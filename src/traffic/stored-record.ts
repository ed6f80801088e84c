import type { RecordHead, TrafficRecord } from './record.ts';

/** What the agent says of its own keeping, beside what it says of the road. */
export type AgentRecord = GapRecord | AuditRecord | HealthRecord;

/** Whatever is stored and relayed. `stream` discriminates. */
export type StoredRecord = TrafficRecord | AgentRecord;
export type StreamName = StoredRecord['stream'];

/**
 * Why records of the agent never reach an upstream: `evicted` to make room, `damaged` on the disk, `unstored`
 * because the store refused them for longer than memory could hold them, `oversized` for the upstream.
 */
export type GapReason = 'evicted' | 'damaged' | 'unstored' | 'oversized';

/** Consecutive numbers of one stream of one boot, both ends included. */
export interface SeqRange {
  readonly boot: string;
  readonly stream: StreamName;
  readonly fromSeq: number;
  readonly toSeq: number;
}

/** Records that one upstream will never get, each accounted for. */
export interface RecordGap {
  /** Whom it concerns; the others have got these records, or still will. */
  readonly upstream: string;
  readonly reason: GapReason;
  /** How many records. */
  readonly count: number;
  readonly ranges: readonly SeqRange[];
  /** Records whose number could not be read any more; they are in `count` and in no range. */
  readonly unnamed: number;
}

export interface GapRecord extends RecordHead, RecordGap {
  readonly stream: 'gap';
}

export type AuditAction =
  | 'started'
  | 'stopped'
  | 'config-changed'
  | 'command-accepted'
  | 'command-done'
  | 'command-failed'
  | 'command-refused'
  | 'commands-dropped'
  | 'incident-acknowledged';

/** What was done to the agent, by whom, and how it ended. */
export interface AuditFact {
  readonly action: AuditAction;
  /** Id of the key that signed, `unsigned`, `unknown` when nobody can be told, or `agent`. */
  readonly actor: string;
  /** Kind and id of the command, where there is one. */
  readonly command: string | null;
  readonly commandId: string | null;
  /** What it concerned: an incident, the digest of a configuration. */
  readonly subject: string | null;
  /** Why it was refused or failed. */
  readonly reason: string | null;
  readonly detail: string;
  /** How many of it. */
  readonly count: number;
}

/** An entry of the audit chain: each one holds the hash of the entry before. */
export interface AuditRecord extends RecordHead, AuditFact {
  readonly stream: 'audit';
  /** Place in the chain, from 1; it goes on over restarts. */
  readonly number: number;
  readonly previousHash: string;
  readonly hash: string;
}

/** How the agent and its machine are doing, some minutes apart. Counts are since the start of the agent. */
export interface Health {
  readonly upForS: number;
  readonly inbox: { readonly waiting: number; readonly refused: number };
  readonly store: StoreHealth;
  readonly receivers: readonly ReceiverHealth[];
  readonly processes: readonly ProcessHealth[];
  /** Buses, devices and cameras, with figures whose unit is the last part of their name. */
  readonly sensors: readonly SensorFigures[];
  readonly machine: MachineHealth;
}

export interface StoreHealth {
  /** Since the store file was made. */
  readonly stored: number;
  readonly damaged: number;
  readonly evicted: number;
  /** Waiting in memory because the store refuses them, and given up. */
  readonly unstored: number;
  readonly lost: number;
}

export interface ReceiverHealth {
  readonly upstream: string;
  readonly state: 'connecting' | 'online' | 'offline' | 'stopped';
  /** Code of what is wrong with it; null when all is well. */
  readonly error: string | null;
  readonly connects: number;
  readonly published: number;
  readonly acknowledged: number;
  readonly pending: number;
}

export interface ProcessHealth {
  readonly process: string;
  readonly state: 'starting' | 'working' | 'down' | 'stopped';
  readonly restarts: number;
}

export interface SensorFigures {
  readonly sensor: string;
  readonly state: 'starting' | 'working' | 'failing' | 'stopped';
  readonly figures: Readonly<Record<string, number>>;
}

/** Null is what this machine does not tell. */
export interface MachineHealth {
  /** Of the agent's processes since the record before, percent of one core. */
  readonly cpuPct: number | null;
  readonly residentMegabytes: number | null;
  /** Load average over five minutes, per core. */
  readonly loadPerCore: number | null;
  readonly availableMegabytes: number | null;
  /** Where the store lies. */
  readonly diskFreeMegabytes: number | null;
  /** Of the hottest sensor. */
  readonly temperatureC: number | null;
}

export interface HealthRecord extends RecordHead, Health {
  readonly stream: 'health';
}
