import { createInterface } from 'node:readline/promises';
import { parseArgs } from 'node:util';
import {
  type BusScanRequest,
  openBusScan,
  planBusScan,
  type ScanFinding,
  scannable,
} from '../../app/bus-scan.ts';
import { monotonicMs } from '../../base/clock.ts';
import { RoadsideError } from '../../base/errors.ts';
import { driversDirsWith } from '../../catalog/shipped.ts';
import { createLogger } from '../../runtime/logger.ts';
import type { CommandIo } from '../command-io.ts';
import { parseRanges, parseUsage, parseWhole } from '../command-options.ts';
import { readDriverFolders } from '../drivers/driver-folder.ts';
import { createScanReport, findingLines, progressLine } from '../scan/scan-report.ts';
import { fitWidth, SCREEN_COLUMNS } from '../text-table.ts';

export const SCAN_USAGE = `roadside scan [--port PATH…] [--tcp HOST:PORT…] [--units 1-32] [--baud 9600,…]
    [--callers 40000] [--listen-s 6] [--timeout-ms 200] [--thorough] [--yes]
    [--drivers DIR] [--json]`;
/**
 * 254: the number that Procon cards leave the factory with (LD120 user manual V3.0, page 10, 40014). 0: the first
 * of a Canoga rack and of ADAM modules; Modbus cards are not asked by it, because there it means everybody.
 */
const DEFAULT_UNITS = '0-32,254';
/** Where the line of progress cannot be written over. */
const PROGRESS_EVERY_MS = 10_000;
const DEFAULT_MODBUS_PORT = 502;
/** Exit codes: something was found, nothing was, stopped by Ctrl-C. */
const FOUND = 0;
const NOBODY = 2;
const STOPPED = 130;

/** Looks for devices on serial ports, behind TCP addresses, and among those who call us. */
export async function runScan(args: readonly string[], io: CommandIo): Promise<number> {
  const options = parseScanArgs(args);
  const { drivers, problems } = await readDriverFolders(options.driversDirs);
  if (problems.length > 0) io.error(`${problems.length} problems in the drivers: roadside drivers lint`);
  if (!options.yes && !(await isConfirmed(options.request, io))) return NOBODY;

  const report = createScanReport(new Map(drivers.map((driver) => [driver.driver, driver])));
  const printer = createPrinter(io, options.json);
  const scan = openBusScan({
    configuration: planBusScan(options.request, drivers.map(scannable)),
    logger: createLogger({ level: 'error', write: (line) => io.error(line.trimEnd()) }),
    onFinding(finding) {
      report.take(finding);
      printer.print(finding);
    },
  });
  let isComplete = true;
  const interrupt = (): void => {
    isComplete = false;
    void scan.stop();
  };
  process.once('SIGINT', interrupt);
  process.once('SIGTERM', interrupt);
  try {
    await scan.finished;
  } finally {
    process.off('SIGINT', interrupt);
    process.off('SIGTERM', interrupt);
  }
  if (options.json) io.out(JSON.stringify(report.json(isComplete), null, 2));
  else printer.close(report.closing(isComplete));
  if (!isComplete) return STOPPED;
  return report.devices.length > 0 ? FOUND : NOBODY;
}

/** Lines of at most 80 columns. */
export const SCAN_WARNING = [
  'A scan takes the line over: it asks every unit number, one after the other.',
  'It only reads. Whoever else is at work on the line then gets wrong answers:',
  'stop the agent (systemctl stop roadside) and other masters first. It listens',
  'before it asks, and asks nothing where it hears traffic.',
  '扫描会占用总线：依次询问每个站号（只读）。请先停止网关和其他主站，',
  '否则双方都会收到错误应答。扫描前先监听；听到通信则不发送任何请求。',
];

