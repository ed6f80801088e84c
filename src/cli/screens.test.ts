import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { beforeAll, describe, expect, it } from 'vitest';
import {
  adviceOn,
  type FaultOverview,
  type IncidentOverview,
  type LoopOverview,
  type Overview,
  type WatchView,
} from '../app/overview.ts';
import { FAULT_ADVICE } from '../traffic/quality/fault-codes.table.ts';
import { parseMoment, parseRanges, parseWhole } from './command-options.ts';
import { evidenceLines } from './commands/evidence.ts';
import { hiResLines } from './commands/export.ts';
import { durationText, journalOf } from './commands/faults.ts';
import { SCAN_WARNING } from './commands/scan.ts';
import { formatOverview } from './commands/status.ts';
import { type DriverFolder, readDriverFolders } from './drivers/driver-folder.ts';
import { driverList } from './drivers/driver-list.ts';
import { usageText } from './main.ts';
import { createScanReport, findingLines, progressLine } from './scan/scan-report.ts';
import { displayWidth } from './text-table.ts';
import { ageText, lampBoard, lampLine } from './watch/lamp-board.ts';

const LONG_ID = 'a-name-of-forty-characters-in-the-cabinet';
const NOW_MS = 1_800_000_000_000;

type Finding = Parameters<typeof findingLines>[0];

let shipped: DriverFolder;
beforeAll(async () => {
  shipped = await readDriverFolders([join(import.meta.dirname, '..', '..', 'drivers')]);
});

function widest(lines: readonly string[]): number {
  return Math.max(...lines.flatMap((line) => line.split('\n')).map(displayWidth));
}

function loop(more: Partial<LoopOverview> = {}): LoopOverview {
  return {
    loop: 'n1-entry',
    detector: 1,
    lane: 'north-1',
    role: 'entry',
    device: 'card-1',
    occupied: false,
    sinceMs: NOW_MS - 2300,
    lastHitMs: NOW_MS - 2300,
    lastOnTimeMs: 240,
    count: 12,
    lastSpeedKmh: 47.6,
    faults: [],
    ...more,
  };
}

const FAULT: FaultOverview = {
  advice: adviceOn({ layer: 'channel', code: 'locked-on' }),
  layer: 'channel',
  sensor: LONG_ID,
  code: 'locked-on',
  detail: 'occupied for more than 120 s without a break, which no traffic explains; the wire or the card',
  lanes: ['north-1', 'north-2', 'south-1', 'south-2'],
  sinceMs: NOW_MS - 5000,
};

const INCIDENT: IncidentOverview = {
  incident: `${LONG_ID}/aabbccddeeff/1234567`,
  ...{ kind: 'stopped-vehicle', lane: `${LONG_ID}-12`, zone: LONG_ID, severity: 'warning' },
  ...{ certainty: 'suspected', sinceMs: NOW_MS - 86_400_000 },
  files: [
    { kind: 'picture', name: 'a.jpg' },
    { kind: 'clip', name: 'a.mp4' },
  ],
};

const LINK: Overview['uplink'] = {
  ...{ upstream: 'platform', url: 'mqtts://platform.example', state: 'offline', protocol: null },
  ...{ error: null, takenOver: false, published: 9, acknowledged: 7, inFlight: 1, connects: 3, pending: 2 },
};

