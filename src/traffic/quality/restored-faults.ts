import type { Fault } from '../record.ts';
import type { SiteDefinition } from '../site-definition.ts';
import { openAgreement } from './count-agreement.ts';
import { CANNOT_TELL, type Verdict } from './count-suspect.ts';
import { type FaultJournal, faultKey, type OpenFault } from './fault-journal.ts';
import { isDerived } from './fault-policy.table.ts';
import { openLoopWatch, type WatchClock } from './loop-watch.ts';
import { NO_CROSSTALK } from './rules/crosstalk.ts';
import { PAIR_AGREES } from './rules/pair-mismatch.ts';
import type { QualityState } from './site-quality.ts';
import type { WatchedLoop, WatchedSite } from './watched-site.ts';

/** A reported fault that its reporter does not repeat for this long, though it has been read, is over. */
const CONFIRM_WITHIN_MS = 600_000;

/** The journal as the run before left it, however that ended. Moments are known on the wall clock only. */
export function restoredJournal(faults: readonly Fault[]): FaultJournal {
  const open = faults.map(
    ({ fault, layer, sensor, code, detail, lanes, openedAtMs }): OpenFault => ({
      ...{ fault, layer, sensor, code, detail, lanes },
      ...{ openedMs: 0, openedWallMs: openedAtMs, confirmed: false },
    }),
  );
  return new Map(open.map((fault) => [faultKey(fault), fault]));
}

/** Places restored faults on this run's monotonic clock. */
export function placeJournal(journal: FaultJournal, offsetMs: number): FaultJournal {
  return new Map(
    [...journal].map(([key, fault]) => {
      const { openedWallMs } = fault;
      return [key, openedWallMs === null ? fault : { ...fault, openedMs: openedWallMs - offsetMs }];
    }),
  );
}

/** Begins the rules; each that held its sensor faulty before still does, until it sees evidence that it is over. */
export function openQuality(site: WatchedSite, journal: FaultJournal, clock: WatchClock): QualityState {
  const watched = [...site.loops.values()];
  const sinceOf = (sensor: string, code: string): number | null =>
    journal.get(faultKey({ layer: 'channel', sensor, code }))?.openedMs ?? null;
  const faultyRulesOf = (loop: string): ReadonlyMap<string, number> =>
    new Map(
      [...journal.values()].flatMap(({ layer, sensor, code, openedMs }) =>
        layer === 'channel' && sensor === loop && isDerived(code) ? [[code, openedMs] as const] : [],
      ),
    );
  const pairOf = ({ lane, loop, partner }: WatchedLoop) => {
    const entryMs = sinceOf(loop.loop, 'pair-mismatch');
    const faultySinceMs = entryMs ?? sinceOf(partner?.loop ?? '', 'pair-mismatch');
    const silent = faultySinceMs === null ? null : entryMs === null ? ('exit' as const) : ('entry' as const);
    return [lane, { ...PAIR_AGREES, faultySinceMs, silent }] as const;
  };
  return {
    loops: new Map(watched.map(({ loop }) => [loop.loop, openLoopWatch(clock, faultyRulesOf(loop.loop))])),
    pairs: new Map(watched.flatMap((it) => (it.role === 'entry' && it.partner !== null ? [pairOf(it)] : []))),
    neighbours: new Map(
      site.neighbours.map(({ key, first, second }) => {
        const firstMs = sinceOf(first, 'crosstalk');
        const faultySinceMs = firstMs ?? sinceOf(second, 'crosstalk');
        const victim = faultySinceMs === null ? null : firstMs === null ? 'second' : 'first';
        return [key, { ...NO_CROSSTALK, faultySinceMs, victim }];
      }),
    ),
    agreements: new Map(
      site.compared.map(({ key, lane, loop, camera }) => [
        key,
        openAgreement(clock.nowMs, restoredDisagreement(journal, { lane, loop, camera })),
      ]),
    ),
    readToMs: new Map(),
    openedMs: clock.nowMs,
  };
}

function restoredDisagreement(
  journal: FaultJournal,
  of: { readonly lane: string; readonly loop: string; readonly camera: string },
): { readonly sinceMs: number; readonly verdict: Verdict } | null {
  const code = 'count-disagreement';
  const byLoop = journal.get(faultKey({ layer: 'channel', sensor: of.loop, code }));
  if (byLoop !== undefined) {
    const suspect = byLoop.detail.includes(CANNOT_TELL) ? 'undecided' : 'loop';
    return { sinceMs: byLoop.openedMs, verdict: { suspect, because: 'known from before the restart' } };
  }
  const byCamera = journal.get(faultKey({ layer: 'camera', sensor: of.camera, code }));
  if (byCamera === undefined || !byCamera.lanes.includes(of.lane)) return null;
  const verdict = { suspect: 'camera', because: 'known from before the restart' } as const;
  return { sinceMs: byCamera.openedMs, verdict };
}

/** Why a restored fault cannot be observed any more, or null: nobody would ever close it. */
export function whyObsolete(
  definition: SiteDefinition,
  site: WatchedSite,
  { layer, sensor, code }: OpenFault,
): string | null {
  const loops = [...site.loops.values()];
  const gone = 'no longer in the configuration';
  switch (layer) {
    case 'port':
      return loops.some(({ loop }) => loop.bus === sensor) ? null : gone;
    case 'device':
      return site.loopsOfDevice.has(sensor) ? null : gone;
    case 'channel': {
      const watched = site.loops.get(sensor);
      if (watched === undefined) return gone;
      return isDerived(code) && !watched.applied.has(code) ? 'the rule is switched off' : null;
    }
    case 'camera':
      return definition.cameras.some(({ camera }) => camera === sensor) ? null : gone;
    case 'model':
      return definition.cameras.length > 0 ? null : gone;
    case 'process':
      return null;
  }
}

/** Restored faults that their reporters, though at work again, have not repeated. */
export function unconfirmedFaults(
  site: WatchedSite,
  quality: QualityState,
  journal: FaultJournal,
  nowMs: number,
): readonly OpenFault[] {
  if (nowMs - quality.openedMs < CONFIRM_WITHIN_MS) return [];
  return [...journal.values()].filter(
    (fault) => !fault.confirmed && !isDerived(fault.code) && isReporting(site, quality, fault),
  );
}

function isReporting(site: WatchedSite, { readToMs }: QualityState, { layer, sensor }: OpenFault): boolean {
  switch (layer) {
    case 'port':
      return [...site.loops.values()].some(({ loop }) => loop.bus === sensor && readToMs.has(loop.device));
    case 'channel':
      return readToMs.has(site.loops.get(sensor)?.loop.device ?? '');
    case 'device':
    case 'camera':
      return readToMs.has(sensor);
    case 'model':
    case 'process':
      return true;
  }
}
