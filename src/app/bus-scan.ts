import { RoadsideError } from '../base/errors.ts';
import { expandReads } from '../catalog/derive/reads.ts';
import type { LoopDriver } from '../catalog/schema/driver.ts';
import type { Logger } from '../runtime/logger.ts';
import { programFile } from '../runtime/program-file.ts';
import type { BusScanConfiguration, ScanFinding } from '../sensors/contract.ts';
import { createSensorChild } from './sensor-child.ts';

export type { ScanFinding } from '../sensors/contract.ts';

export type LineSettings = BusScanConfiguration['settings'][number];

interface SerialChoices {
  readonly baud: readonly LineSettings['baud'][];
  readonly parity: readonly LineSettings['parity'][];
  readonly stopBits: readonly LineSettings['stopBits'][];
}
type Identify = BusScanConfiguration['identify'][number];
type Fit = BusScanConfiguration['fits'][number];
type FrameCandidate = BusScanConfiguration['frames'][number];
type AsciiExchange = Extract<FrameCandidate['codec'], { readonly name: 'ascii-fields' }>['exchanges'][number];

/** What a driver file says that a scan can use. */
export type ScannableDriver =
  | {
      readonly protocol: 'modbus';
      readonly driver: string;
      readonly label: string;
      readonly bus: { readonly serial?: SerialChoices };
      readonly identify?: Omit<Identify, 'driver' | 'label'>;
      /** What is read from a device that has no register to recognise it by. */
      readonly reads?: Fit['reads'];
    }
  | {
      readonly protocol: 'frames';
      readonly driver: string;
      readonly bus: {
        readonly serial?: SerialChoices;
        readonly tcp?: { readonly role: 'connect' | 'listen' };
        readonly responseTimeoutMs: number;
        readonly replyDelayMs: number;
      };
      readonly address: { readonly from: number; readonly to: number };
      readonly identity?: object;
      readonly codec: FrameCandidate['codec'];
      /** A question that tells this model from others of its family. */
      readonly identify?: Pick<AsciiExchange, 'request' | 'reply'>;
    };

export interface BusScanRequest
  extends Pick<
    BusScanConfiguration,
    'paths' | 'peers' | 'callers' | 'units' | 'listenMs' | 'responseTimeoutMs' | 'thorough'
  > {
  /** Only these rates; null for the usual ones. */
  readonly bauds: readonly number[] | null;
}

/** What cards are usually set to, most usual first. */
const USUAL: readonly LineSettings[] = [
  { baud: 9600, parity: 'none', stopBits: 1 },
  { baud: 19_200, parity: 'none', stopBits: 1 },
  { baud: 9600, parity: 'even', stopBits: 1 },
  { baud: 19_200, parity: 'even', stopBits: 1 },
  { baud: 115_200, parity: 'none', stopBits: 1 },
  { baud: 38_400, parity: 'none', stopBits: 1 },
  { baud: 57_600, parity: 'none', stopBits: 1 },
  { baud: 4800, parity: 'none', stopBits: 1 },
  { baud: 9600, parity: 'odd', stopBits: 1 },
  { baud: 9600, parity: 'none', stopBits: 2 },
  { baud: 19_200, parity: 'none', stopBits: 2 },
  { baud: 38_400, parity: 'even', stopBits: 1 },
];
const PARITIES: readonly LineSettings['parity'][] = ['none', 'even', 'odd'];

/**
 * A device that calls says who it is when it is connected and, unanswered, again (GB/T 43229-2023, Table 5: each
 * 5 s). So long hears it twice, whatever the moment of its call.
 */
const CALLERS_LEAST_MS = 15_000;

/** What the scan asks, in the order of what is most likely: cards that can be recognised, then the usual. */
export function planBusScan(
  request: BusScanRequest,
  drivers: readonly ScannableDriver[],
): BusScanConfiguration {
  const { bauds, ...asked } = request;
  const recognisable = drivers.flatMap((driver) =>
    driver.protocol === 'modbus' && driver.identify !== undefined
      ? [{ ...driver, identify: driver.identify }]
      : [],
  );
  return {
    kind: 'bus-scan',
    ...asked,
    callersMs: Math.max(request.listenMs, CALLERS_LEAST_MS),
    settings: settingsOf(recognisable, bauds),
    identify: recognisable.map(({ driver, label, identify }) => {
      const { table, address, mask, expect } = identify;
      return { driver, label, table, address, mask, expect };
    }),
    fits: drivers
      .flatMap((driver): Fit[] => {
        const reads = driver.protocol === 'modbus' ? driver.reads : undefined;
        return reads === undefined ? [] : [{ driver: driver.driver, reads }];
      })
      .toSorted((a, b) => widthOf(b) - widthOf(a)),
    frames: drivers.flatMap((driver) =>
      driver.protocol === 'frames' ? [frameCandidate(driver, request)] : [],
    ),
  };
}

