import { stringify } from 'yaml';
import type { NorthTruth } from '../clip/north-truth.ts';
import { LOOP_LENGTH_M, LOOP_SPACING_M } from '../traffic/lane-plan.ts';
import { DEMO_INTERVAL_S, EAST_LOCKED_ON_S, NORTH_LOCKED_ON_S } from './demo-script.table.ts';

export const DEMO_SITE_ID = 'virtual-intersection';

export interface DemoPorts {
  readonly brokerUrl: string;
  readonly cameraUrl: string;
  readonly digitalInputPort: number;
  readonly serialPath: string;
  readonly folder: string;
}

/** The site file of the virtual intersection: what a technician would write for it. */
export function demoSiteFile(ports: DemoPorts, north: NorthTruth): string {
  const station = (loops: readonly string[]): object => ({
    loops,
    spacingM: LOOP_SPACING_M,
    loopLengthM: LOOP_LENGTH_M,
  });
  return stringify({
    version: 1,
    site: { id: DEMO_SITE_ID, name: 'Virtual intersection 虚拟路口' },
    flow: { intervalsS: [DEMO_INTERVAL_S] },
    approaches: [
      {
        id: 'north',
        name: 'North arm 北进口',
        lanes: [1, 2, 3].map((number) => ({
          number,
          speedLimitKmh: 50,
          station: station([`n${number}a`, `n${number}b`]),
          faultLimits: { lockedOnS: NORTH_LOCKED_ON_S },
        })),
      },
      {
        id: 'east',
        name: 'East arm 东进口',
        lanes: [1, 2].map((number) => ({
          number,
          kind: 'stop-line',
          speedLimitKmh: 50,
          station: station([`e${number}a`, `e${number}b`]),
          faultLimits: { lockedOnS: EAST_LOCKED_ON_S },
        })),
      },
    ],
    buses: [
      {
        id: 'cabinet-lan',
        protocol: 'modbus-tcp',
        host: '127.0.0.1',
        port: ports.digitalInputPort,
        devices: [
          {
            id: 'inputs-1',
            driver: 'generic-di16',
            unit: 1,
            pollMs: 10,
            loops: ['n1a', 'n1b', 'n2a', 'n2b', 'n3a', 'n3b'],
          },
        ],
      },
      {
        id: 'rs485-1',
        protocol: 'modbus-rtu',
        path: ports.serialPath,
        baud: 9600,
        parity: 'none',
        stopBits: 1,
        devices: [
          { id: 'card-1', driver: 'procon-ld220', unit: 11, pollMs: 80, loops: ['e1a', 'e1b'] },
          { id: 'card-2', driver: 'procon-ld220', unit: 12, pollMs: 80, loops: ['e2a', 'e2b'] },
        ],
      },
    ],
    cameras: [
      {
        id: 'cam-north',
        source: { kind: 'rtsp', url: ports.cameraUrl },
        picture: north.camera.picture,
        crop: north.camera.crop,
        framesPerSecond: north.camera.framesPerSecond,
        groundPlane: north.groundPlane,
        lanes: north.lanes.map(({ lane, polygon, countLine, direction }) => ({
          lane,
          polygon,
          countLine,
          direction,
        })),
      },
    ],
    incidents: { stoppedVehicle: { dwellS: 5, clearS: 3 }, wrongWay: { dwellS: 1, distanceM: 6, clearS: 3 } },
    uplink: { url: ports.brokerUrl, publishPassages: true, publishHiRes: true, reconnectMaxS: 2 },
    store: { file: `${ports.folder}/roadside.db`, maxMegabytes: 64, passagesWaitS: 0 },
    control: { socket: `${ports.folder}/control.sock` },
  });
}
