import { existsSync } from 'node:fs';
import { z } from 'zod';
import { readJson } from './read-json.ts';
import type { Truth, TruthLine } from './truth.ts';

const point = z.tuple([z.number(), z.number()]);
const segment = z.tuple([point, point]);
const size = z.number().int().positive();

const laneSchema = z.strictObject({
  /** Which of the truth's crossings this lane's counts are judged by; without it, the lane is for incidents only. */
  counts: z
    .strictObject({
      /** Id of the truth's line. */
      line: z.string(),
      /** What the truth calls the lane's direction … */
      forward: z.string(),
      /** … and the one against it, where the truth has both on one line. */
      reverse: z.string().exactOptional(),
    })
    .exactOptional(),
  /** As in a site file. */
  kind: z.enum(['through', 'stop-line', 'turn', 'ramp', 'bus', 'non-motor']).default('through'),
  /** As in a camera of a site file: polygon, countLine and direction of travel. */
  polygon: z.array(point).min(3),
  countLine: segment,
  direction: segment,
  stopLine: segment.exactOptional(),
});

const zoneSchema = z.strictObject({
  zone: z.string(),
  /** As in a camera of a site file. */
  kind: z.enum(['shoulder', 'crossing', 'bay', 'bus-stop', 'ignore', 'entry', 'exit']),
  polygon: z.array(point).min(3),
});

export const sceneSchema = z.strictObject({
  picture: z.strictObject({ widthPx: size, heightPx: size }),
  /** As in a site file: the part of the picture that shows the road. */
  crop: z.strictObject({ x: z.number(), y: z.number(), widthPx: size, heightPx: size }).exactOptional(),
  /** As in a site file: `high` for small things far away. */
  detail: z.enum(['normal', 'high']).exactOptional(),
  /** As in a site file: marks on the road, measured. */
  groundPlane: z
    .array(z.strictObject({ px: point, m: point }))
    .min(4)
    .exactOptional(),
  lanes: z.array(laneSchema).min(1).max(24),
  zones: z.array(zoneSchema).exactOptional(),
  /** For people: where the geometry comes from. */
  note: z.string().exactOptional(),
});

/** What a technician would draw on a clip's picture, and which truth each lane is judged by. */
export type Scene = z.infer<typeof sceneSchema>;
export type SceneLane = Scene['lanes'][number];

/** Reads NAME.scene.json from the first folder that has it; null when none has. */
export async function readScene(files: readonly string[]): Promise<Scene | null> {
  const file = files.find((each) => existsSync(each));
  return file === undefined ? null : await readJson(file, sceneSchema);
}

/** Directions by the names that truths use, as steps in the picture. */
const WAYS: Readonly<Record<string, readonly [number, number]>> = {
  toward: [0, 1],
  away: [0, -1],
  left: [-1, 0],
  right: [1, 0],
};
/** How far before and behind its line a lane without a drawing reaches, as a share of the picture's height. */
const REACH_SHARE = 0.1;

/** The truth's own lines as lanes: enough to count by, not to judge incidents by. Null when it has no line. */
export function sceneOfTruth(truth: Truth): Scene | null {
  if (truth.lines.length === 0) return null;
  return {
    picture: { widthPx: truth.width, heightPx: truth.height },
    lanes: truth.lines.map((line) => laneOfLine(line, truth)),
  };
}

function laneOfLine({ id, p1, p2, crossings }: TruthLine, truth: Truth): SceneLane {
  const [forward = 'toward', reverse] = [...new Set(crossings.map(({ direction }) => direction))];
  const [dx, dy] = WAYS[forward] ?? [0, 1];
  const reach = REACH_SHARE * truth.height;
  const within = (x: number, y: number): [number, number] => [
    Math.min(Math.max(x, 0), truth.width),
    Math.min(Math.max(y, 0), truth.height),
  ];
  const moved = ([x, y]: readonly [number, number], by: number): [number, number] =>
    within(x + by * reach * dx, y + by * reach * dy);
  const middle: [number, number] = [(p1[0] + p2[0]) / 2, (p1[1] + p2[1]) / 2];
  return {
    counts: { line: id, forward, ...(reverse === undefined ? {} : { reverse }) },
    kind: 'through',
    polygon: [moved(p1, -1), moved(p2, -1), moved(p2, 1), moved(p1, 1)],
    countLine: [within(...p1), within(...p2)],
    direction: [moved(middle, -1), moved(middle, 1)],
  };
}
