import type { Doubt } from '../load/problem.ts';
import type { Path } from '../schema/json-schema.ts';
import type { Camera } from '../schema/site.ts';
import { edgesOf, isInside, type Point, type Segment, segmentTouches } from './geometry.ts';

type DrawnLane = Camera['lanes'][number];

/** Vehicles are counted this far beside a line's ends, as a share of its length; a line for this share of a lane will do. */
const BESIDE_LINE = 0.25;
const COVERED_SHARE = 0.8;
/** Where along the prolonged line it is looked whether the lane is there: in lengths of the line. */
const LOOKED_AT = Array.from({ length: 421 }, (_, step) => step / 20 - 10);

/** What is drawn so that it can be used, and hardly as it was meant: nothing or too little is counted or judged there. */
export function drawingDoubts(camera: Camera, path: Path): readonly Doubt[] {
  const lanes = camera.lanes.flatMap((lane, index) => {
    const at = [...path, 'lanes', index];
    return [
      ...ignoredLine(camera, lane, at),
      ...shortLine(lane, at),
      ...strayStopLine(lane, at),
      ...overlap(camera, { lane, index, path: at }),
    ];
  });
  return [...lanes, ...unseenZones(camera, path)];
}

function ignoredLine({ zones }: Camera, { lane, countLine }: DrawnLane, path: Path): readonly Doubt[] {
  const middle = middleOf(countLine);
  const zone = zones.find(({ kind, polygon }) => kind === 'ignore' && isInside(polygon, middle))?.zone;
  if (zone === undefined) return [];
  return [
    {
      path: [...path, 'countLine'],
      message: `the counting line of ${lane} lies in zone ${zone}, where nothing is counted`,
      hint: 'Draw the zone of kind ignore around what disturbs, beside the road.',
      chinese: `${lane} 的计数线位于忽略区域 ${zone} 内，不会计数。`,
    },
  ];
}

function shortLine({ lane, polygon, countLine }: DrawnLane, path: Path): readonly Doubt[] {
  const [[x1, y1], [x2, y2]] = countLine;
  const inLane = LOOKED_AT.filter((t) => isInside(polygon, [x1 + t * (x2 - x1), y1 + t * (y2 - y1)]));
  const covered = inLane.filter((t) => t >= -BESIDE_LINE && t <= 1 + BESIDE_LINE);
  if (covered.length >= COVERED_SHARE * inLane.length) return [];
  const pct = Math.round((100 * covered.length) / inLane.length);
  return [
    {
      path: [...path, 'countLine'],
      message: `the counting line of ${lane} reaches over ${pct} % of the lane: who drives beside it is not counted`,
      hint: 'Draw the line from one edge of the lane to the other.',
      chinese: `${lane} 的计数线只覆盖车道宽度的 ${pct} %，线外车辆不会计数。`,
    },
  ];
}

/** A lane may be drawn up to its stop line or beyond it; a line that does not come near it is another lane's. */
function strayStopLine({ lane, polygon, stopLine }: DrawnLane, path: Path): readonly Doubt[] {
  if (stopLine === undefined || segmentTouches(polygon, stopLine)) return [];
  const middle = middleOf(stopLine);
  const [[x1, y1], [x2, y2]] = stopLine;
  const awayPx = Math.min(...edgesOf(polygon).map((edge) => distanceTo(edge, middle)));
  if (awayPx <= Math.hypot(x2 - x1, y2 - y1)) return [];
  return [
    {
      path: [...path, 'stopLine'],
      message: `the stop line of ${lane} lies ${Math.round(awayPx)} pixels beside the lane: no queue reaches back from it`,
      hint: 'Draw it across this lane, where its first vehicle waits.',
      chinese: `${lane} 的停车线在车道之外 ${Math.round(awayPx)} 像素，无法计算排队。`,
    },
  ];
}

function distanceTo([[ax, ay], [bx, by]]: Segment, [x, y]: Point): number {
  const squares = (bx - ax) ** 2 + (by - ay) ** 2 || 1;
  const share = Math.min(1, Math.max(0, ((x - ax) * (bx - ax) + (y - ay) * (by - ay)) / squares));
  return Math.hypot(x - ax - share * (bx - ax), y - ay - share * (by - ay));
}

/** Who is in two lanes at once is judged in the first. */
function overlap(
  { lanes }: Camera,
  at: { readonly lane: DrawnLane; readonly index: number; readonly path: Path },
): readonly Doubt[] {
  const middle = middleOf(at.lane.countLine);
  const first = lanes.slice(0, at.index).find(({ polygon }) => isInside(polygon, middle))?.lane;
  if (first === undefined) return [];
  return [
    {
      path: [...at.path, 'polygon'],
      message: `the middle of ${at.lane.lane} is drawn as part of ${first}, too: incidents there are told of ${first}`,
      hint: 'Draw the border between two lanes once, along the marking.',
      chinese: `${at.lane.lane} 的中部同时被画进 ${first}，该处事件将计入 ${first}。`,
    },
  ];
}

function unseenZones({ crop, zones }: Camera, path: Path): readonly Doubt[] {
  if (crop === undefined) return [];
  const { x, y, widthPx, heightPx } = crop;
  return zones.flatMap(({ zone, polygon }, index): Doubt[] => {
    const xs = polygon.map((corner) => corner[0]);
    const ys = polygon.map((corner) => corner[1]);
    const isBeside = Math.max(...xs) <= x || Math.min(...xs) >= x + widthPx;
    if (!isBeside && Math.max(...ys) > y && Math.min(...ys) < y + heightPx) return [];
    return [
      {
        path: [...path, 'zones', index, 'polygon'],
        message: `zone ${zone} lies outside crop: nothing is seen there`,
        hint: 'Make crop larger, or leave the zone out.',
        chinese: `区域 ${zone} 在裁剪范围之外，那里什么也看不到。`,
      },
    ];
  });
}

function middleOf([[x1, y1], [x2, y2]]: Segment): Point {
  return [(x1 + x2) / 2, (y1 + y2) / 2];
}
