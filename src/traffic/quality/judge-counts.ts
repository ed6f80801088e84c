import { type CountAgreement, restart } from './count-agreement.ts';
import { suspectOf } from './count-suspect.ts';
import type { FaultClaim } from './fault-claims.ts';
import type { FaultJournal } from './fault-journal.ts';
import { changed, type QualityState } from './site-quality.ts';
import type { ComparedLane, WatchedSite } from './watched-site.ts';

/**
 * Names the sensor that is probably wrong where counts disagree, and stops comparing where one of the two is
 * known to be faulty: what it counts then proves nothing.
 */
export function judgeCounts(
  site: WatchedSite,
  before: QualityState,
  claims: readonly FaultClaim[],
  journal: FaultJournal,
  nowMs: number,
): QualityState {
  const isImpaired = (camera: string): boolean =>
    [...journal.values()].some(
      ({ layer, sensor, code }) =>
        layer === 'model' || (layer === 'camera' && sensor === camera && code !== 'count-disagreement'),
    );
  let { agreements } = before;
  for (const compared of site.compared) {
    const state = before.agreements.get(compared.key);
    if (state === undefined) continue;
    const ofLoop = claims.filter(
      ({ sensor, code }) => sensor === compared.loop && code !== 'count-disagreement',
    );
    const cameraImpaired = isImpaired(compared.camera);
    const isDecided = state.verdict !== null && state.verdict.suspect !== 'undecided';
    if (state.faultySinceMs !== null && !isDecided) {
      const verdict = suspectOf({
        cameraImpaired,
        loopHasSymptoms: ofLoop.length > 0,
        ...otherLanes(site, before, compared, state),
      });
      agreements = changed(agreements, compared.key, () => ({ ...state, verdict }));
    } else if (cameraImpaired || ofLoop.some(({ distrusts }) => distrusts !== null)) {
      agreements = changed(agreements, compared.key, () => restart(state, nowMs));
    }
  }
  return agreements === before.agreements ? before : { ...before, agreements };
}

/** Only comparisons made since this lane began to disagree tell whether the camera was right meanwhile. */
function otherLanes(
  site: WatchedSite,
  { agreements }: QualityState,
  compared: ComparedLane,
  { beyondSinceMs }: CountAgreement,
): { readonly lanesAgreeing: number; readonly lanesDisagreeing: number } {
  const others = site.compared.filter(
    ({ camera, key }) => camera === compared.camera && key !== compared.key,
  );
  const since = others.flatMap(({ key }) => {
    const state = agreements.get(key);
    return state?.last !== null && state !== undefined && state.last.fromMs >= beyondSinceMs ? [state] : [];
  });
  return {
    lanesAgreeing: since.filter(({ windowsBeyond }) => windowsBeyond === 0).length,
    lanesDisagreeing: since.filter(({ windowsBeyond }) => windowsBeyond > 0).length,
  };
}
