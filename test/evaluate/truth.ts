import { z } from 'zod';
import { readJson } from './read-json.ts';

/** What people saw in a clip. Pixels of the decoded picture; seconds from the first picture. */
const point = z.tuple([z.number(), z.number()]);

const crossingSchema = z.object({
  /** The middle of the vehicle's box crosses the line. */
  t: z.number(),
  /** Vehicle pixels cover the line from … to. */
  t_in: z.number(),
  t_out: z.number(),
  direction: z.string(),
  class: z.string(),
  /** Cut off or hidden: neither required nor an error. */
  optional: z.boolean().default(false),
});
export type Crossing = z.infer<typeof crossingSchema>;

const eventSchema = z.object({
  type: z.string(),
  t_start: z.number(),
  t_end: z.number(),
  /** x, y, width, height. */
  bbox: z.tuple([z.number(), z.number(), z.number(), z.number()]).optional(),
  /** t, x, y. */
  path: z.array(z.tuple([z.number(), z.number(), z.number()])).optional(),
  /** Nothing that an officer wants to hear of. */
  benign: z.boolean().default(false),
});
export type TruthEvent = z.infer<typeof eventSchema>;

const truthSchema = z.object({
  file: z.string(),
  width: z.number().int().positive(),
  height: z.number().int().positive(),
  duration: z.number().positive(),
  lines: z.array(z.object({ id: z.string(), p1: point, p2: point, crossings: z.array(crossingSchema) })),
  events: z.array(eventSchema),
});
/** Content of a NAME.truth.json; keys that the judge does not need are ignored. */
export type Truth = z.infer<typeof truthSchema>;
export type TruthLine = Truth['lines'][number];

export async function readTruth(file: string): Promise<Truth> {
  return await readJson(file, truthSchema);
}

/** The same truth later by `byS`, going round at the end of the clip: a wrong truth that looks like a right one. */
export function shiftedTruth(truth: Truth, byS: number): Truth {
  const wrap = (crossing: Crossing): Crossing => {
    const start = (crossing.t_in + byS) % truth.duration;
    const by = start - crossing.t_in;
    return { ...crossing, t: crossing.t + by, t_in: start, t_out: crossing.t_out + by };
  };
  return {
    ...truth,
    lines: truth.lines.map((line) => ({ ...line, crossings: line.crossings.map(wrap) })),
  };
}
