import type { LaneDefinition, LoopDefinition, SiteDefinition, StationDefinition } from './site-definition.ts';

/** A lane that has loops. */
export interface LoopLane extends LaneDefinition {
  readonly station: StationDefinition;
}

/** Where a definition's loops are: looked up for each observation, so it is worked out once. */
export interface LaneIndex {
  readonly lanes: readonly LoopLane[];
  readonly byLane: ReadonlyMap<string, LoopLane>;
  readonly byLoop: ReadonlyMap<string, LoopLane>;
  /** The lanes that have a loop on a device. */
  readonly byDevice: ReadonlyMap<string, readonly LoopLane[]>;
  readonly loops: ReadonlyMap<string, LoopDefinition>;
}

/** A definition never changes, so what is worked out from it may be kept as long as it lives. */
const indexes = new WeakMap<SiteDefinition, LaneIndex>();

export function laneIndex(definition: SiteDefinition): LaneIndex {
  const known = indexes.get(definition);
  if (known !== undefined) return known;
  const index = buildIndex(definition);
  indexes.set(definition, index);
  return index;
}

function buildIndex(definition: SiteDefinition): LaneIndex {
  const lanes = definition.lanes.flatMap(({ station, ...lane }) =>
    station === null ? [] : [{ ...lane, station }],
  );
  const loops = lanes.flatMap((lane) =>
    [lane.station.entry, lane.station.exit].flatMap((loop) => (loop === null ? [] : [{ loop, lane }])),
  );
  return {
    lanes,
    byLane: new Map(lanes.map((lane) => [lane.lane, lane])),
    byLoop: new Map(loops.map(({ loop, lane }) => [loop.loop, lane])),
    byDevice: new Map(
      [...Map.groupBy(loops, ({ loop }) => loop.device)].map(([device, on]) => [
        device,
        [...new Set(on.map(({ lane }) => lane))],
      ]),
    ),
    loops: new Map(loops.map(({ loop }) => [loop.loop, loop])),
  };
}

const names = new WeakMap<SiteDefinition['lanes'], ReadonlyMap<string, LaneDefinition>>();

/** The same for a site's lanes by their names, with or without loops: asked for each road user in each picture. */
export function laneNamed(lanes: SiteDefinition['lanes'], lane: string): LaneDefinition | undefined {
  const known = names.get(lanes) ?? new Map(lanes.map((each) => [each.lane, each]));
  names.set(lanes, known);
  return known.get(lane);
}
