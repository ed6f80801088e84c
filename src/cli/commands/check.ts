import { basename } from 'node:path';
import { parseArgs } from 'node:util';
import { type CameraGeometry, cameraGeometry } from '../../app/camera-geometry.ts';
import { laneId } from '../../base/ids.ts';
import { pollBudget } from '../../catalog/lint/poll-budget.ts';
import { inspectSite, type LoadedSite } from '../../catalog/load/load-site.ts';
import { formatProblems, type Problem, type Warning } from '../../catalog/load/problem.ts';
import { type Bus, isSerialBus, type Lane } from '../../catalog/schema/site.ts';
import { driversDirsWith, shippedFolders } from '../../catalog/shipped.ts';
import { CHINESE_HINTS } from '../chinese-hints.table.ts';
import type { CommandIo } from '../command-io.ts';
import { parseUsage } from '../command-options.ts';
import { fileWarnings } from '../file-warnings.ts';
import { geometryLines } from '../geometry-lines.ts';
import { displayWidth, SCREEN_COLUMNS, wrapText } from '../text-table.ts';
import { warningLines } from '../warning-lines.ts';

const UNENCRYPTED =
  'The uplink is not encrypted: use mqtts:// outside a closed network. 上行未加密：非封闭网络请用 mqtts://。';

export const CHECK_USAGE = 'roadside check SITE.yaml [--json] [--drivers DIR] [--models DIR]';

/** Checks a site file without touching a device; 0 when a gateway would accept it, else 1. */
export async function runCheck(args: readonly string[], io: CommandIo): Promise<number> {
  const options = parseOptions(args);
  const inspected = await inspectSite(options.file, options);
  if (inspected.kind === 'refused') {
    if (options.json) io.out(JSON.stringify({ ok: false, problems: inspected.problems }, null, 2));
    else io.error([formatProblems(inspected.problems), ...chineseHints(inspected.problems)].join('\n'));
    return 1;
  }
  const summary = await summaryOf(inspected.value);
  io.out(options.json ? JSON.stringify({ ok: true, ...summary }, null, 2) : formatSummary(summary));
  return 0;
}

/** What the kinds of problems found mean, once each, for a reader of Chinese whom the problem itself does not tell. */
function chineseHints(problems: readonly Problem[]): readonly string[] {
  const untold = problems.filter(({ chinese }) => chinese === undefined);
  return [...new Set(untold.map((problem) => problem.code))].map((code) => `${code}: ${CHINESE_HINTS[code]}`);
}

function parseOptions(args: readonly string[]) {
  return parseUsage(CHECK_USAGE, () => {
    const { values, positionals } = parseArgs({
      args: [...args],
      allowPositionals: true,
      options: {
        json: { type: 'boolean', default: false },
        drivers: { type: 'string', multiple: true, default: [] },
        models: { type: 'string', default: shippedFolders.modelsDir },
      },
    });
    const [file, ...more] = positionals;
    if (file === undefined || more.length > 0) throw new RangeError('expected one site file');
    const { json, drivers, models } = values;
    return { file, json, driversDirs: driversDirsWith(drivers), modelsDir: models };
  });
}

interface Summary {
  readonly site: string;
  readonly name: string;
  readonly configRev: string;
  readonly intervalsS: readonly number[];
  readonly lanes: readonly { readonly lane: string; readonly sensors: readonly string[] }[];
  readonly buses: readonly {
    readonly bus: string;
    readonly line: string;
    readonly utilisationPct: number | null;
  }[];
  readonly cameras: readonly {
    readonly camera: string;
    readonly source: string;
    readonly calibrated: boolean;
    readonly geometry: CameraGeometry | null;
  }[];
  readonly uplink: { readonly host: string; readonly encrypted: boolean };
  readonly warnings: readonly string[];
  /** What works and will disappoint, with its place in the file. */
  readonly doubts: readonly Warning[];
}

async function summaryOf({ site, drivers, models, configRev, warnings }: LoadedSite): Promise<Summary> {
  const uplink = new URL(site.uplink.url);
  const encrypted = uplink.protocol === 'mqtts:';
  const channels = channelsOf(site.buses);
  return {
    site: site.site.id,
    name: site.site.name,
    configRev,
    intervalsS: site.flow.intervalsS,
    lanes: site.approaches.flatMap((approach) =>
      approach.lanes.map((lane) => {
        const id = laneId(approach.id, lane.number);
        const cameras = site.cameras.filter((camera) => camera.lanes.some((seen) => seen.lane === id));
        return { lane: id, sensors: [...loopTexts(lane, channels), ...cameras.map((camera) => camera.id)] };
      }),
    ),
    buses: site.buses.map((bus) => ({
      bus: bus.id,
      line: lineOf(bus),
      utilisationPct: isSerialBus(bus) ? Math.round(pollBudget(bus, drivers).utilisationPct) : null,
    })),
    cameras: site.cameras.map((camera) => ({
      camera: camera.id,
      source: camera.source.kind === 'file' ? camera.source.path : camera.source.url,
      calibrated: camera.groundPlane !== undefined,
      geometry: cameraGeometry(camera, site),
    })),
    uplink: { host: uplink.host, encrypted },
    warnings: [
      ...(encrypted ? [] : [UNENCRYPTED]),
      ...[...models].flatMap(([id, model]) =>
        model.kind === 'available'
          ? []
          : [
              `Model ${id} cannot be used (${model.problem.code}): ${model.problem.hint} ${CHINESE_HINTS[model.problem.code]}`,
            ],
      ),
      ...(await fileWarnings(site)),
      ...lanesWithoutSensor(site),
    ],
    doubts: warnings,
  };
}