function frameCandidate(
  driver: Extract<ScannableDriver, { readonly protocol: 'frames' }>,
  { bauds, responseTimeoutMs }: BusScanRequest,
): FrameCandidate {
  const { bus, identity, address, codec, identify } = driver;
  return {
    driver: driver.driver,
    codec: identify === undefined ? codec : withQuestion(codec, identify),
    addresses: identity === undefined ? address : null,
    settings: bus.serial === undefined ? [] : frameSettings(bus.serial, bauds),
    isCalled: bus.tcp?.role === 'connect',
    answersWithinMs: Math.min(bus.responseTimeoutMs, bus.replyDelayMs + responseTimeoutMs),
  };
}

/** Who answers the wider one answers the narrower one too. */
function widthOf({ reads }: Fit): number {
  return reads.reduce((sum, { quantity }) => sum + quantity, 0);
}

/** A driver with what can be asked of its device when no register tells it from others. */
export function scannable(driver: LoopDriver): ScannableDriver {
  if (driver.protocol !== 'modbus' || driver.identify !== undefined) return driver;
  const loops = Array.from({ length: driver.channels }, (_, index) => `channel-${index + 1}`);
  const reads = expandReads({ driver, loops, pollMs: 1000, invert: false });
  return {
    ...driver,
    reads: reads.map(({ table, address, quantity }) => ({ table, address, quantity })),
  };
}

/** Instead of what is read from the device again and again, what tells its model. */
function withQuestion(
  codec: FrameCandidate['codec'],
  { request, reply }: Pick<AsciiExchange, 'request' | 'reply'>,
): FrameCandidate['codec'] {
  if (codec.name !== 'ascii-fields') return codec;
  return { ...codec, exchanges: [{ name: 'identify', request, reply }] };
}

/** Every rate with the parity that the driver names first, and the other parities at its first rate. */
function frameSettings(
  { baud, parity, stopBits }: SerialChoices,
  bauds: readonly number[] | null,
): LineSettings[] {
  const [firstParity = 'none'] = parity;
  const [firstStop = 1] = stopBits;
  const [firstBaud] = baud;
  return baud
    .filter((rate) => bauds === null || bauds.includes(rate))
    .flatMap((rate) => {
      const parities = rate === firstBaud ? parity : [firstParity];
      return parities.map((one): LineSettings => ({ baud: rate, parity: one, stopBits: firstStop }));
    });
}

function settingsOf(
  drivers: readonly { readonly bus: { readonly serial?: SerialChoices } }[],
  bauds: readonly number[] | null,
): LineSettings[] {
  const own = drivers.flatMap(({ bus }) => {
    const { serial } = bus;
    // A card that can be set to anything says nothing about what is likely.
    return serial === undefined || serial.baud.length > 2 ? [] : combinations(serial.baud, serial.parity);
  });
  const wanted = bauds === null ? [...own, ...USUAL] : combinations(bauds, PARITIES);
  return [...new Map(wanted.map((one) => [`${one.baud} ${one.parity} ${one.stopBits}`, one])).values()];
}

function combinations(
  bauds: readonly number[],
  parities: readonly LineSettings['parity'][],
): readonly LineSettings[] {
  return bauds.flatMap((baud) => parities.map((parity): LineSettings => ({ baud, parity, stopBits: 1 })));
}

export interface BusScan {
  /** Resolves when every place was looked at or the scan was stopped; rejects when the process failed. */
  readonly finished: Promise<void>;
  /** Leaves every line as it was found. */
  stop(): Promise<void>;
}

const STOP_WITHIN_MS = 3000;

/** Runs a scan in a fieldbus process of its own: a serial port is opened nowhere else. */
export function openBusScan(options: {
  readonly configuration: BusScanConfiguration;
  readonly logger: Logger;
  readonly onFinding: (finding: ScanFinding) => void;
}): BusScan {
  const { configuration, onFinding } = options;
  const finished = Promise.withResolvers<void>();
  let isStopping = false;
  const stop = async (): Promise<void> => {
    isStopping = true;
    await child.stop(STOP_WITHIN_MS);
    finished.resolve();
  };
  const child = createSensorChild({
    name: 'bus-scan',
    file: programFile(import.meta.url, '../processes/fieldbus'),
    configuration,
    logger: options.logger,
    onUp: () => undefined,
    onStarted: () => undefined,
    onReport(report) {
      if (report.type !== 'finding') return;
      onFinding(report.finding);
      if (report.finding.finding === 'finished') void stop();
    },
    onFatal: () => undefined,
    onDown(why) {
      // A scan that was cut off is not begun again behind the technician's back.
      void child.stop(STOP_WITHIN_MS);
      if (isStopping) return;
      finished.reject(
        new RoadsideError('process-protocol', `the scan was cut off: ${why}`, {
          hint: 'Run it again; when it happens again, report this line with the log above it.',
        }),
      );
    },
  });
  child.start();
  return { finished: finished.promise, stop };
}