describe('screens of 80 columns', () => {
  const worst = loop({
    loop: LONG_ID,
    lane: LONG_ID,
    occupied: true,
    count: 1_234_567,
    lastOnTimeMs: 123_456,
    lastHitMs: NOW_MS - 500 * 3_600_000,
    faults: ['locked-on', 'timeout'],
  });

  it('the lamp board, with the longest names and every fault', () => {
    const view: WatchView = {
      site: LONG_ID,
      nowMs: NOW_MS,
      loops: [loop(), worst],
      incidents: [INCIDENT],
      faults: [FAULT],
    };
    const board = lampBoard(view, { rows: 24 });
    expect(widest(board)).toBeLessThanOrEqual(80);
    expect(board.join('\n')).toContain('○ off');
    expect(board.join('\n')).toContain('● on');
    expect(board.join('\n')).toContain('2.3 s');
    expect(widest([lampLine(worst, NOW_MS)])).toBeLessThanOrEqual(80);
  });

  it('the lamp board is never longer than the terminal, and says what it hides', () => {
    const loops = Array.from({ length: 60 }, (_, index) => loop({ loop: `l${index}` }));
    const board = lampBoard(
      { site: 's', nowMs: NOW_MS, loops, incidents: Array(5).fill(INCIDENT), faults: [FAULT, FAULT] },
      { rows: 24 },
    );
    expect(board.length).toBeLessThanOrEqual(24);
    expect(board.join('\n')).toContain('--lane');
    expect(board).toContain('Incidents 事件: 5');
  });

  it('a lamp that cannot be read is neither on nor off', () => {
    const view: WatchView = {
      site: 's',
      nowMs: NOW_MS,
      loops: [loop({ occupied: null })],
      incidents: [],
      faults: [],
    };
    expect(lampBoard(view, { rows: 24 }).join('\n')).toMatch(/\? -/);
  });

  it('the status of a running gateway, with faults, warnings and a dead uplink', () => {
    const overview: Overview = {
      site: LONG_ID,
      version: '0.1.0',
      boot: 'aabbccddeeff',
      configRev: '0123456789ab',
      nowMs: NOW_MS,
      upForS: 86_400,
      clock: 'holdover',
      lanes: [
        {
          lane: LONG_ID,
          measures: [
            {
              source: 'loop',
              sensor: LONG_ID,
              countSinceStart: 7,
              lastSpeedKmh: 50,
              occupied: true,
              believed: false,
            },
          ],
        },
      ],
      loops: [],
      incidents: [INCIDENT, { ...INCIDENT, zone: null, kind: 'congestion', severity: 'notice', files: [] }],
      faults: [FAULT],
      warnings: [
        {
          path: 'buses[0].devices[0].pollMs',
          message: 'reads that are 50 ms apart can miss a motorcycle at the speed limit of this lane',
          hint: 'Read more often, or take a card that counts by itself.',
          chinese: '读取间隔太长，可能漏检摩托车：请缩短读取间隔，或使用自带计数的检测卡。',
        },
      ],
      processes: [
        {
          process: 'fieldbus',
          state: 'working',
          pid: 1,
          restarts: 0,
          sensors: [{ sensor: LONG_ID, state: 'failing', figures: {}, note: 'x'.repeat(200) }],
        },
        {
          ...{ process: 'vision', state: 'working', pid: 2, restarts: 0 },
          sensors: [
            {
              ...{ sensor: 'north', state: 'working', note: '' },
              figures: { framesPerS: 2.5, restarts: 4, refusedTracks: 0, refusedEncounters: 17 },
            },
          ],
        },
      ],
      inbox: { waiting: 0, refused: 0 },
      store: {
        ...{ stored: 1, acknowledged: 1, pending: 0, damaged: 0, evicted: 0, upstreams: [] },
        ...{ unstored: 0, lost: 0 },
      },
      uplink: {
        ...LINK,
        state: 'offline',
        error: {
          code: 'uplink-unreachable',
          text: `no connection to 127.0.0.1:1883: ${'x '.repeat(60)}`,
          hint: 'Check the mobile link and the SIM, then whether the broker runs and its port is open.',
        },
      },
      furtherUplinks: [{ ...LINK, upstream: LONG_ID, state: 'online', protocol: 4, takenOver: true }],
      commands: {
        ...{ received: 9, accepted: 4, repeated: 1, refused: 4, summedUp: 0 },
        refusals: { expired: 1, 'bad-signature': 3 },
        lastRefused: { atMs: NOW_MS - 12_000, reason: 'bad-signature', actor: null },
      },
      sparkplug: {
        ...{ state: 'offline', connects: 2 },
        error: { code: 'uplink-credentials', text: 'not authorized', hint: 'Check user and passwordFile.' },
      },
    };
    const text = formatOverview(overview);
    expect(widest([text])).toBeLessThanOrEqual(80);
    expect(text).toContain('warning 警告  stopped-vehicle 异常停车');
    expect(text.replaceAll(/\s+/g, ' ')).toContain(
      `shoulder 路肩 ${LONG_ID} suspected 疑似 86400 s picture 图片, clip 录像: roadside evidence get ${LONG_ID}/`,
    );
    expect(text.indexOf('congestion 拥堵')).toBeGreaterThan(text.indexOf('stopped-vehicle'));
    expect(text).toContain('warning 提示:');
    expect(text).toContain('locked-on');
    expect(text).toContain('→ The output stays on for longer than traffic explains.');
    expect(text).toContain('→ 输出长时间保持有车状态。');
    const words = text.replaceAll(/\s+/g, ' ');
    for (const told of [
      'Uplink 上行 platform: offline 离线 connections 连接次数 3 mqtts://platform.example',
      '→ 无法连接平台：请检查网络、防火墙和端口。',
      `Uplink 上行 ${LONG_ID}: online 在线 connections 连接次数 3 MQTT 3.1.1`,
      'another gateway uses our client id 另一台网关使用相同的客户端编号',
      'Sparkplug: offline 离线 connections 连接次数 2 uplink-credentials: not authorized',
      'received 收到 9 accepted 接受 4 repeated 重复 1 refused 拒绝 4',
      'refused 拒绝: expired 已过期 1, bad-signature 签名不符 3',
      'last refused 最近拒绝: bad-signature 签名不符 by 来自 unknown 未知 12 s',
    ]) {
      expect(words).toContain(told);
    }
    const quiet = formatOverview({ ...overview, commands: null, sparkplug: null });
    expect(quiet).toContain('Commands 平台命令: not taken here 未启用');
    expect(quiet).not.toContain('Sparkplug');
    expect(words).toContain(
      'north working 2.5 frames/s 帧/秒 stream restarts 视频流重启 4, encounters over the limit 超限交会 17 Incidents',
    );
    expect(words, 'a long note hides nothing').toContain('fieldbus working pid 1 restarts 0');
    expect(words, 'nothing was lost').not.toContain('Losses');
    const { store } = overview;
    const losing = formatOverview({
      ...overview,
      inbox: { waiting: 0, refused: 5 },
      store: { ...store, lost: 6, damaged: 7, evicted: 8, unstored: 9 },
    });
    expect(widest([losing])).toBeLessThanOrEqual(80);
    for (const loss of ['观测 5', '丢失记录 6', '损坏记录 7', '过大） 8', '待写记录 9']) {
      expect(losing.replaceAll(/\s+/g, ' ')).toContain(loss);
    }
  });

  it('the evidence of incidents, with the longest names', () => {
    const file = {
      sha256: '0'.repeat(64),
      bytes: 20 * 1024 * 1024,
      fromMs: 0,
      toMs: 0,
      name: 'a.mp4',
    } as const;
    const files = [
      { ...file, kind: 'picture', present: false },
      { ...file, kind: 'clip', present: true },
    ] as const;
    const about = { incidentKind: 'stopped-vehicle', lane: `${LONG_ID}-12`, openedAtMs: NOW_MS } as const;
    const lines = evidenceLines([{ incident: `${LONG_ID}/aabbccddeeff/1234567`, ...about, files }]);
    expect(widest(lines)).toBeLessThanOrEqual(80);
    expect(lines.join(' ').replaceAll(/\s+/g, ' ')).toContain(
      'picture 图片 removed 已删除, clip 录像 20480 kB',
    );
  });

  it('the list of the shipped drivers and the usage', () => {
    const list = driverList(shipped.drivers);
    expect(widest(list)).toBeLessThanOrEqual(80);
    expect(list.join('\n')).toMatch(/procon-ld120 +modbus +1 +presence\+counts\+faults/);
    expect(widest([usageText()])).toBeLessThanOrEqual(80);
    for (const command of ['run', 'check', 'status', 'scan', 'watch', 'faults', 'export', 'drivers']) {
      expect(usageText()).toMatch(new RegExp(`^ {2}${command} .*\\n.*[\\u4e00-\\u9fff]`, 'm'));
    }
  });

  it('what a scan says, but for paths, which stay whole', () => {
    const path = '/dev/serial/by-id/usb-FTDI_FT232R_USB_UART_A50285BI-if00-port0';
    const at = { path, baud: 9600, parity: 'even', stopBits: 1, unit: 254 } as const;
    const lines = [
      ...findingLines({ finding: 'line-busy', path, bytes: 57 }),
      ...findingLines({ finding: 'port-unusable', path, why: 'Cannot lock port' }),
      ...findingLines({ finding: 'garbled', ...at, why: 'no valid frame in what was received' }),
      ...findingLines({
        finding: 'device',
        protocol: 'modbus-rtu',
        ...at,
        identity: null,
        drivers: ['procon-ld120'],
        detail: 'input-register 1 = 0x0122',
      }),
      progressLine({ finding: 'progress', done: 10, of: 400, now: 'COM 9600 8N1 unit 10' }, 4000),
    ];
    expect(widest([...SCAN_WARNING, ...lines])).toBeLessThanOrEqual(80);
    expect(lines.join('\n')).toContain('8E1');
    expect(lines.join('\n')).toContain('systemctl stop roadside');
    expect(lines.at(-1)).toContain('2 %  COM 9600 8N1 unit 10  about 3 min left');
  });
});

