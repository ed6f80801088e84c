import type { SensorFault } from '../traffic/observations/observation.ts';
import type { UplinkOverview } from './uplinks.ts';

/** Tells, once each, when another client begins to take over a receiver's session and when that is over. */
export interface TakeoverFaults {
  look(
    uplinks: readonly Pick<UplinkOverview, 'upstream' | 'takenOver' | 'error'>[],
    atMs: number,
  ): readonly SensorFault[];
}

export function createTakeoverFaults(): TakeoverFaults {
  const open = new Set<string>();
  return {
    look: (uplinks, atMs) =>
      uplinks
        .filter(({ upstream, takenOver }) => takenOver !== open.has(upstream))
        .map(({ upstream, takenOver: active, error }): SensorFault => {
          if (active) open.add(upstream);
          else open.delete(upstream);
          const detail = active ? (error?.text ?? '') : 'undisturbed for ten minutes';
          return {
            ...{ kind: 'sensor-fault', layer: 'process', sensor: upstream, code: 'taken-over' },
            ...{ active, atMs, detail: detail.slice(0, 500) },
          };
        }),
  };
}
