import type { BusScanConfiguration } from '../../contract.ts';
import type { ProcessLink, SensorProgram } from '../../process-link.ts';
import { scanCallers } from './scan-callers.ts';
import { loadOfPeer, scanPeer } from './scan-peer.ts';
import { createProgress } from './scan-progress.ts';
import { loadOfPort, scanSerialPort } from './scan-serial.ts';
import type { Closable, ScanTools } from './scan-tools.ts';
import { describePort, listSerialPorts, type SerialPortEntry } from './serial-ports.ts';

/** Looks for devices on serial lines, behind TCP peers, and among callers. Listens before it talks; only reads. */
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
function portsOf({ paths, peers, callers }: BusScanConfiguration): Promise<readonly SerialPortEntry[]> {
  if (paths.length + peers.length + callers.length === 0) return listSerialPorts();
  return Promise.all(paths.map((path) => describePort(path)));
}

interface Scan {
  start(): void;
  stop(): Promise<void>;
}

function createScan(plan: BusScanConfiguration, link: ProcessLink, ports: readonly SerialPortEntry[]): Scan {
  const port = loadOfPort({ plan });
  const peer = loadOfPeer({ plan });
  const places = ports.length + plan.peers.length;
  const questions = ports.length * port.questions + plan.peers.length * peer.questions;
  const listeningMs = places * plan.listenMs + plan.callers.length * plan.callersMs;
  const askingMs = ports.length * port.atMostMs + plan.peers.length * peer.atMostMs;
  let current: Closable | null = null;
  let isStopped = false;
  let running: Promise<void> = Promise.resolve();
  const tools: ScanTools = {
    plan,
    progress: createProgress(questions),
    isStopped: () => isStopped,
    say: (finding) => link.find(finding),
    async using(opened, work) {
      current = opened;
      try {
        return await work(opened);
      } finally {
        current = null;
        await opened.close();
      }
    },
  };
  const run = async (): Promise<void> => {
    tools.say({ finding: 'started', aboutS: Math.ceil((listeningMs + askingMs) / 1000) });
    for (const port of ports) tools.say({ finding: 'port', ...port });
    for (const port of ports) if (!isStopped) await scanSerialPort(port.path, tools);
    for (const peer of plan.peers) if (!isStopped) await scanPeer(peer, tools);
    for (const caller of plan.callers) if (!isStopped) await scanCallers(caller, tools);
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
