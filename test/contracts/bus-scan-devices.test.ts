import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { beforeAll, describe, expect, it, type TestContext } from 'vitest';
import { parse, stringify } from 'yaml';
import {
  type BusScanRequest,
  openBusScan,
  planBusScan,
  type ScanFinding,
  scannable,
} from '../../src/app/bus-scan.ts';
import { inspectSite } from '../../src/catalog/load/load-site.ts';
import type { LoopDriver } from '../../src/catalog/schema/driver.ts';
import { shippedDriversDir, shippedFolders } from '../../src/catalog/shipped.ts';
import { readDriverFolders } from '../../src/cli/drivers/driver-folder.ts';
import { createScanReport } from '../../src/cli/scan/scan-report.ts';
import { createLogger } from '../../src/runtime/logger.ts';
import { openPtyPair } from '../../src/simulator/cards/pty-pair.ts';
import { createAsciiModule } from '../../src/simulator/devices/ascii-module.ts';
import { createCanogaDevice } from '../../src/simulator/devices/canoga-device.ts';
import { createGbt43229Detector } from '../../src/simulator/devices/gbt43229-detector.ts';
import { createRtmsG4Device } from '../../src/simulator/devices/rtms-g4-device.ts';
import { type DevicePlace, serveDevice } from '../../src/simulator/devices/serve-device.ts';
import type { SimulatedDevice } from '../../src/simulator/devices/simulated-device.ts';
import { createSs105Device } from '../../src/simulator/devices/ss105-device.ts';
import { createSs125Device } from '../../src/simulator/devices/ss125-device.ts';
import { freeTcpPort } from '../../src/simulator/free-tcp-port.ts';
import { CONTROLLER, DETECTOR } from '../fakes/gbt43229-frames.ts';
import { answers, openUnitsBehindServer, openUnitsOnTcp } from '../fakes/modbus-units.ts';
import { seededRandom } from '../fakes/seeded-random.ts';

const UNIT = 7;
const REQUEST: BusScanRequest = {
  paths: [],
  peers: [],
  callers: [],
  units: [3, UNIT],
  // A pseudo-terminal has no rate: what is said at one is heard at all of them.
  bauds: [9600],
  listenMs: 200,
  responseTimeoutMs: 100,
  thorough: false,
};

type Device = Extract<ScanFinding, { finding: 'device' }>;
type Place = Partial<BusScanRequest>;

let drivers: readonly LoopDriver[] = [];
beforeAll(async () => {
  ({ drivers } = await readDriverFolders([shippedDriversDir]));
});

async function scan(place: Place, test: TestContext) {
  const report = createScanReport(new Map(drivers.map((driver) => [driver.driver, driver])));
  const findings: ScanFinding[] = [];
  const running = openBusScan({
    configuration: planBusScan({ ...REQUEST, ...place }, drivers.map(scannable)),
    logger: createLogger({ level: 'warn' }),
    onFinding(finding) {
      findings.push(finding);
      report.take(finding);
    },
  });
  test.onTestFinished(() => running.stop());
  await running.finished;
  const devices = findings.filter((one): one is Device => one.finding === 'device');
  const { fragment } = report.json(true) as { readonly fragment: string | null };
  return { devices, findings, fragment };
}

/** What `roadside check` has against the fragment in a site whose lanes name its loops. */
async function problemsOf(fragment: string | null, test: TestContext) {
  const { buses } = parse(fragment ?? '') as { buses: { devices: { loops: string[] }[] }[] };
  const loops = buses.flatMap(({ devices }) => devices.flatMap((device) => device.loops));
  // An approach has twelve lanes at most.
  const approaches = [loops.slice(0, 8), loops.slice(8)]
    .filter((some) => some.length > 0)
    .map((some, arm) => ({
      ...{ id: `arm-${arm}`, name: `Arm ${arm}` },
      lanes: some.map((loop, index) => ({ number: index + 1, station: { loops: [loop] } })),
    }));
  const folder = await mkdtemp(join(tmpdir(), 'scan-devices-'));
  test.onTestFinished(() => rm(folder, { recursive: true }));
  const file = join(folder, 'site.yaml');
  const rest = {
    version: 1,
    site: { id: 'scanned', name: 'Scanned' },
    approaches,
    uplink: { url: 'mqtts://platform.example:8883' },
  };
  await writeFile(file, `${stringify(rest)}${fragment ?? ''}`);
  const inspected = await inspectSite(file, shippedFolders);
  return inspected.kind === 'refused' ? inspected.problems : [];
}

async function serve(device: SimulatedDevice, place: DevicePlace, test: TestContext) {
  const served = await serveDevice(device, place, Date.now);
  test.onTestFinished(() => served.close());
  return served;
}

