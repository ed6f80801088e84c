import type { BusScanConfiguration } from '../../contract.ts';
import type { ProcessLink, SensorProgram } from '../../process-link.ts';
import type { ScanLine } from './scan-line.ts';
import { type ScanTools, scanPeer, scanSerialPort } from './scan-places.ts';
import { createProgress } from './scan-progress.ts';
import { describePort, listSerialPorts, type SerialPortEntry } from './serial-ports.ts';

/** Looks for devices on serial lines and behind Modbus TCP peers. Listens before it talks, and only reads. */
export function createScanProgram(): SensorProgram<BusScanConfiguration> {
  let scan: Scan | null = null;
  return {
    process: 'fieldbus',
    async configure(configuration, link) {
      scan = createScan(configuration, link, await portsOf(configuration));
    },
    start: () => scan?.start(),
    stop: async () => await scan?.stop(),
    health: () => [],
  };
}

/** Ports that are named; all of this machine when nothing is. */
function portsOf({ paths, peers }: BusScanConfiguration): Promise<readonly SerialPortEntry[]> {
  if (paths.length === 0 && peers.length === 0) return listSerialPorts();
  return Promise.all(paths.map((path) => describePort(path)));
}

interface Scan {
  start(): void;
  stop(): Promise<void>;
}

function createScan(plan: BusScanConfiguration, link: ProcessLink, ports: readonly SerialPortEntry[]): Scan {
  const questions = (ports.length * plan.settings.length + plan.peers.length) * plan.units.length;
  let current: ScanLine | null = null;
  let isStopped = false;
  let running: Promise<void> = Promise.resolve();
  const tools: ScanTools = {
    plan,
    progress: createProgress(questions),
    isStopped: () => isStopped,
    say: (finding) => link.find(finding),
    async onLine(line, work) {
      current = line;
      try {
        return await work();
      } finally {
        current = null;
        await line.close();
      }
    },
  };
  const run = async (): Promise<void> => {
    for (const port of ports) tools.say({ finding: 'port', ...port });
    for (const port of ports) await scanSerialPort(port.path, tools);
    for (const peer of plan.peers) await scanPeer(peer, tools);
    if (!isStopped) tools.say({ finding: 'finished' });
  };
  return {
    start() {
      running = run();
    },
    async stop() {
      isStopped = true;
      await current?.close();
      await running;
    },
  };
}
