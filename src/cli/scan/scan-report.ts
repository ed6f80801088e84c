import type { ScanFinding } from '../../app/bus-scan.ts';
import type { LoopDriver } from '../../catalog/schema/driver.ts';
import { SCREEN_COLUMNS, wrapText } from '../text-table.ts';
import { busFragment, type FoundDevice } from './bus-fragment.ts';

/** What has been found so far, and how it reads. */
export interface ScanReport {
  take(finding: ScanFinding): void;
  readonly devices: readonly FoundDevice[];
  /** The whole result, for other programs. */
  json(isComplete: boolean): object;
  /** What remains to be said at the end: silent ports, and the fragment to paste. */
  closing(isComplete: boolean): readonly string[];
}

type Of<K extends ScanFinding['finding']> = Extract<ScanFinding, { finding: K }>;

export function createScanReport(drivers: ReadonlyMap<string, LoopDriver>): ScanReport {
  const findings: ScanFinding[] = [];
  const of = <K extends ScanFinding['finding']>(kind: K): readonly Of<K>[] =>
    findings.filter((one): one is Of<K> => one.finding === kind);
  const stablePathOf = (path: string): string =>
    of('port').find((port) => port.path === path)?.stablePath ?? path;
  const heard = (path: string): boolean =>
    findings.some((one) => one.finding !== 'port' && 'path' in one && one.path === path);
  const fragment = (): readonly string[] => busFragment({ devices: of('device'), stablePathOf, drivers });
  return {
    take: (finding) => void findings.push(finding),
    get devices() {
      return of('device');
    },
    json: (isComplete) => ({
      complete: isComplete,
      ports: of('port').map(({ finding: _, ...port }) => port),
      devices: of('device').map(({ finding: _, ...device }) => device),
      garbled: of('garbled').map(({ finding: _, ...garbled }) => garbled),
      busy: of('line-busy').map(({ finding: _, ...busy }) => busy),
      strangers: of('stranger').map(({ finding: _, ...stranger }) => stranger),
      unusable: of('port-unusable').map(({ finding: _, ...unusable }) => unusable),
      fragment: of('device').length === 0 ? null : `${fragment().join('\n')}\n`,
    }),
    closing(isComplete) {
      const silent = isComplete ? of('port').filter(({ path }) => !heard(path)) : [];
      const isNowhere = isComplete && findings.every(({ finding }) => QUIET.has(finding));
      const hasLooked = findings.some(({ finding }) => finding === 'progress');
      return [
        ...(isComplete ? [] : ['Stopped before the end. 扫描已中止。']),
        ...(isNowhere ? [hasLooked ? 'Nobody answered. 无应答。' : NO_PORT] : []),
        ...silent.map(({ path }) => `${path}: nobody answered 无应答`),
        ...(silent.length === 0 ? [] : SILENCE_ADVICE),
        ...(isNowhere || silent.length > 0 ? CALLERS_ADVICE : []),
        ...(of('device').length === 0 ? [] : ['', ...FRAGMENT_HEAD, ...fragment()]),
      ];
    },
  };
}

const QUIET: ReadonlySet<ScanFinding['finding']> = new Set(['started', 'progress', 'finished']);
const NO_PORT = 'No answer, and no serial port on this machine. 无应答，本机没有串口。';
const SILENCE_ADVICE = [
  '  → Check power, A/B wires (swap them once), and the unit number: --units 1-247',
  '  → 请检查电源、A/B 接线（可对调一次）和站号。',
];
const CALLERS_ADVICE = [
  'Devices that call by themselves (GB/T 43229 over TCP): roadside scan --callers 40000',
  '主动连接的设备（GB/T 43229，TCP）：roadside scan --callers 40000',
];
const FRAGMENT_HEAD = ['# Paste this into your site file 粘贴到配置文件:'];

/** One finding as lines of at most 80 columns (paths stay whole); progress is shown otherwise. */
export function findingLines(finding: ScanFinding): readonly string[] {
  switch (finding.finding) {
    case 'started':
      return [`Where nobody answers, this takes about ${restText(finding.aboutS)}. 无应答时最长约需此时间。`];
    case 'port': {
      const { path, label, stablePath } = finding;
      const stable = stablePath === null || stablePath === path ? [] : [`  = ${stablePath}`];
      return [`Port 串口 ${path}  ${label}`.trimEnd(), ...stable];
    }
    case 'port-unusable':
      return wrapped([`${finding.path}: cannot be used 无法使用: ${finding.why}`, ...adviceFor(finding.why)]);
    case 'line-busy':
      return wrapped([
        `${finding.path}: somebody talks on this line 线路上已有通信 (${finding.bytes} bytes)`,
        '  → Nothing was asked. Another master or a running agent owns the bus: stop it first (systemctl stop roadside).',
        '  → 未发送任何请求。总线正被其他主站或网关使用：请先停止它。',
      ]);
    case 'stranger':
      return wrapped([
        `${finding.path}: somebody called, and no driver understands it 有设备连接，但无匹配驱动 (${finding.bytes} bytes)`,
      ]);
    case 'device': {
      const { path, unit, identity, drivers, detail } = finding;
      const who = drivers.length === 0 ? 'no driver knows it 无匹配驱动' : drivers.join(' or 或 ');
      const name = identity === null ? `unit 站号 ${unit}` : `identity 标识 ${identity}`;
      const how = `${settingsText(finding)}${finding.protocol}`;
      return wrapped([`${path}: ${name}  ${how}  ${who}`, `  ${detail}`]);
    }
    case 'garbled':
      return wrapped([
        `${finding.path}: unit 站号 ${finding.unit}  ${settingsText(finding)}damaged answers 应答有误码: ${finding.why}`,
        '  → Two cards with one number, or a bad line: connect them one at a time; check termination.',
        '  → 可能两块卡站号相同，或线路不良：请逐块连接，检查终端电阻。',
      ]);
    case 'progress':
    case 'finished':
      return [];
  }
}

function settingsText({ baud, parity, stopBits }: Of<'device'> | Of<'garbled'>): string {
  return baud === 0 ? '' : `${baud} 8${parity.slice(0, 1).toUpperCase()}${stopBits}  `;
}

function adviceFor(why: string): readonly string[] {
  if (/lock|busy|temporarily/i.test(why)) {
    return [
      '  → In use by another program. Is the agent running? systemctl stop roadside',
      '  → 串口被其他程序占用：请先停止网关。',
    ];
  }
  if (/permission|EACCES/i.test(why)) {
    return ['  → Run this as root or as a member of the group dialout. 需要 dialout 组权限。'];
  }
  return ['  → Check the cable, the address and the power. 请检查线缆、地址和电源。'];
}

function wrapped(lines: readonly string[]): readonly string[] {
  return lines.filter((line) => line.trim() !== '').flatMap((line) => wrapText(line, SCREEN_COLUMNS, '    '));
}

/** `elapsedMs` since the scan began. */
export function progressLine(progress: Of<'progress'>, elapsedMs: number): string {
  const { done, of, now } = progress;
  if (of === 0) return `  ${now}`;
  const pct = Math.floor((done * 100) / of);
  const restS = done === 0 ? null : ((elapsedMs / done) * (of - done)) / 1000;
  return `  ${pct} %  ${now}  ${restS === null ? '' : `about ${restText(restS)} left 约剩`}`.trimEnd();
}

function restText(s: number): string {
  return s < 100 ? `${Math.ceil(s)} s` : `${Math.ceil(s / 60)} min`;
}