describe('what a scan leaves behind', () => {
  const port = {
    finding: 'port',
    path: '/dev/ttyUSB0',
    stablePath: '/dev/serial/by-id/x',
    label: 'FTDI',
  } as const;
  const device = {
    finding: 'device',
    protocol: 'modbus-rtu',
    path: '/dev/ttyUSB0',
    baud: 9600,
    parity: 'none',
    stopBits: 1,
    unit: 3,
    identity: null,
    drivers: ['procon-ld220'],
    detail: '',
  } satisfies Finding;
  const report = (...findings: readonly Finding[]) => {
    const made = createScanReport(new Map(shipped.drivers.map((driver) => [driver.driver, driver])));
    for (const finding of findings) made.take(finding);
    return made.closing(true).join('\n');
  };

  it('says of a scan that was stopped that it was, and of no port that it is silent', () => {
    const made = createScanReport(new Map());
    made.take(port);
    expect(made.closing(false)).toEqual(['Stopped before the end. 扫描已中止。']);
  });

  it('names the port by the path that survives replugging, and a loop per channel', () => {
    const text = report(port, device);
    expect(text).toContain('path: /dev/serial/by-id/x\n');
    expect(text).toContain('loops: [card-1-loop-1, card-1-loop-2]');
  });

  it('says which port was silent, and gives no fragment where nothing was found', () => {
    expect(report(port)).toContain('/dev/ttyUSB0: nobody answered 无应答');
    expect(report(port)).not.toContain('buses:');
    expect(report(port, { finding: 'line-busy', path: '/dev/ttyUSB0', bytes: 9 })).toBe('');
  });
});