function channelsOf(buses: readonly Bus[]): ReadonlyMap<string, string> {
  return new Map(
    buses.flatMap((bus) =>
      bus.devices.flatMap((device) =>
        device.loops.flatMap((loop, index) =>
          loop === null ? [] : [[loop, `${loop} (${device.id} channel ${index + 1})`] as const],
        ),
      ),
    ),
  );
}

function loopTexts(lane: Lane, channels: ReadonlyMap<string, string>): readonly string[] {
  return (lane.station?.loops ?? []).map((loop) => channels.get(loop) ?? loop);
}

function lanesWithoutSensor(site: LoadedSite['site']): readonly string[] {
  const seen = new Set(site.cameras.flatMap((camera) => camera.lanes.map((lane) => lane.lane)));
  return site.approaches.flatMap((approach) =>
    approach.lanes
      .filter((lane) => lane.station === undefined && !seen.has(laneId(approach.id, lane.number)))
      .map(
        (lane) =>
          `Lane ${laneId(approach.id, lane.number)} has neither loops nor a camera. 该车道没有线圈也没有摄像机。`,
      ),
  );
}

function lineOf(bus: Bus): string {
  const where = placeOf(bus);
  if (!isSerialBus(bus)) return where;
  const stop = bus.stopBits === 1 ? '1 stop bit' : '2 stop bits';
  return `${where}, ${bus.baud} baud, parity ${bus.parity}, ${stop}`;
}

function placeOf(bus: Bus): string {
  if ('path' in bus) return bus.path;
  return 'host' in bus ? `${bus.host}:${bus.port}` : `listens on 监听 ${bus.bind}:${bus.port}`;
}

const TITLE_COLUMNS = 16;

function formatSummary(summary: Summary): string {
  const { host, encrypted } = summary.uplink;
  const rows: readonly (readonly [string, readonly string[]])[] = [
    ['Site 站点', [`${summary.site}  ${summary.name}  (configuration ${summary.configRev})`]],
    ['Intervals 周期', [summary.intervalsS.map((intervalS) => `${intervalS} s`).join(', ')]],
    [
      'Lanes 车道',
      summary.lanes.map(({ lane, sensors }) => `${lane}: ${sensors.join(', ') || 'no sensor 无设备'}`),
    ],
    [
      'Buses 总线',
      summary.buses.map(({ bus, line, utilisationPct }) =>
        utilisationPct === null
          ? `${bus}: ${line}`
          : `${bus}: ${line}, ${utilisationPct} % used by polling 轮询占用`,
      ),
    ],
    [
      'Cameras 摄像机',
      summary.cameras.map(
        ({ camera, source, calibrated }) =>
          `${camera}: ${source}${calibrated ? '' : ', not calibrated: no km/h 未标定，不测速'}`,
      ),
    ],
    [
      'Geometry 标定',
      summary.cameras.flatMap(({ camera, geometry }) =>
        geometry === null ? [] : geometryLines(camera, geometry),
      ),
    ],
    ['Uplink 上行', [`${host}, ${encrypted ? 'TLS' : 'not encrypted 未加密'}`]],
    ['Warnings 提示', summary.warnings],
  ];
  const lines = rows.flatMap(([title, entries]) =>
    entries.flatMap((entry, index) => {
      const wrapped = wrapText(entry, SCREEN_COLUMNS - TITLE_COLUMNS, '  ');
      return wrapped.map((line, part) => titleOf(index + part === 0 ? title : '') + line);
    }),
  );
  const doubts = summary.doubts.flatMap((doubt) => warningLines({ ...doubt, place: placeInFile(doubt) }));
  return [...lines, ...doubts, 'OK: this file can be used. 配置可用。'].join('\n');
}

function titleOf(title: string): string {
  return title + ' '.repeat(TITLE_COLUMNS - displayWidth(title));
}

function placeInFile({ file, line, path }: Warning): string {
  return `${basename(file)}:${line} ${path}`;
}
