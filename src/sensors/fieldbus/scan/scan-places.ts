/** How one serial port and one Modbus TCP peer are scanned. */
import { setTimeout as delay } from 'node:timers/promises';
import { monotonicMs } from '../../../base/clock.ts';
import type { BusScanConfiguration, ScanFinding } from '../../contract.ts';
import { RTU_SHORTEST_REPLY_BYTES } from '../modbus-frames.ts';
import { createRtuMaster } from '../rtu-master.ts';
import { rtuTiming } from '../rtu-timing.ts';
import { createSerialOpener } from '../serial-line.ts';
import { createTcpOpener } from '../tcp-line.ts';
import { createTcpMaster } from '../tcp-master.ts';
import { createScanLine, type ScanLine } from './scan-line.ts';
import type { LineProgress, ScanProgress } from './scan-progress.ts';
import { probeUnit, type UnitProbe } from './unit-probe.ts';

/** One late reply is a slow device; bursts behind so many different questions are another master. */
const STRAY_BURSTS_OF_A_MASTER = 3;
/** A reserved number (Modbus over Serial Line V1.02, 2.2): who answers to it answers to any. */
const NOBODYS_UNIT = 250;
const HEAR_EVERY_MS = 20;

/** What every part of a scan shares. */
export interface ScanTools {
  readonly plan: BusScanConfiguration;
  readonly progress: ScanProgress;
  readonly isStopped: () => boolean;
  readonly say: (finding: ScanFinding) => void;
  /** Works on a line that is closed afterwards, at the latest when the scan is stopped. */
  readonly onLine: <T>(line: ScanLine, work: () => Promise<T>) => Promise<T>;
}

type LineSettings = BusScanConfiguration['settings'][number];
type Place = LineSettings & { readonly path: string };
/** How the questions of one line ended; `over`: there is nothing more to learn on it. */
type Course = 'nobody' | 'found' | 'over';

/** Tries one setting of the port after the other, until something answers. */
export async function scanSerialPort(path: string, tools: ScanTools): Promise<void> {
  const { plan } = tools;
  const progress = tools.progress.line(plan.settings.length * plan.units.length);
  let mustListen = true;
  for (const settings of plan.settings) {
    if (tools.isStopped()) break;
    const place = { path, ...settings };
    const line = createScanLine({
      open: createSerialOpener(place),
      openMaster: (open, listener) => createRtuMaster(open, rtuTiming(place), listener),
      mayHangUp: false,
    });
    const course = await tools.onLine(line, () => scanSettings(line, { place, mustListen, progress }, tools));
    mustListen = false;
    if (course === 'over' || (course === 'found' && !plan.thorough)) break;
  }
  progress.end();
}

async function scanSettings(
  line: ScanLine,
  on: { readonly place: Place; readonly mustListen: boolean; readonly progress: LineProgress },
  tools: ScanTools,
): Promise<Course> {
  const { plan, say } = tools;
  const { place, progress } = on;
  const { path } = place;
  const isBusy = (): Course => {
    say({ finding: 'line-busy', path, bytes: line.heardBytes });
    return 'over';
  };
  const why = await line.opened();
  if (why !== null) return giveUp(path, why, tools);
  if (on.mustListen && (await hearsTraffic(line, tools))) return isBusy();
  let course: Course = 'nobody';
  for (const unit of plan.units) {
    if (tools.isStopped()) return 'over';
    tellProgress(progress, `${path} ${textOf(place)} unit ${unit}`, say);
    const probe = await probeUnit(unit, plan.identify, (request) =>
      line.read(request, plan.responseTimeoutMs),
    );
    if (probe.kind === 'closed') return giveUp(path, probe.why, tools);
    if (line.strayBursts >= STRAY_BURSTS_OF_A_MASTER) return isBusy();
    tell(place, unit, probe, say);
    if (probe.kind === 'found') course = 'found';
  }
  return course;
}

/** Asks the units behind one TCP peer. */
export async function scanPeer(peer: BusScanConfiguration['peers'][number], tools: ScanTools): Promise<void> {
  if (tools.isStopped()) return;
  const progress = tools.progress.line(tools.plan.units.length);
  const line = createScanLine({
    open: createTcpOpener(peer),
    openMaster: createTcpMaster,
    mayHangUp: true,
  });
  await tools.onLine(line, () => scanUnits(line, { peer, progress }, tools));
  progress.end();
}

async function scanUnits(
  line: ScanLine,
  on: { readonly peer: BusScanConfiguration['peers'][number]; readonly progress: LineProgress },
  tools: ScanTools,
): Promise<void> {
  const { plan, say } = tools;
  const path = `${on.peer.host}:${on.peer.port}`;
  const place: Place = { path, baud: 0, parity: 'none', stopBits: 1 };
  const ask = (unit: number): Promise<UnitProbe> =>
    probeUnit(unit, plan.identify, (request) => line.read(request, plan.responseTimeoutMs));
  let isFirst = true;
  for (const unit of plan.units) {
    if (tools.isStopped()) return;
    tellProgress(on.progress, `${path} unit ${unit}`, say);
    const probe = await ask(unit);
    if (probe.kind === 'closed') {
      giveUp(path, probe.why, tools);
      return;
    }
    const answersToAny = probe.kind === 'found' && isFirst && (await ask(NOBODYS_UNIT)).kind === 'found';
    if (answersToAny) {
      tell(place, unit, { ...probe, detail: `${probe.detail}; answers to every unit number` }, say);
      return;
    }
    if (probe.kind === 'found') isFirst = false;
    tell(place, unit, probe, say);
  }
}

async function hearsTraffic(line: ScanLine, { plan, isStopped }: ScanTools): Promise<boolean> {
  const untilMs = monotonicMs() + plan.listenMs;
  // Fewer bytes than any frame has are what a port says when it is switched on.
  while (!isStopped() && monotonicMs() < untilMs && line.heardBytes < RTU_SHORTEST_REPLY_BYTES) {
    await delay(HEAR_EVERY_MS);
  }
  return line.heardBytes >= RTU_SHORTEST_REPLY_BYTES;
}

function giveUp(path: string, why: string, { isStopped, say }: ScanTools): Course {
  if (!isStopped()) say({ finding: 'port-unusable', path, why: why.slice(0, 300) });
  return 'over';
}

function tell(place: Place, unit: number, probe: UnitProbe, say: ScanTools['say']): void {
  const { path, baud, parity, stopBits } = place;
  const at = { path, baud, parity, stopBits, unit };
  if (probe.kind === 'garbled') say({ finding: 'garbled', ...at, why: probe.why.slice(0, 300) });
  if (probe.kind !== 'found') return;
  const detail = probe.detail.slice(0, 300);
  say({ finding: 'device', ...at, drivers: probe.drivers.slice(0, 32), detail });
}

function tellProgress(progress: LineProgress, now: string, say: ScanTools['say']): void {
  const told = progress.next(monotonicMs());
  if (told !== null) say({ finding: 'progress', ...told, now: now.slice(0, 200) });
}

function textOf({ baud, parity, stopBits }: LineSettings): string {
  return `${baud} 8${parity === 'none' ? 'N' : parity === 'even' ? 'E' : 'O'}${stopBits}`;
}
