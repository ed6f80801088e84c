import { monotonicMs } from '../../base/clock.ts';
import { MS_PER_S } from '../../base/units.ts';
import { type LoopCards, openLoopCards } from '../cards/loop-cards.ts';
import { openPtyPair, type PtyPair } from '../cards/pty-pair.ts';
import { NORTH_CLIP_FILE, type NorthTruth } from '../clip/north-truth.ts';
import { freeTcpPort } from '../free-tcp-port.ts';
import { openRtspCamera, type RtspCamera, readAccessUnits } from '../rtsp-camera.ts';
import { createIntersection } from '../traffic/intersection.ts';
import { EAST_LANES, NORTH_LANES } from '../traffic/lane-plan.ts';
import { DEMO_SCRIPT } from './demo-script.table.ts';
import { createRoadTruth, type RoadTruth } from './road-truth.ts';

/** Edges reach the cards this often; a real card scans its loops every 8 ms or so. */
const ADVANCE_EVERY_MS = 4;
const DIGITAL_INPUT_CHANNELS = ['n1a', 'n1b', 'n2a', 'n2b', 'n3a', 'n3b'];

/** The virtual intersection behind real protocol ports: loop cards on TCP and a serial line, and a camera. */
export interface VirtualRoad {
  readonly cameraUrl: string;
  readonly digitalInputPort: number;
  readonly serialPath: string;
  /** Clients that read the camera now. */
  readonly viewers: number;
  readonly truth: RoadTruth;
  /** Lets the clip and the traffic begin together. Resolves with the monotonic moment of scenario time 0. */
  begin(): Promise<number>;
  /** Scenario time, s; 0 before it begins. */
  elapsedS(): number;
  /** Ends traffic and picture at this moment of scenario time; the cards keep their last state. */
  end(): void;
  close(): Promise<void>;
}

export async function openVirtualRoad(options: {
  readonly seed: number;
  readonly north: NorthTruth;
}): Promise<VirtualRoad> {
  const cable: PtyPair = await openPtyPair();
  const digitalInputPort = await freeTcpPort();
  const cards = await openLoopCards({
    tcp: [{ port: digitalInputPort, unit: 1, channels: DIGITAL_INPUT_CHANNELS }],
    rtu: [
      {
        path: cable.cardsPath,
        baud: 9600,
        cards: [
          { unit: 11, model: 'ld220', loops: ['e1a', 'e1b'] },
          { unit: 12, model: 'ld220', loops: ['e2a', 'e2b'] },
        ],
      },
    ],
  });
  const camera = await openRtspCamera({
    accessUnits: await readAccessUnits(NORTH_CLIP_FILE),
    framesPerSecond: options.north.camera.framesPerSecond,
  });
  const intersection = createIntersection({ seed: options.seed });
  const truth = createRoadTruth([...NORTH_LANES, ...EAST_LANES].map(({ lane }) => lane));
  let startedAtMs: number | null = null;
  let timer: NodeJS.Timeout | undefined;
  const elapsedMs = (): number => (startedAtMs === null ? 0 : monotonicMs() - startedAtMs);

  const advance = (): void => {
    const nowMs = elapsedMs();
    for (const change of intersection.advance(nowMs)) {
      truth.take(change);
      if (change.kind === 'loop') cards.setOccupied(change.loop, change.occupied);
    }
    playScript(cards, nowMs / MS_PER_S);
  };

  return {
    cameraUrl: camera.url,
    digitalInputPort,
    serialPath: cable.gatewayPath,
    get viewers() {
      return camera.clients;
    },
    truth,
    async begin() {
      camera.play();
      startedAtMs = await clipStart(camera);
      timer = setInterval(advance, ADVANCE_EVERY_MS);
      return startedAtMs;
    },
    elapsedS: () => elapsedMs() / MS_PER_S,
    end() {
      clearInterval(timer);
      camera.freeze();
      advance();
    },
    async close() {
      clearInterval(timer);
      await camera.close();
      await cards.close();
      await cable.close();
    },
  };
}

function playScript(cards: LoopCards, nowS: number): void {
  const { loop, fromS, toS } = DEMO_SCRIPT.stuckLoop;
  cards.stick(loop, nowS >= fromS && nowS < toS ? 'on' : null);
}

async function clipStart(camera: RtspCamera): Promise<number> {
  while (camera.clipStartedAtMs === null) await new Promise((resolve) => setTimeout(resolve, 2));
  return camera.clipStartedAtMs;
}
