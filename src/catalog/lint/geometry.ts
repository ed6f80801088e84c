/** Plane geometry for the drawing checks; points are [x, y] in pixels. */
export type Point = readonly [number, number];
export type Segment = readonly [Point, Point];

/** Twice the signed area of the triangle: its sign says on which side of a→b the point c lies. */
function cross(a: Point, b: Point, c: Point): number {
  return (b[0] - a[0]) * (c[1] - a[1]) - (b[1] - a[1]) * (c[0] - a[0]);
}

function isBetween(a: Point, b: Point, c: Point): boolean {
  return (
    Math.min(a[0], b[0]) <= c[0] &&
    c[0] <= Math.max(a[0], b[0]) &&
    Math.min(a[1], b[1]) <= c[1] &&
    c[1] <= Math.max(a[1], b[1])
  );
}

/** Whether two segments share a point, touching included. */
export function segmentsMeet([a, b]: Segment, [c, d]: Segment): boolean {
  const c1 = Math.sign(cross(a, b, c));
  const d1 = Math.sign(cross(a, b, d));
  const a1 = Math.sign(cross(c, d, a));
  const b1 = Math.sign(cross(c, d, b));
  if (c1 !== d1 && a1 !== b1) return true;
  return (
    (c1 === 0 && isBetween(a, b, c)) ||
    (d1 === 0 && isBetween(a, b, d)) ||
    (a1 === 0 && isBetween(c, d, a)) ||
    (b1 === 0 && isBetween(c, d, b))
  );
}

export function edgesOf(polygon: readonly Point[]): readonly Segment[] {
  return polygon.map((from, index): Segment => [from, polygon[(index + 1) % polygon.length] ?? from]);
}

/** The first two sides, as 0-based indexes, that meet although they are not neighbours; null when none do. */
export function selfCrossing(polygon: readonly Point[]): readonly [number, number] | null {
  const edges = edgesOf(polygon);
  for (const [i, first] of edges.entries()) {
    for (const [j, second] of edges.entries()) {
      const neighbours = j - i <= 1 || (i === 0 && j === edges.length - 1);
      if (!neighbours && segmentsMeet(first, second)) return [i, j];
    }
  }
  return null;
}

/** Area in square pixels (shoelace formula). */
export function areaOf(polygon: readonly Point[]): number {
  const twice = edgesOf(polygon).reduce((sum, [a, b]) => sum + a[0] * b[1] - b[0] * a[1], 0);
  return Math.abs(twice) / 2;
}

/** Even-odd rule; a point on the outline counts as inside when `segmentTouches` is asked instead. */
export function isInside(polygon: readonly Point[], [x, y]: Point): boolean {
  return edgesOf(polygon).reduce((inside, [a, b]) => {
    const spans = a[1] > y !== b[1] > y;
    return spans && x < ((b[0] - a[0]) * (y - a[1])) / (b[1] - a[1]) + a[0] ? !inside : inside;
  }, false);
}

/** Whether any part of the segment lies in the polygon or on its outline. */
export function segmentTouches(polygon: readonly Point[], segment: Segment): boolean {
  return isInside(polygon, segment[0]) || edgesOf(polygon).some((edge) => segmentsMeet(edge, segment));
}

/** The acute angle between two segments in degrees, 0 to 90; null when one has no length. */
export function angleBetweenDeg([a, b]: Segment, [c, d]: Segment): number | null {
  const first = [b[0] - a[0], b[1] - a[1]] as const;
  const second = [d[0] - c[0], d[1] - c[1]] as const;
  const lengths = Math.hypot(...first) * Math.hypot(...second);
  if (lengths === 0) return null;
  const cosine = Math.abs(first[0] * second[0] + first[1] * second[1]) / lengths;
  return (Math.acos(Math.min(1, cosine)) * 180) / Math.PI;
}