async function isConfirmed({ paths, peers, callers }: BusScanRequest, io: CommandIo): Promise<boolean> {
  if (!process.stdin.isTTY) {
    throw new RoadsideError(
      'usage-invalid',
      'a scan takes the line over, and nobody is here to agree to that',
      {
        hint: 'Stop the agent and other masters on the line, then add --yes.',
      },
    );
  }
  const places = [
    ...paths,
    ...peers.map(({ host, port }) => `${host}:${port}`),
    ...callers.map(({ port }) => `callers on port ${port} 主动连接设备`),
  ];
  const where = places.length === 0 ? 'every serial port of this machine 本机所有串口' : places.join(', ');
  io.out([...SCAN_WARNING, `Where 范围: ${where}`].join('\n'));
  const terminal = createInterface({ input: process.stdin, output: process.stdout });
  const answer = await terminal.question('Go on? 是否继续? [y/N] ');
  terminal.close();
  return /^\s*y(es)?\s*$/i.test(answer);
}

/** Findings as they come, with one line of progress that is written over on a terminal. */
function createPrinter(io: CommandIo, isJson: boolean) {
  const beganAtMs = monotonicMs();
  const isTerminal = process.stdout.isTTY === true;
  let isProgressShown = false;
  let nextLineAtMs = beganAtMs + PROGRESS_EVERY_MS;
  const print = (text: string): void => {
    io.out(`${isProgressShown ? '\u001b[1A\u001b[2K' : ''}${text}`);
    isProgressShown = false;
  };
  return {
    print(finding: ScanFinding): void {
      if (isJson) return;
      const lines = findingLines(finding);
      if (lines.length > 0) print(lines.join('\n'));
      const nowMs = monotonicMs();
      if (finding.finding !== 'progress' || (!isTerminal && nowMs < nextLineAtMs)) return;
      nextLineAtMs = nowMs + PROGRESS_EVERY_MS;
      print(fitWidth(progressLine(finding, nowMs - beganAtMs), SCREEN_COLUMNS - 1));
      isProgressShown = isTerminal;
    },
    close(lines: readonly string[]): void {
      if (lines.length > 0 || isProgressShown) print(lines.join('\n'));
    },
  };
}

interface ScanOptions {
  readonly request: BusScanRequest;
  readonly driversDirs: readonly string[];
  readonly yes: boolean;
  readonly json: boolean;
}

function parseScanArgs(args: readonly string[]): ScanOptions {
  return parseUsage(SCAN_USAGE, () => {
    const { values } = parseArgs({
      args: [...args],
      options: {
        port: { type: 'string', multiple: true, default: [] },
        tcp: { type: 'string', multiple: true, default: [] },
        units: { type: 'string', default: DEFAULT_UNITS },
        baud: { type: 'string' },
        callers: { type: 'string', multiple: true, default: [] },
        'listen-s': { type: 'string', default: '6' },
        'timeout-ms': { type: 'string', default: '200' },
        thorough: { type: 'boolean', default: false },
        drivers: { type: 'string', multiple: true, default: [] },
        yes: { type: 'boolean', default: false },
        json: { type: 'boolean', default: false },
      },
    });
    const bauds = values.baud?.split(',');
    const request: BusScanRequest = {
      paths: values.port,
      peers: values.tcp.map(parsePeer),
      callers: values.callers.map((port) => ({
        bind: '0.0.0.0',
        port: parseWhole('--callers', port, { from: 1, to: 65_535 }),
      })),
      units: [...parseRanges('--units', values.units, { from: 0, to: 65_535 })],
      bauds: bauds?.map((baud) => parseWhole('--baud', baud, { from: 1200, to: 115_200 })) ?? null,
      listenMs: 1000 * parseWhole('--listen-s', values['listen-s'], { from: 0, to: 60 }),
      responseTimeoutMs: parseWhole('--timeout-ms', values['timeout-ms'], { from: 10, to: 5000 }),
      thorough: values.thorough,
    };
    return { request, driversDirs: driversDirsWith(values.drivers), yes: values.yes, json: values.json };
  });
}

function parsePeer(text: string): { readonly host: string; readonly port: number } {
  const [, host, port] = /^(.+?)(?::(\d+))?$/.exec(text) ?? [];
  if (host === undefined) throw new RangeError('--tcp is HOST or HOST:PORT');
  const limits = { from: 1, to: 65_535 };
  return { host, port: port === undefined ? DEFAULT_MODBUS_PORT : parseWhole('--tcp', port, limits) };
}
