import type { StoredRecord } from '../../../src/traffic/stored-record.ts';
import { faultRecord, flowRecord, incidentRecord, passageRecord } from '../../fakes/records.ts';

/** The streams of `batchOf`. */
export const BATCH_STREAMS = ['passage', 'flow', 'incident', 'fault'] as const;
const LANES = 8;

/**
 * What a cabinet stores with its `turn`-th commit of a boot, 1 first: mostly some passages, now and then an incident
 * at once, each eighth time the flow of all lanes. The same in every process, so that whoever knows how many commits
 * were promised knows the records.
 */
export function batchOf(boot: string, turn: number): readonly StoredRecord[] {
  if (turn % 8 === 0) {
    return Array.from({ length: LANES }, (_, lane) =>
      flowRecord({ boot, seq: (turn / 8 - 1) * LANES + lane + 1, lane: `north-${lane + 1}` }),
    );
  }
  if (turn % 8 === 5) {
    const seq = (turn - 5) / 8 + 1;
    return seq % 4 === 0 ? [faultRecord({ boot, seq })] : [incidentRecord({ boot, seq })];
  }
  return [passageRecord({ boot, seq: turn * 2 - 1 }), passageRecord({ boot, seq: turn * 2 })];
}
