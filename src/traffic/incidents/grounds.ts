import type { Incident, IncidentGround, LaneSource } from '../record.ts';

/** What one sensor says about an incident; `atMs` is monotonic. */
export interface Ground {
  readonly sensor: string;
  readonly source: LaneSource;
  readonly says: IncidentGround['says'];
  readonly atMs: number;
}

/** A lane whose sensors change their minds all day does not make a record without end. */
const MOST_GROUNDS = 16;

/** Adds what a sensor says, unless it is what the sensor said last. The same list comes back then. */
export function addGround(grounds: readonly Ground[], saying: Ground): readonly Ground[] {
  const last = grounds.findLast(({ sensor }) => sensor === saying.sensor);
  const isNews = last === undefined || (saying.says !== 'raises' && last.says !== saying.says);
  return isNews && grounds.length < MOST_GROUNDS ? [...grounds, saying] : grounds;
}

/** Confirmed while a sensor bears it out and none contradicts; what a sensor said last counts. */
export function certaintyOf(grounds: readonly Ground[]): Incident['certainty'] {
  const standing = standingOf(grounds);
  return standing.includes('confirms') && !standing.includes('weakens') ? 'confirmed' : 'suspected';
}

export function isWeakened(grounds: readonly Ground[]): boolean {
  return standingOf(grounds).includes('weakens');
}

function standingOf(grounds: readonly Ground[]): readonly Ground['says'][] {
  return [...new Map(grounds.map(({ sensor, says }) => [sensor, says])).values()];
}
