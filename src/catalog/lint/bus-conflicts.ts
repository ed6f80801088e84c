import type { Finding } from '../load/problem.ts';
import type { LoopDriver } from '../schema/driver.ts';
import type { Path } from '../schema/json-schema.ts';
import { type Bus, isSerialBus, type SerialBus, type Site } from '../schema/site.ts';
import { lintDevice } from './device-conflicts.ts';
import { BUS_UTILISATION_MAX_PCT, isWithinBudget, pollBudget } from './poll-budget.ts';

const code = 'config-conflict';

/** Whether buses and devices fit together, each device its driver, and all reads the line. */
export function lintBuses(site: Site, drivers: ReadonlyMap<string, LoopDriver>): readonly Finding[] {
  return [
    ...sensorIdFindings(site),
    ...lineFindings(site),
    ...site.buses.flatMap((bus, b) => {
      const path = ['buses', b];
      return [
        ...nameFindings(bus, { path, drivers }),
        ...bus.devices.flatMap((device, d) => {
          const driver = drivers.get(device.driver);
          if (driver === undefined) return [];
          return lintDevice({ bus, device, driver, path: [...path, 'devices', d] });
        }),
        ...(isSerialBus(bus) ? budgetFindings(bus, { path, drivers }) : []),
      ];
    }),
  ];
}

/** Buses, devices and cameras are the `sensor` of faults and samplings, so they share one set of names. */
function sensorIdFindings(site: Site): readonly Finding[] {
  const named = [
    ...site.buses.flatMap((bus, b) => [
      { id: bus.id, path: ['buses', b, 'id'] },
      ...bus.devices.map((device, d) => ({ id: device.id, path: ['buses', b, 'devices', d, 'id'] })),
    ]),
    ...site.cameras.map((camera, c) => ({ id: camera.id, path: ['cameras', c, 'id'] })),
  ];
  return named.flatMap(({ id, path }, index) => {
    if (named.findIndex((other) => other.id === id) === index) return [];
    const hint = 'Every bus, device and camera of a site has its own id.';
    return [{ code, path, message: `expected an id of its own, found "${id}" again`, hint }];
  });
}

function lineFindings(site: Site): readonly Finding[] {
  const lines = site.buses.map(lineOf);
  return site.buses.flatMap((_bus, b) => {
    const line = lines[b];
    if (line === undefined || lines.findIndex(({ name }) => name === line.name) === b) return [];
    const message = `expected a line of its own, found ${line.name}, which another bus uses`;
    const hint = 'Put all devices of one line under one bus.';
    return [{ code, path: ['buses', b, line.key], message, hint }];
  });
}

function lineOf(bus: Bus): { readonly key: 'path' | 'host' | 'port'; readonly name: string } {
  if ('path' in bus) return { key: 'path', name: bus.path };
  return 'host' in bus
    ? { key: 'host', name: `${bus.host}:${bus.port}` }
    : { key: 'port', name: `the port ${bus.port}` };
}

/** On one bus a device is known by its number, or by its identity where its driver wants one. */
function nameFindings(
  bus: Bus,
  { path, drivers }: { readonly path: Path; readonly drivers: ReadonlyMap<string, LoopDriver> },
): readonly Finding[] {
  const names = bus.devices.map((device) => {
    const driver = drivers.get(device.driver);
    const identified = driver?.protocol === 'frames' && driver.identity !== undefined;
    return identified ? (device.identity ?? null) : device.unit;
  });
  return names.flatMap((name, d): Finding[] => {
    if (name === null || names.indexOf(name) === d) return [];
    const [what, key] = typeof name === 'number' ? ['address', 'unit'] : ['identity', 'identity'];
    const message = `expected an ${what} of its own on this bus, found ${name} again`;
    const hint = `Set another ${what} on the card and name it here; two cards with one ${what} answer at once.`;
    return [{ code, path: [...path, 'devices', d, key], message, hint }];
  });
}

function budgetFindings(
  bus: SerialBus,
  options: { readonly path: Path; readonly drivers: ReadonlyMap<string, LoopDriver> },
): readonly Finding[] {
  const budget = pollBudget(bus, options.drivers);
  if (isWithinBudget(budget)) return [];
  const { reads, worstCycleMs, utilisationPct, longestMs, quickestMs, proposedPollMs } = budget;
  const message =
    utilisationPct > BUS_UTILISATION_MAX_PCT
      ? `expected reads that take at most ${BUS_UTILISATION_MAX_PCT} % of the line, found ` +
        `${utilisationPct.toFixed(0)} %: ${reads} reads take ${worstCycleMs.toFixed(0)} ms at ${bus.baud} baud`
      : `expected reads shorter than the shortest poll period of ${quickestMs} ms, found one that takes ` +
        `${longestMs.toFixed(0)} ms at ${bus.baud} baud`;
  const remedies = [
    ...(proposedPollMs === null
      ? []
      : [`set pollMs to ${proposedPollMs} or more on every device of ${bus.id}`]),
    ...(canGoFaster(bus, options.drivers) ? ['set a higher baud on all its cards and here'] : []),
    'spread the cards over two lines',
  ];
  const hint = `To make it fit, ${remedies.join(', or ')}.`;
  return [{ code, path: [...options.path, 'devices'], message, hint }];
}

function canGoFaster(bus: SerialBus, drivers: ReadonlyMap<string, LoopDriver>): boolean {
  return bus.devices.every((device) =>
    drivers.get(device.driver)?.bus.serial?.baud.some((baud) => baud > bus.baud),
  );
}
