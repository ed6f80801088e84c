import type { Finding } from '../load/problem.ts';
import type { LoopDriver } from '../schema/driver.ts';
import type { FrameDriver } from '../schema/frame-driver.ts';
import type { Path } from '../schema/json-schema.ts';
import type { ModbusDriver } from '../schema/modbus-driver.ts';
import { type Bus, type Device, isModbusBus, isSerialBus } from '../schema/site.ts';

const code = 'config-conflict';
const MODBUS_UNIT_MAX = 255;
/** Presence read more seldom than each second says nothing about vehicles. */
const PRESENCE_POLL_MAX_MS = 1000;

interface Placed {
  readonly bus: Bus;
  readonly device: Device;
  readonly driver: LoopDriver;
  readonly path: Path;
}

/** Whether a device, its driver and its bus fit each other. */
export function lintDevice(placed: Placed): readonly Finding[] {
  const { bus, driver } = placed;
  const spokenAlike = isModbusBus(bus) === (driver.protocol === 'modbus');
  if (!spokenAlike) return [...channelFindings(placed), protocolFinding(placed)];
  return [
    ...channelFindings(placed),
    ...(driver.protocol === 'frames'
      ? frameDeviceFindings({ ...placed, driver })
      : modbusDeviceFindings({ ...placed, driver })),
  ];
}

function channelFindings({ device, driver, path }: Placed): readonly Finding[] {
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
  return findings;
}

function protocolFinding({ bus, driver, path }: Placed): Finding {
  const [expected, suitable] =
    driver.protocol === 'frames'
      ? ['frames', frameProtocolsOf(driver).join(' or ')]
      : ['Modbus', 'modbus-tcp, modbus-rtu or modbus-rtu-over-tcp'];
  const message = `expected a device that speaks as ${bus.id} does (${bus.protocol}), found "${driver.driver}"`;
  const hint = `${driver.driver} speaks ${expected}: put it on a bus with the protocol ${suitable}.`;
  return { code, path: [...path, 'driver'], message, hint };
}

/** A device with a serial port is also reached through a serial device server, which passes bytes on. */
function frameProtocolsOf({ bus }: FrameDriver): readonly Bus['protocol'][] {
  const serial = bus.serial === undefined ? [] : (['serial-frames', 'tcp-frames'] as const);
  if (bus.tcp === undefined) return serial;
  return [...new Set([...serial, bus.tcp.role === 'connect' ? 'tcp-frames' : 'tcp-frames-server'] as const)];
}

function modbusDeviceFindings(placed: Placed & { readonly driver: ModbusDriver }): readonly Finding[] {
  const { bus, device, driver, path } = placed;
  const findings: Finding[] = [];
  if (device.unit > MODBUS_UNIT_MAX || (device.unit === 0 && isSerialBus(bus))) {
    const first = isSerialBus(bus) ? 1 : 0;
    const message = `expected a Modbus address from ${first} to ${MODBUS_UNIT_MAX}, found ${device.unit}`;
    const hint =
      device.unit === 0
        ? 'Address 0 is a broadcast on a serial line: no card answers it.'
        : 'Read the address from the switches or the set-up program of the card.';
    findings.push({ code, path: [...path, 'unit'], message, hint });
  }
  if (device.identity !== undefined) findings.push(needlessIdentity(placed));
  const presence = driver.signals.some((signal) => signal.means === 'loop-occupied');
  if (presence && device.pollMs !== undefined && device.pollMs > PRESENCE_POLL_MAX_MS) {
    const message = `expected at most ${PRESENCE_POLL_MAX_MS}, because presence is read, found ${device.pollMs}`;
    const hint = 'A vehicle is on a loop for a fraction of a second; 50 is usual.';
    findings.push({ code, path: [...path, 'pollMs'], message, hint });
  }
  if (!isSerialBus(bus)) return findings;
  if (driver.bus.serial === undefined) {
    const message = `expected a device with a serial port on ${bus.id}, found "${driver.driver}"`;
    const hint = 'This driver is for Modbus TCP only.';
    return [...findings, { code, path: [...path, 'driver'], message, hint }];
  }
  return [...findings, ...lineFindings(placed)];
}

