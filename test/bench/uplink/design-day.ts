/** The records of a busy cabinet, in the order and at the times at which a gateway would make them. */
import type { TrafficRecord } from '../../../src/traffic/record.ts';
import { flowRecord, incidentRecord, passageRecord } from '../../fakes/records.ts';
import { seededRandom } from '../../fakes/seeded-random.ts';

/** A record and when it is made, ms since the beginning. */
export interface Made {
  readonly atMs: number;
  readonly record: TrafficRecord;
}

export const SEED = 1;
const PASSAGES_PER_DAY = 48_000;
const INCIDENTS_PER_DAY = 200;
const LANES = 8;
const DAY_MS = 86_400_000;
const MINUTE_MS = 60_000;

/** Vehicles and incidents come independently of each other, so the times between them are exponential. */
export function designLoad(minutes: number): readonly Made[] {
  const { exponential } = seededRandom(SEED);
  const endMs = minutes * MINUTE_MS;
  const arrivals = (perDay: number): readonly number[] => {
    const times: number[] = [];
    for (let atMs = 0; ; times.push(atMs)) {
      atMs += exponential(DAY_MS / perDay);
      if (atMs > endMs) return times;
    }
  };
  const made: Made[] = [
    ...arrivals(PASSAGES_PER_DAY).map((atMs, index) => ({ atMs, record: passageRecord({ seq: index + 1 }) })),
    ...arrivals(INCIDENTS_PER_DAY).map((atMs, index) => ({
      atMs,
      record: incidentRecord({ seq: index + 1 }),
    })),
    ...Array.from({ length: minutes * LANES }, (_, index) => ({
      atMs: (Math.floor(index / LANES) + 1) * MINUTE_MS,
      record: flowRecord({ seq: index + 1, lane: `north-${(index % LANES) + 1}` }),
    })),
  ];
  return made.sort((a, b) => a.atMs - b.atMs);
}
