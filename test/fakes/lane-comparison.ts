/** What was published about a lane beside what really drove there. */
import type { FlowRecord, PassageRecord } from '../../src/traffic/record.ts';
import type { TrueVehicle } from './street.ts';

export interface Published {
  readonly flows: readonly FlowRecord[];
  readonly passages: readonly PassageRecord[];
}

/** How far a device may place a vehicle beside its moment: a device-made interval, and a machine with other work. */
const PLACED_WITHIN_MS = 5000;

/**
 * Every way in which the counts of a lane differ from its truth; none when they are equal. Each interval width
 * has to hold every vehicle once, about when it left; passages are as many as vehicles, or none.
 */
export function differencesOf(
  lane: string,
  truth: readonly TrueVehicle[],
  published: Published,
  passages: 'each' | 'none',
): readonly string[] {
  const leftMs = truth.filter((vehicle) => vehicle.lane === lane).map((vehicle) => vehicle.leftMs);
  const flows = published.flows.filter((flow) => flow.lane === lane);
  const recorded = published.passages.filter((passage) => passage.lane === lane).length;
  const wanted = passages === 'each' ? leftMs.length : 0;
  const byWidth = Map.groupBy(flows, ({ widthS }) => widthS);
  return [
    ...(byWidth.size === 0 ? [`${lane}: no flow at all`] : []),
    ...(recorded === wanted ? [] : [`${lane}: ${recorded} passages, not ${wanted}`]),
    ...[...byWidth].flatMap(([widthS, intervals]) =>
      countDifferences(leftMs, intervals).map((difference) => `${lane}, ${widthS} s: ${difference}`),
    ),
  ];
}

function countDifferences(leftMs: readonly number[], intervals: readonly FlowRecord[]): readonly string[] {
  const inOrder = intervals.toSorted((one, other) => one.startMs - other.startMs);
  const differences: string[] = [];
  let counted = 0;
  for (const [index, { startMs, endMs, count, reverseCount, lateCount }] of inOrder.entries()) {
    counted += count ?? 0;
    const least = leftMs.filter((ms) => ms < endMs - PLACED_WITHIN_MS).length;
    const most = leftMs.filter((ms) => ms < endMs + PLACED_WITHIN_MS).length;
    const until = new Date(endMs).toISOString();
    if (counted < least || counted > most) {
      differences.push(`${counted} until ${until}, not ${least} to ${most}`);
    }
    if ((reverseCount ?? 0) + lateCount > 0) differences.push(`reverse or late vehicles until ${until}`);
    const before = inOrder[index - 1];
    if (before !== undefined && before.endMs !== startMs) differences.push(`nothing is said before ${until}`);
  }
  if (counted !== leftMs.length) differences.push(`${counted} in all, not ${leftMs.length}`);
  return differences;
}
