import type { FlowRecord, LaneLength } from '../record.ts';
import type { StationDefinition } from '../site-definition.ts';

/** What an earlier run had learned about a lane, and by which loop. */
export interface LearnedLength {
  readonly lane: string;
  readonly sensor: string;
  readonly length: LaneLength;
}

/** The newest of each lane; rows of earlier programs have none. */
export function learnedLengths(newestFirst: readonly Partial<FlowRecord>[]): readonly LearnedLength[] {
  const byLane = new Map<string, LearnedLength>();
  for (const { lane, sensor, effectiveLength } of newestFirst) {
    if (lane === undefined || sensor === undefined || effectiveLength == null || byLane.has(lane)) continue;
    byLane.set(lane, { lane, sensor, length: effectiveLength });
  }
  return [...byLane.values()];
}

/** It holds for the loops by which it was learned, and for no others that took their place. */
export function lengthLearnedBy(
  { entry, exit }: StationDefinition,
  learned: LearnedLength | undefined,
): LaneLength | null {
  const isOurs = learned?.sensor === entry.loop || learned?.sensor === exit?.loop;
  return learned !== undefined && isOurs ? learned.length : null;
}
