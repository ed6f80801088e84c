import type {
  FaultLimits,
  LaneDefinition,
  LoopDefinition,
  SiteDefinition,
  StationDefinition,
} from '../site-definition.ts';
import { rulesOf } from './fault-policy.table.ts';
import type { WatchTerms } from './loop-watch.ts';
import type { LoopRole } from './rules/pair-mismatch.ts';

/** One loop with its place on the road. */
export interface WatchedLoop extends WatchTerms {
  readonly lane: string;
  readonly role: LoopRole;
  /** The other loop of a dual-loop station. */
  readonly partner: LoopDefinition | null;
}

/** Two loops side by side in neighbouring lanes of one approach. */
export interface NeighbourLoops {
  readonly key: string;
  readonly first: string;
  readonly second: string;
  readonly limitPct: number;
}

/** A lane that a loop and a camera both count. */
export interface ComparedLane {
  readonly key: string;
  readonly lane: string;
  readonly loop: string;
  readonly camera: string;
  readonly limitPct: number;
  /** Counts may become known this much later than the vehicles came. */
  readonly latencyMs: number;
}

/** What is watched at a site; follows from its definition alone. */
export interface WatchedSite {
  readonly loops: ReadonlyMap<string, WatchedLoop>;
  readonly loopsOfDevice: ReadonlyMap<string, readonly WatchedLoop[]>;
  readonly neighbours: readonly NeighbourLoops[];
  readonly neighboursOfLoop: ReadonlyMap<string, readonly NeighbourLoops[]>;
  readonly compared: readonly ComparedLane[];
  readonly comparedOfLoop: ReadonlyMap<string, readonly ComparedLane[]>;
}

const known = new WeakMap<SiteDefinition, WatchedSite>();

/** A definition never changes, so what follows from it is worked out once. */
export function watchedSite(definition: SiteDefinition): WatchedSite {
  const before = known.get(definition);
  if (before !== undefined) return before;
  const site = describe(definition);
  known.set(definition, site);
  return site;
}

function describe(definition: SiteDefinition): WatchedSite {
  const all = definition.lanes.flatMap((lane) => loopsOf(definition, lane));
  const loops = new Map(all.map((watched) => [watched.loop.loop, watched]));
  const neighbours = definition.lanes.flatMap((lane) => neighboursOf(definition, lane));
  const compared = definition.cameras.flatMap(({ camera, lanes }) =>
    lanes.flatMap(({ lane }) => comparedLane(definition, lane, camera)),
  );
  return {
    loops,
    loopsOfDevice: groupBy(all, ({ loop }) => [loop.device]),
    neighbours,
    neighboursOfLoop: groupBy(neighbours, ({ first, second }) => [first, second]),
    compared,
    comparedOfLoop: groupBy(compared, ({ loop }) => [loop]),
  };
}

function loopsOf(definition: SiteDefinition, lane: LaneDefinition): readonly WatchedLoop[] {
  const { station, faultLimits: limits } = lane;
  if (station === null) return [];
  const { entry, exit } = station;
  const watched = (loop: LoopDefinition, role: LoopRole): WatchedLoop => ({
    ...{ lane: lane.lane, role, loop, limits, utcOffsetMin: definition.utcOffsetMin },
    applied: rulesOf(loop.evidence, limits),
    partner: role === 'entry' ? exit : entry,
  });
  return exit === null ? [watched(entry, 'entry')] : [watched(entry, 'entry'), watched(exit, 'exit')];
}

/** Entry beside entry and exit beside exit of the next lane outwards. */
function neighboursOf(definition: SiteDefinition, lane: LaneDefinition): readonly NeighbourLoops[] {
  const outer = definition.lanes.find(
    ({ approach, number }) => approach === lane.approach && number === lane.number + 1,
  );
  if (lane.station === null || outer === undefined || outer.station === null) return [];
  const limits = [lane.faultLimits, outer.faultLimits] as const;
  return [
    pairOf(lane.station, outer.station, 'entry', limits),
    pairOf(lane.station, outer.station, 'exit', limits),
  ].flatMap((pair) => pair ?? []);
}

function pairOf(
  inner: StationDefinition,
  outer: StationDefinition,
  role: LoopRole,
  limits: readonly [FaultLimits, FaultLimits],
): NeighbourLoops | null {
  const [first, second] = [inner[role], outer[role]];
  if (first === null || second === null) return null;
  const applies = [first, second].every((loop, at) =>
    rulesOf(loop.evidence, limits[at] ?? limits[0]).has('crosstalk'),
  );
  if (!applies) return null;
  const limitPct = Math.max(limits[0].crosstalkPct, limits[1].crosstalkPct);
  return { key: `${first.loop}/${second.loop}`, first: first.loop, second: second.loop, limitPct };
}

function comparedLane(definition: SiteDefinition, lane: string, camera: string): readonly ComparedLane[] {
  const counted = definition.lanes.find((it) => it.lane === lane);
  const entry = counted?.station?.entry;
  if (counted === undefined || entry === undefined || counted.faultLimits.disagreementPct === 0) return [];
  const { loop, latencyMs } = entry;
  return [
    {
      key: `${lane}/${camera}`,
      lane,
      loop,
      camera,
      limitPct: counted.faultLimits.disagreementPct,
      latencyMs,
    },
  ];
}

function groupBy<T>(
  values: readonly T[],
  keysOf: (value: T) => readonly string[],
): ReadonlyMap<string, readonly T[]> {
  const groups = new Map<string, T[]>();
  for (const value of values) {
    for (const key of keysOf(value)) groups.set(key, [...(groups.get(key) ?? []), value]);
  }
  return groups;
}
