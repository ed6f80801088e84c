import type { Finding } from '../load/problem.ts';
import type { LoopDriver } from '../schema/driver.ts';
import type { Path } from '../schema/json-schema.ts';
import type { Bus, Device, RtuBus, Site } from '../schema/site.ts';
import { BUS_UTILISATION_MAX_PCT, pollBudget } from './poll-budget.ts';

const code = 'config-conflict';

/** Whether buses and devices fit together, each device its driver, and all reads the line. */
export function lintBuses(site: Site, drivers: ReadonlyMap<string, LoopDriver>): readonly Finding[] {
  return [
    ...sensorIdFindings(site),
    ...lineFindings(site),
    ...site.buses.flatMap((bus, b) => {
      const path = ['buses', b];
      return [
        ...unitFindings(bus, path),
        ...bus.devices.flatMap((device, d) => {
          const driver = drivers.get(device.driver);
          return driver === undefined ? [] : deviceFindings({ bus, device, driver }, [...path, 'devices', d]);
        }),
        ...(bus.protocol === 'modbus-rtu' ? budgetFindings(bus, { path, drivers }) : []),
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
  const lines = site.buses.map((bus) =>
    bus.protocol === 'modbus-rtu' ? bus.path : `${bus.host}:${bus.port}`,
  );
  return site.buses.flatMap((bus, b) => {
    const line = lines[b] ?? '';
    if (lines.indexOf(line) === b) return [];
    const path = ['buses', b, bus.protocol === 'modbus-rtu' ? 'path' : 'host'];
    const message = `expected a line of its own, found ${line}, which another bus uses`;
    return [{ code, path, message, hint: 'Put all devices of one line under one bus.' }];
  });
}

function unitFindings(bus: Bus, path: Path): readonly Finding[] {
  const units = bus.devices.map((device) => device.unit);
  return bus.devices.flatMap((device, d): Finding[] => {
    const place = [...path, 'devices', d, 'unit'];
    if (units.indexOf(device.unit) !== d) {
      const message = `expected an address of its own on this bus, found ${device.unit} again`;
      const hint =
        'Set another address on the card and name it here; two cards with one address answer at once.';
      return [{ code, path: place, message, hint }];
    }
    if (bus.protocol === 'modbus-rtu' && device.unit === 0) {
      const hint = 'Address 0 is a broadcast on a serial line: no card answers it.';
      return [{ code, path: place, message: 'expected an address from 1 on, found 0', hint }];
    }
    return [];
  });
}

interface Placed {
  readonly bus: Bus;
  readonly device: Device;
  readonly driver: LoopDriver;
}

function deviceFindings({ bus, device, driver }: Placed, path: Path): readonly Finding[] {
  const findings: Finding[] = [];
  if (device.loops.length > driver.channels) {
    findings.push({
      code,
      path: [...path, 'loops'],
      message:
        `expected at most ${driver.channels} (the channels of ${driver.driver}), ` +
        `found ${device.loops.length}`,
      hint: 'Check the model printed on the card, or put the further loops on another card.',
    });
  }
  if (device.loops.every((loop) => loop === null)) {
    const hint = 'Remove the device, or name the loop on at least one channel.';
    findings.push({ code, path: [...path, 'loops'], message: 'expected a loop, found only null', hint });
  }
  return bus.protocol === 'modbus-rtu' ? [...findings, ...serialFindings({ bus, driver }, path)] : findings;
}

function serialFindings(
  { bus, driver }: { bus: RtuBus; driver: LoopDriver },
  path: Path,
): readonly Finding[] {
  const { serial } = driver.bus;
  const busPath = path.slice(0, 2);
  if (serial === undefined) {
    const message = `expected a device with a serial port on ${bus.id}, found "${driver.driver}"`;
    return [{ code, path: [...path, 'driver'], message, hint: 'This driver is for Modbus TCP only.' }];
  }
  const rows = [
    { key: 'baud', found: bus.baud, allowed: serial.baud },
    { key: 'parity', found: bus.parity, allowed: serial.parity },
    { key: 'stopBits', found: bus.stopBits, allowed: serial.stopBits },
  ] as const;
  return rows
    .filter(({ found, allowed }) => !(allowed as readonly unknown[]).includes(found))
    .map(({ key, found, allowed }) => ({
      code,
      path: [...busPath, key],
      message: `expected ${allowed.join(' or ')}, which ${driver.driver} can be set to, found ${found}`,
      hint: 'All cards of one serial line share its settings; set them the same on every card.',
    }));
}

function budgetFindings(
  bus: RtuBus,
  options: { readonly path: Path; readonly drivers: ReadonlyMap<string, LoopDriver> },
): readonly Finding[] {
  const budget = pollBudget(bus, options.drivers);
  if (budget.utilisationPct <= BUS_UTILISATION_MAX_PCT) return [];
  const { reads, worstCycleMs, utilisationPct, proposedPollMs } = budget;
  const message =
    `expected reads that take at most ${BUS_UTILISATION_MAX_PCT} % of the line, found ` +
    `${utilisationPct.toFixed(0)} %: ${reads} reads take ${worstCycleMs.toFixed(0)} ms at ${bus.baud} baud`;
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

function canGoFaster(bus: RtuBus, drivers: ReadonlyMap<string, LoopDriver>): boolean {
  return bus.devices.every((device) =>
    drivers.get(device.driver)?.bus.serial?.baud.some((baud) => baud > bus.baud),
  );
}
