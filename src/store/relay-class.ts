import type { StreamName } from '../traffic/stored-record.ts';

/**
 * How urgent a record is when a backlog drains, 1 first, and how long it is kept when there is no room, 4 goes
 * first: 1 incidents, faults, the audit and what is known to be lost; 2 references to evidence; 3 flow, movements and passages; 4 health.
 */
export type RelayClass = 1 | 2 | 3 | 4;

/** Most urgent first. */
export const RELAY_CLASSES: readonly RelayClass[] = [1, 2, 3, 4];

const CLASS_OF_STREAM: Readonly<Record<StreamName, RelayClass>> = {
  incident: 1,
  fault: 1,
  gap: 1,
  audit: 1,
  flow: 3,
  movement: 3,
  passage: 3,
  hires: 4,
  health: 4,
};

export function relayClassOf(stream: StreamName): RelayClass {
  return CLASS_OF_STREAM[stream];
}

export function isStreamName(name: string): name is StreamName {
  return Object.hasOwn(CLASS_OF_STREAM, name);
}