function frameDeviceFindings(placed: Placed & { readonly driver: FrameDriver }): readonly Finding[] {
  const { bus, device, driver, path } = placed;
  if (!frameProtocolsOf(driver).includes(bus.protocol)) return [protocolFinding(placed)];
  const { pollMs, address } = driver;
  const findings: Finding[] = [...identityFindings(placed)];
  const numbered = driver.identity === undefined;
  if (numbered && (device.unit < address.from || device.unit > address.to)) {
    const range = `${address.from} to ${address.to}`;
    const message = `expected a number from ${range}, which ${driver.driver} can have, found ${device.unit}`;
    const hint = 'Read the number from the switches or the set-up program of the device.';
    findings.push({ code, path: [...path, 'unit'], message, hint });
  }
  if (device.pollMs !== undefined && (device.pollMs < pollMs.min || device.pollMs > pollMs.max)) {
    const message = `expected from ${pollMs.min} to ${pollMs.max} for ${driver.driver}, found ${device.pollMs}`;
    const hint = `Leave pollMs out for the usual ${pollMs.default} ms.`;
    findings.push({ code, path: [...path, 'pollMs'], message, hint });
  }
  if (device.invert && !readsContacts(driver)) {
    const message = `expected false, because ${driver.driver} is not read through contacts, found true`;
    findings.push({ code, path: [...path, 'invert'], message, hint: 'Remove invert.' });
  }
  return [...findings, ...lineFindings(placed)];
}

/** Presence as a bit of a line is a contact's state; every other codec has a device that detects by itself. */
function readsContacts({ codec }: FrameDriver): boolean {
  if (codec.name !== 'ascii-fields') return false;
  const parts = codec.exchanges.flatMap(({ reply }) => reply);
  return parts.some((part) => part.part === 'bits' && part.means === 'loop-occupied');
}

function identityFindings(placed: Placed & { readonly driver: FrameDriver }): readonly Finding[] {
  const { device, driver, path } = placed;
  const { identity } = driver;
  if (identity === undefined) return device.identity === undefined ? [] : [needlessIdentity(placed)];
  if (device.identity === undefined) {
    const message = `expected identity, by which ${driver.driver} is known, found nothing`;
    return [{ code, path, message, hint: identity.meaning }];
  }
  if (new RegExp(identity.pattern).test(device.identity)) return [];
  const message = `expected an identity like ${identity.pattern}, found "${device.identity}"`;
  return [{ code, path: [...path, 'identity'], message, hint: identity.meaning }];
}

function needlessIdentity({ device, driver, path }: Placed): Finding {
  const message = `expected no identity for ${driver.driver}, found "${device.identity}"`;
  const hint = 'A number names this device on its bus: remove identity and set unit.';
  return { code, path: [...path, 'identity'], message, hint };
}

function lineFindings({ bus, driver, path }: Placed): readonly Finding[] {
  const { serial } = driver.bus;
  if (!isSerialBus(bus) || serial === undefined) return [];
  const rows = [
    { key: 'baud', found: bus.baud, allowed: serial.baud },
    { key: 'parity', found: bus.parity, allowed: serial.parity },
    { key: 'stopBits', found: bus.stopBits, allowed: serial.stopBits },
  ] as const;
  return rows
    .filter(({ found, allowed }) => !(allowed as readonly unknown[]).includes(found))
    .map(({ key, found, allowed }) => ({
      code,
      path: [...path.slice(0, 2), key],
      message: `expected ${allowed.join(' or ')}, which ${driver.driver} can be set to, found ${found}`,
      hint: 'All cards of one serial line share its settings; set them the same on every card.',
    }));
}
