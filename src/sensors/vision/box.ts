/** x1, y1, x2, y2; right and below are greater. In pixels of the net's input unless said otherwise. */
export type Box = readonly [number, number, number, number];

export function areaOf(box: Box): number {
  return Math.max(0, box[2] - box[0]) * Math.max(0, box[3] - box[1]);
}

export function intersectionOf(a: Box, b: Box): number {
  return areaOf([Math.max(a[0], b[0]), Math.max(a[1], b[1]), Math.min(a[2], b[2]), Math.min(a[3], b[3])]);
}

/** Intersection over union, 0 to 1. */
export function iouOf(a: Box, b: Box): number {
  const common = intersectionOf(a, b);
  const union = areaOf(a) + areaOf(b) - common;
  return union > 0 ? common / union : 0;
}

/** Share of the smaller box that lies inside the other, 0 to 1. */
export function containmentOf(a: Box, b: Box): number {
  const smaller = Math.min(areaOf(a), areaOf(b));
  return smaller > 0 ? intersectionOf(a, b) / smaller : 0;
}

/** The smallest box around both. */
export function unionOf(a: Box, b: Box): Box {
  return [Math.min(a[0], b[0]), Math.min(a[1], b[1]), Math.max(a[2], b[2]), Math.max(a[3], b[3])];
}
