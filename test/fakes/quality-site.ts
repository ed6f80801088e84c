import { FAULT_LIMITS_BY_KIND } from '../../src/catalog/derive/fault-limits.table.ts';
import type { FaultRecord } from '../../src/traffic/record.ts';
import type {
  CameraDefinition,
  LaneDefinition,
  LaneKind,
  LoopEvidence,
} from '../../src/traffic/site-definition.ts';
import type { Timed } from './simulated-lanes.ts';
import { dualStation, laneDefinition, loopDefinition, singleStation } from './site.ts';

export const HOUR_MS = 3_600_000;
/** Midnight on the road: the simulated sites lie 8 h east of UTC. */
export const MIDNIGHT_MS = Date.UTC(2026, 2, 3, 16);
export const POLLED: LoopEvidence = { kind: 'polled-edges', pollMs: 10, accumulatesOccupancy: false };

/** Lane `n` of the north approach with the limits of its kind, loops `an` and in a pair `bn`, on a card of its own. */
export function watchedLane(
  number: number,
  evidence: LoopEvidence,
  more: { readonly kind?: LaneKind; readonly pair?: boolean } = {},
): LaneDefinition {
  const { kind = 'through', pair = false } = more;
  const latencyMs = evidence.kind === 'intervals' ? 2000 : 200;
  const of = { device: `card-${number}`, bus: 'rs485', evidence, latencyMs };
  const loops = {
    entry: loopDefinition({ loop: `a${number}`, detector: 2 * number - 1, ...of }),
    atStopLine: kind === 'stop-line',
  };
  const exit = loopDefinition({ loop: `b${number}`, detector: 2 * number, ...of });
  return laneDefinition({
    ...{ lane: `north-${number}`, number, kind },
    station: pair ? dualStation({ ...loops, exit }) : singleStation(loops),
    faults: { ...FAULT_LIMITS_BY_KIND[kind], quietHours: { fromH: 23, toH: 5, factor: 4 } },
  });
}

/** A camera that sees these lanes side by side, each 100 px wide. */
export function cameraOver(lanes: readonly LaneDefinition[]): CameraDefinition {
  return {
    ...{ camera: 'cam', framesPerSecond: 10, plane: null, visible: [0, 0, 1000, 1000] },
    lanes: lanes.map(({ lane, number }) => {
      const [left, right] = [100 * number - 100, 100 * number];
      return {
        lane,
        polygon: [
          [left, 0],
          [right, 0],
          [right, 1000],
          [left, 1000],
        ],
        countLine: [
          [left, 500],
          [right, 500],
        ],
        direction: [
          [left + 50, 0],
          [left + 50, 1000],
        ],
        stopLine: null,
      };
    }),
    zones: [],
  };
}

/** Whether a claim is about this loop. */
export function isAbout(loop: string, { observation }: Timed): boolean {
  return 'loop' in observation && observation.loop === loop;
}

/** `code sensor` of the faults that were opened, in order. */
export function openedFaults(faults: readonly FaultRecord[]): string[] {
  return faults.filter(({ phase }) => phase === 'open').map(({ code, sensor }) => `${code} ${sensor}`);
}
