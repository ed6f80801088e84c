import type { FlowInterval, LaneSource } from '../record.ts';
import type { LaneDefinition } from '../site-definition.ts';

/** A source that measured less of the interval than this may be replaced … */
const POOR_COVERAGE_PCT = 50;
/** … by one that measured at least so many percentage points more. */
const CLEARLY_BETTER_PCT = 20;

/**
 * Marks which source of a lane leads: exactly one for each width and start among the intervals given. The usual
 * source leads unless it is not believed, or measured little where another one measured much. `leadReason` is the
 * same for all intervals of one width and start.
 *
 * @param closed intervals of one lane that ended in one tick
 */
export function markLead(
  lane: Pick<LaneDefinition, 'usualSource'>,
  closed: readonly FlowInterval[],
  isBelieved: (source: LaneSource) => boolean,
): readonly FlowInterval[] {
  const groups = Map.groupBy(closed, ({ widthS, startMs }) => `${widthS}/${startMs}`);
  const leads = new Map(
    [...groups].map(([key, rivals]) => [key, choose(lane.usualSource, rivals, isBelieved)]),
  );
  return closed.map((interval) => {
    const chosen = leads.get(`${interval.widthS}/${interval.startMs}`);
    return { ...interval, lead: interval === chosen?.leader, leadReason: chosen?.reason ?? null };
  });
}

interface Choice {
  readonly leader: FlowInterval | undefined;
  readonly reason: FlowInterval['leadReason'];
}

function choose(
  usualSource: LaneSource,
  rivals: readonly FlowInterval[],
  isBelieved: (source: LaneSource) => boolean,
): Choice {
  const usual = best(rivals.filter(({ source }) => source === usualSource));
  const other = best(rivals.filter(({ source }) => source !== usualSource));
  if (usual === undefined || other === undefined) return { leader: usual ?? other, reason: null };
  if (!isBelieved(other.source)) return { leader: usual, reason: null };
  if (!isBelieved(usual.source)) return { leader: other, reason: 'distrust' };
  const isPoor =
    usual.coveragePct < POOR_COVERAGE_PCT && other.coveragePct - usual.coveragePct >= CLEARLY_BETTER_PCT;
  return isPoor ? { leader: other, reason: 'coverage' } : { leader: usual, reason: null };
}

/** Of several cameras on one lane the one that saw most; the first of equals. */
function best(intervals: readonly FlowInterval[]): FlowInterval | undefined {
  return intervals.reduce<FlowInterval | undefined>(
    (leader, it) => (leader === undefined || it.coveragePct > leader.coveragePct ? it : leader),
    undefined,
  );
}
