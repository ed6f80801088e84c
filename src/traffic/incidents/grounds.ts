import type { Incident, IncidentGround, LaneSource } from '../record.ts';

/** What one sensor says about an incident; `atMs` is monotonic. */
export interface Ground {
  readonly sensor: string;
  readonly source: LaneSource;
  readonly says: IncidentGround['says'];
  readonly atMs: number;
}

/** A lane whose sensors change their minds all day does not make a record without end: more than any lane's sensors. */
const MOST_GROUNDS = 16;

/**
 * Adds what a sensor says, unless it is what the sensor said last: the same list comes back then. A long list loses
 * the oldest that a sensor has taken back since; an update told of it when it was said.
 */
export function addGround(grounds: readonly Ground[], saying: Ground): readonly Ground[] {
  const last = grounds.findLast(({ sensor }) => sensor === saying.sensor);
  const isNews = last === undefined || (saying.says !== 'raises' && last.says !== saying.says);
  if (!isNews) return grounds;
  const all = [...grounds, saying];
  // The first says why it was opened.
  const takenBack = all.findIndex(
    ({ sensor }, at) => at > 0 && all.slice(at + 1).some((later) => later.sensor === sensor),
  );
  return all.length > MOST_GROUNDS ? all.filter((_, at) => at !== takenBack) : all;
}

/** Leaves out that sensors that are not believed any more contradict: the same list comes back when none did. */
export function withoutDoubtsOf(grounds: readonly Ground[], sensors: readonly string[]): readonly Ground[] {
  const kept = grounds.filter(({ sensor, says }) => says !== 'weakens' || !sensors.includes(sensor));
  return kept.length === grounds.length ? grounds : kept;
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
