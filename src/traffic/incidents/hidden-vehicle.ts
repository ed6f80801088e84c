import type { ViewState } from '../passages/camera-view.ts';
import { isStanding, lastSeen } from '../passages/track-motion.ts';
import { afterPause, type Conducts, type TrackConduct } from './track-conduct.ts';

/**
 * Vehicles that are an incident and that this picture does not show, because another one that stands nearer to the
 * camera is in front of them: a bus at a red. As if no picture had been taken since; when the other one has left, the road
 * at their place is seen free, or they are.
 */
export function hiddenVehicles(
  conducts: Conducts,
  view: ViewState,
  { atMs, belowKmh }: { readonly atMs: number; readonly belowKmh: number },
): Conducts {
  const missed = [...conducts].filter(([, conduct]) => conduct.standing?.overdue && conduct.lastMs < atMs);
  if (missed.length === 0) return new Map();
  const standing = [...view.tracks.values()].flatMap(({ motion }) => {
    const { movement } = motion;
    const seen = lastSeen(motion);
    const stands = movement !== null && isStanding(motion, movement, belowKmh);
    return stands && seen?.atMs === atMs ? [seen.box] : [];
  });
  const hidden = missed.filter(([, conduct]) => standing.some((box) => isBehind(conduct, box)));
  return new Map(
    hidden.flatMap(([track, conduct]) => {
      const held = afterPause(conduct, atMs - conduct.lastMs - 1);
      return held === null ? [] : [[track, held] as const];
    }),
  );
}

function isBehind(
  { foot: [x, y], heightPx }: TrackConduct,
  [left, top, right, bottom]: readonly [number, number, number, number],
): boolean {
  const middle = y - heightPx / 2;
  return bottom > y && x >= left && x <= right && middle >= top && middle <= bottom;
}
