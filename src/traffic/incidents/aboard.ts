import type { TrackPoint } from '../observations/observation.ts';

type Box = TrackPoint['box'];

/** A person whose box lies in a motorcycle's or bicycle's by this share rides it … */
const RIDES_SHARE = 0.3;
/** … and in a car's by this, with the feet no lower than its wheels, sits in it or stands behind it. */
const INSIDE_SHARE = 0.7;

/** Whether somebody rides, drives, or is hidden so far by a vehicle that the feet cannot be seen. */
export function isAboard(person: TrackPoint, others: readonly TrackPoint[]): boolean {
  return others.some((other) => {
    if (other.track === person.track || other.class === 'person') return false;
    const share = sharedArea(person.box, other.box) / Math.max(1, areaOf(person.box));
    if (other.class === 'motorcycle' || other.class === 'bicycle') return share >= RIDES_SHARE;
    return share >= INSIDE_SHARE && person.box[3] <= other.box[3];
  });
}

function areaOf([left, top, right, bottom]: Box): number {
  return Math.max(0, right - left) * Math.max(0, bottom - top);
}

function sharedArea(a: Box, b: Box): number {
  return areaOf([Math.max(a[0], b[0]), Math.max(a[1], b[1]), Math.min(a[2], b[2]), Math.min(a[3], b[3])]);
}
