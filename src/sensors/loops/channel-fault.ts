import type { SensorFault } from '../../traffic/observations/observation.ts';

export interface ChannelFault {
  /**
   * What the card says now; null when that is known already. What it says first is told, good or bad: a fault
   * from before a restart may have ended meanwhile.
   */
  see(active: boolean, atMs: number): SensorFault | null;
}

/** Follows one fault of one loop as its card reports it. */
export function createChannelFault({
  loop,
  code,
}: {
  readonly loop: string;
  readonly code: string;
}): ChannelFault {
  let known: boolean | null = null;
  return {
    see(active, atMs) {
      if (active === known) return null;
      known = active;
      const detail = active ? 'reported by the detector card' : 'cleared by the detector card';
      return { kind: 'sensor-fault', sensor: loop, layer: 'channel', code, active, atMs, detail };
    },
  };
}
