import type { LoopDriver } from '../../catalog/schema/driver.ts';
import { alignColumns, fitWidth, SCREEN_COLUMNS } from '../text-table.ts';

/** Two lines a driver, of at most 80 columns: the name to write into a site file comes first. */
export function driverList(drivers: readonly LoopDriver[]): readonly string[] {
  const [heading = '', chinese = '', ...rows] = alignColumns([
    ['driver', 'speaks', 'channels', 'tells'],
    ['驱动', '协议', '通道', '提供'],
    ...drivers.map((driver) => [
      driver.driver,
      driver.protocol === 'frames' ? driver.codec.name : 'modbus',
      String(driver.channels),
      tellsText(driver),
    ]),
  ]);
  const described = rows.flatMap((row, index) => [row, `    ${drivers[index]?.label ?? ''}`]);
  return [heading, chinese, ...described].map((line) => fitWidth(line, SCREEN_COLUMNS));
}

/** What can be made of it, in a few words. */
export function tellsText(driver: LoopDriver): string {
  if (driver.protocol === 'frames') {
    const { tells } = driver;
    switch (tells.kind) {
      case 'intervals':
        return `intervals of ${tells.periodS} s`;
      case 'polled-edges':
        return tells.accumulatesOccupancy ? 'presence+occupancy' : 'presence';
      case 'stamped-edges':
        return `edges stamped to ${tells.resolutionMs} ms`;
      case 'vehicles':
      case 'counts':
        return tells.kind;
    }
  }
  const means = new Set(driver.signals.map((signal) => signal.means));
  const parts = [
    ...(means.has('loop-occupied') ? ['presence'] : []),
    ...(means.has('vehicle-count') ? ['counts'] : []),
    ...(means.has('occupied-time') ? ['occupancy'] : []),
    ...([...means].some((one) => /^loop-(fault|open|short|excess)/.test(one)) ? ['faults'] : []),
  ];
  return parts.join('+');
}