/** On a serial line; where the scan looks for it. */
async function onLine(device: SimulatedDevice, test: TestContext) {
  const cable = await openPtyPair();
  test.onTestFinished(() => cable.close());
  const served = await serve(device, { kind: 'pty', path: cable.cardsPath }, test);
  return { served, place: { paths: [cable.gatewayPath] } satisfies Place };
}

async function behindTcp(device: SimulatedDevice, test: TestContext) {
  const served = await serve(device, { kind: 'tcp', port: 0 }, test);
  return { peers: [{ host: '127.0.0.1', port: served.port ?? 0 }] } satisfies Place;
}

/** Says something each `everyMs` until the test is over. */
function keepSaying(say: () => void, everyMs: number, test: TestContext): void {
  const saying = setInterval(say, everyMs);
  test.onTestFinished(() => clearInterval(saying));
}

const radar = { sensor: UNIT, lanes: 2, zones: 2, periodS: 5, metric: true, unit: 'km/h' } as const;
const sincePowerUp = () => ({ ...radar, poweredUpAtMs: Date.now() - 60_000 });
const ASKED: readonly (readonly [driver: string, create: () => SimulatedDevice, isCalled: boolean])[] = [
  [
    'advantech-adam-4053',
    () => createAsciiModule({ model: 'adam-4053', address: UNIT, checksum: true }),
    false,
  ],
  [
    'advantech-adam-4080',
    () => createAsciiModule({ model: 'adam-4080', address: UNIT, checksum: true }),
    false,
  ],
  ['gtt-canoga', () => createCanogaDevice({ address: UNIT, poweredUpAtMs: Date.now() - 60_000 }), true],
  ['iss-rtms-g4', () => createRtmsG4Device(sincePowerUp()), true],
  ['iss-rtms-g4-vehicles', () => createRtmsG4Device({ ...sincePowerUp(), perVehicle: true }), true],
  ['wavetronix-ss105', () => createSs105Device(sincePowerUp()), true],
  ['wavetronix-ss125', () => createSs125Device(sincePowerUp()), true],
  ['wavetronix-ss125-vehicles', () => createSs125Device(sincePowerUp()), true],
];

describe.concurrent('a device with frames of its own that is asked', () => {
  it.for(ASKED)(
    '%s is found on a serial line, and its fragment is checked',
    async ([driver, create], test) => {
      const { place } = await onLine(create(), test);
      const { devices, fragment } = await scan(place, test);
      expect(devices).toMatchObject([{ protocol: 'serial-frames', unit: UNIT, identity: null }]);
      expect(devices[0]?.drivers).toContain(driver);
      expect(devices[0]?.detail).toContain('twice, whole and undamaged');
      expect(await problemsOf(fragment, test)).toEqual([]);
    },
  );

  it.for(ASKED.filter(([, , isCalled]) => isCalled))(
    '%s is found over TCP',
    async ([driver, create], test) => {
      const { devices, fragment } = await scan(await behindTcp(create(), test), test);
      expect(devices).toMatchObject([{ protocol: 'tcp-frames', unit: UNIT, identity: null }]);
      expect(devices[0]?.drivers).toContain(driver);
      expect(await problemsOf(fragment, test)).toEqual([]);
    },
  );

  it('lists every driver that fits, and none that does not', async (test) => {
    const radars = await scan(await behindTcp(createRtmsG4Device(sincePowerUp()), test), test);
    expect(radars.devices[0]?.drivers).toEqual(['iss-rtms-g4', 'iss-rtms-g4-vehicles']);
    // 3 is asked first: what Modbus has left in the module's buffer ends with that question.
    const { place } = await onLine(
      createAsciiModule({ model: 'adam-4053', address: 3, checksum: true }),
      test,
    );
    const modules = await scan(place, test);
    expect(modules.devices[0]?.drivers).toEqual(['advantech-adam-4053']);
  });
});

const crc = { polynomial: 0x8005, initial: 0xffff, reflected: true } as const;
function createDetector() {
  const plan = { identity: DETECTOR, controller: CONTROLLER, channels: 2, statisticsMs: 60_000, crc };
  return createGbt43229Detector({ ...plan, clockAtZeroMs: 0 });
}