describe('stored records on paper', () => {
  it('writes an entry with its moment, and names loops only where the parameter is a detector', () => {
    const record = {
      site: 'x',
      fromMs: Date.UTC(2026, 4, 1, 8),
      entries: [
        [0, 82, 1],
        [250, 81, 1],
        [300, 181, 1],
        [5000, 82, 2],
      ],
    } as const;
    const range = { fromMs: record.fromMs, toMs: record.fromMs + 5000, names: new Map([[1, 'n1-entry']]) };
    expect(hiResLines(record, range)).toEqual([
      '2026-05-01T08:00:00.000Z,x,82,1,n1-entry',
      '2026-05-01T08:00:00.250Z,x,81,1,n1-entry',
      '2026-05-01T08:00:00.300Z,x,181,1,',
    ]);
  });

  it('pairs the opening and the end of a fault, also where a later run saw the end', () => {
    const fault = { layer: 'device', sensor: 'card', code: 'timeout', lanes: ['n-1'], openedAtMs: 1 };
    const opening = { ...fault, boot: 'old', phase: 'open', detail: 'silent', closedAtMs: null };
    const records = [
      { ...opening, fault: 'x/old/1' },
      { ...opening, fault: 'x/old/2', openedAtMs: 2 },
      {
        ...opening,
        fault: 'x/old/2',
        openedAtMs: 2,
        boot: 'new',
        phase: 'close',
        detail: 'well',
        closedAtMs: 9,
      },
    ] as unknown as Parameters<typeof journalOf>[0];
    expect(journalOf(records)).toMatchObject([
      { state: 'open', closedAtMs: null },
      { state: 'closed', closedAtMs: 9, detail: 'silent' },
    ]);
  });

  it('tells ages and durations shortly', () => {
    expect([ageText(2300), ageText(600_000), ageText(9_000_000)]).toEqual(['2.3 s', '10 min', '2 h']);
    expect([durationText(90_000), durationText(600_000), durationText(9e6)]).toEqual([
      '90 s',
      '10 min',
      '2.5 h',
    ]);
  });
});

it('the guide for technicians names every fault and every command', async () => {
  const guide = await readFile(join(import.meta.dirname, '..', '..', 'docs', 'technician.md'), 'utf8');
  const codes = Object.keys(FAULT_ADVICE).map((key) => key.split('/')[1] ?? '');
  expect(codes.filter((code) => !guide.includes(`\`${code}\``))).toEqual([]);
  for (const command of ['scan', 'check', 'run', 'watch', 'faults', 'export hires', 'drivers list']) {
    expect(guide).toContain(`roadside ${command}`);
  }
});

describe('options', () => {
  it('are numbers and ranges within limits, and nothing else', () => {
    const units = { from: 1, to: 255 };
    expect(parseRanges('--units', '1-3,7,2', units)).toEqual([1, 2, 3, 7]);
    for (const wrong of ['', '0', '3-1', '1-', '1-2-3', 'x', '256', '1.5']) {
      expect(() => parseRanges('--units', wrong, units)).toThrow('--units');
    }
    expect(() => parseWhole('--n', '1e1x', units)).toThrow('--n');
  });

  it('are moments in UTC unless they say otherwise', () => {
    expect(parseMoment('--from', '2026-05-01')).toBe(Date.UTC(2026, 4, 1));
    expect(parseMoment('--from', '2026-05-01T08:00')).toBe(Date.UTC(2026, 4, 1, 8));
    expect(parseMoment('--from', '2026-05-01T08:00:00+08:00')).toBe(Date.UTC(2026, 4, 1, 0));
    for (const wrong of ['yesterday', '5', '2026-13-01', '']) {
      expect(() => parseMoment('--from', wrong)).toThrow('--from');
    }
  });
});
