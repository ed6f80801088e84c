import { pollMsOf } from '../derive/evidence.ts';
import type { LoadedSite } from '../load/load-site.ts';
import type { Doubt } from '../load/problem.ts';
import type { LoopDriver } from '../schema/driver.ts';
import type { Path } from '../schema/json-schema.ts';
import type { Bus, Device, Site } from '../schema/site.ts';
import { cameraDoubts } from './camera-doubts.ts';
import { BUS_UTILISATION_MAX_PCT, pollBudget } from './poll-budget.ts';
import { resolutionDoubts } from './poll-resolution.ts';

/** What works and will disappoint: reads too far apart, lines that can hardly carry them, halves of drawings. */
export function doubtsAbout(
  site: Site,
  { drivers, models }: Pick<LoadedSite, 'drivers' | 'models'>,
): readonly Doubt[] {
  const ofBuses = site.buses.flatMap((bus, b) => {
    const path = ['buses', b];
    return [
      ...gatewayDoubts(bus, { path, drivers }),
      ...bus.devices.flatMap((device, d) => {
        const driver = drivers.get(device.driver);
        if (driver === undefined) return [];
        const placed = { site, device, driver, path: [...path, 'devices', d] };
        return [...resolutionDoubts(placed), ...intervalDoubts(placed)];
      }),
    ];
  });
  return [...ofBuses, ...cameraDoubts(site.cameras, models)];
}

interface Placed {
  readonly site: Site;
  readonly device: Device;
  readonly driver: LoopDriver;
  readonly path: Path;
}

/** Device-made intervals add up to flow intervals only where none is missed and a whole number of them fills one. */
function intervalDoubts({ site, device, driver, path }: Placed): readonly Doubt[] {
  if (driver.protocol !== 'frames' || driver.tells.kind !== 'intervals') return [];
  const { periodS } = driver.tells;
  const pollS = pollMsOf(device, driver) / 1000;
  const doubts: Doubt[] = [];
  if (pollS > periodS) {
    doubts.push({
      path: [...path, 'pollMs'],
      message: `${device.id} makes intervals of ${periodS} s and is asked each ${pollS} s: those in between are lost`,
      hint: `Set pollMs to ${periodS * 1000} or less.`,
      chinese: `${device.id} 每 ${periodS} 秒生成一次统计，而每 ${pollS} 秒才查询一次，中间的统计会丢失。`,
    });
  }
  const unfilled = site.flow.intervalsS.filter((intervalS) => intervalS % periodS !== 0);
  if (unfilled.length === 0) return doubts;
  const widths = unfilled.map((intervalS) => `${intervalS} s`).join(', ');
  doubts.push({
    path,
    message:
      `${device.id} makes intervals of ${periodS} s itself, which do not fill flow intervals of ${widths}: ` +
      'those will be partly or wholly without its figures',
    hint: `Use flow.intervalsS in multiples of ${periodS}.`,
    chinese: `${device.id} 自身的统计周期为 ${periodS} 秒，无法整除 ${widths} 的统计间隔，相应数据会缺失。`,
  });
  return doubts;
}

/** Several cards behind one Modbus TCP address are mostly a serial line behind a gateway: could it carry them? */
function gatewayDoubts(
  bus: Bus,
  { path, drivers }: { readonly path: Path; readonly drivers: ReadonlyMap<string, LoopDriver> },
): readonly Doubt[] {
  if (bus.protocol !== 'modbus-tcp' || bus.devices.length < 2) return [];
  const rates = bus.devices.map((device) => drivers.get(device.driver)?.bus.serial?.baud ?? []);
  const common = (rates[0] ?? []).filter((baud) => rates.every((others) => others.includes(baud)));
  if (common.length === 0) return [];
  const line = { baud: Math.max(...common) as (typeof common)[number], parity: 'none', stopBits: 1 } as const;
  const { utilisationPct } = pollBudget({ ...line, devices: bus.devices }, drivers);
  if (utilisationPct <= BUS_UTILISATION_MAX_PCT) return [];
  const busy = utilisationPct.toFixed(0);
  return [
    {
      path: [...path, 'devices'],
      message:
        `if ${bus.host} is a gateway to a serial line, the reads of its ${bus.devices.length} cards take ${busy} % ` +
        `of that line at ${line.baud} baud: poll periods will not be kept`,
      hint: 'Raise pollMs, or spread the cards over several lines; nothing is to do if each card has its own.',
      chinese: `若 ${bus.host} 后面是一条串行线，则 ${line.baud} 波特下占用率达 ${busy} %，轮询周期无法保证。`,
    },
  ];
}