describe.concurrent('a device that speaks unasked', () => {
  it('is known by its frames on a serial line, and nothing is asked there', async (test) => {
    const detector = createDetector();
    const { served, place } = await onLine(detector, test);
    // A clock that runs ten times as fast: the link is asked for each 0.5 s.
    keepSaying(() => served.push(detector.advance(performance.now() * 10)), 50, test);
    const { devices, findings, fragment } = await scan({ ...place, listenMs: 2000 }, test);
    expect(devices).toMatchObject([
      { protocol: 'serial-frames', identity: DETECTOR, drivers: ['generic-gbt43229'] },
    ]);
    expect(findings.filter((one) => one.finding === 'progress' && one.of > 0)).toEqual([]);
    expect(await problemsOf(fragment, test)).toEqual([]);
  });

  it('is known by the vehicles that it tells', async (test) => {
    const device = createRtmsG4Device({ ...sincePowerUp(), perVehicle: true });
    const { served, place } = await onLine(device, test);
    const vehicle = { lane: 1, durationMs: 300, speedKmh: 50, lengthM: 4.5 };
    keepSaying(() => served.push(device.vehiclePasses({ ...vehicle, atMs: Date.now() - 400 })), 100, test);
    const { devices } = await scan({ ...place, listenMs: 2000 }, test);
    expect(devices).toMatchObject([{ unit: UNIT, drivers: ['iss-rtms-g4-vehicles'] }]);
    expect(devices[0]?.detail).toMatch(/^speaks unasked: heard \d+ whole frames/);
  });

  it('is known when it calls', async (test) => {
    const port = await freeTcpPort();
    const detector = createDetector();
    const served = await serve(detector, { kind: 'calling', port }, test);
    keepSaying(() => served.push(detector.advance(performance.now() * 10)), 50, test);
    const place: Place = { callers: [{ bind: '127.0.0.1', port }] };
    await serve({ receive: () => [] }, { kind: 'calling', port }, test).then((stranger) =>
      keepSaying(() => stranger.push([new Uint8Array(40).fill(0x41)]), 500, test),
    );
    const { devices, findings, fragment } = await scan(place, test);
    expect(findings.filter(({ finding }) => finding === 'stranger').length).toBe(1);
    expect(devices).toMatchObject([
      { protocol: 'tcp-frames-server', path: `127.0.0.1:${port}`, identity: DETECTOR },
    ]);
    expect(await problemsOf(fragment, test)).toEqual([]);
  }, 40_000);
});

describe.concurrent('Modbus behind a TCP address', () => {
  it.for([
    ['modbus-tcp', () => openUnitsOnTcp(new Map([[UNIT, answers]]))],
    ['modbus-rtu-over-tcp', () => openUnitsBehindServer(new Map([[UNIT, answers]]), 9600)],
  ] as const)('is told to be %s', async ([protocol, open], test) => {
    const units = await open();
    test.onTestFinished(() => units.close());
    const { devices, fragment } = await scan({ peers: [{ host: '127.0.0.1', port: units.port }] }, test);
    const fitting = ['generic-di16', 'generic-pc8', 'generic-di8'];
    expect(devices).toMatchObject([{ protocol, unit: UNIT, drivers: expect.arrayContaining(fitting) }]);
    expect(await problemsOf(fragment, test)).toEqual([]);
  });
});

describe.concurrent('noise', () => {
  function createNoise() {
    const random = seededRandom(11);
    const below = (limit: number) => Math.floor(random.share() * limit);
    return { below, bytes: (length: number) => Uint8Array.from({ length }, () => below(256)) };
  }

  it('is no device where it answers every question', async (test) => {
    const { below, bytes } = createNoise();
    const noise: SimulatedDevice = { receive: () => [bytes(20 + below(80))] };
    const { place } = await onLine(noise, test);
    expect((await scan(place, test)).devices).toEqual([]);
    expect((await scan(await behindTcp(noise, test), test)).devices).toEqual([]);
  });

  it('is a busy line where it never ends, at whatever setting', async (test) => {
    const { served, place } = await onLine({ receive: () => [] }, test);
    const { bytes } = createNoise();
    keepSaying(() => served.push([bytes(200)]), 10, test);
    const { devices, findings } = await scan({ ...place, bauds: null }, test);
    expect(devices).toEqual([]);
    expect(findings.map(({ finding }) => finding)).toContain('line-busy');
  });

  it('is a peer that hangs up on everything', async (test) => {
    const server = createServer((socket) => {
      socket.on('error', () => undefined);
      socket.on('data', () => socket.destroy());
    });
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    test.onTestFinished(() => new Promise<void>((resolve) => void server.close(() => resolve())));
    const address = server.address();
    const port = typeof address === 'object' && address !== null ? address.port : 0;
    const { devices, findings } = await scan(
      { peers: [{ host: '127.0.0.1', port }], units: [1, 2, 3, 4] },
      test,
    );
    expect(devices).toEqual([]);
    expect(findings.map(({ finding }) => finding)).toContain('port-unusable');
  });
});
