import { RoadsideError } from '../base/errors.ts';
import { type ChildDown, createChildProcess } from '../runtime/child-process.ts';
import type { Logger } from '../runtime/logger.ts';
import { programFile } from '../runtime/program-file.ts';
import type { BusScanConfiguration, FromSensor, ScanFinding, ToSensor } from '../sensors/contract.ts';
import { parseMessage } from './sensor-process.ts';

export type { ScanFinding } from '../sensors/contract.ts';

export type LineSettings = BusScanConfiguration['settings'][number];

/** What a driver file says that a scan can use. */
export interface ScannableDriver {
  readonly driver: string;
  readonly label: string;
  readonly bus: {
    readonly serial?: {
      readonly baud: readonly number[];
      readonly parity: readonly LineSettings['parity'][];
      readonly stopBits: readonly LineSettings['stopBits'][];
    };
  };
  readonly identify?: Omit<BusScanConfiguration['identify'][number], 'driver' | 'label'>;
}

export interface BusScanRequest
  extends Pick<
    BusScanConfiguration,
    'paths' | 'peers' | 'units' | 'listenMs' | 'responseTimeoutMs' | 'thorough'
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

/** What the scan asks, in the order of what is most likely: cards that can be recognised, then the usual. */
export function planBusScan(
  request: BusScanRequest,
  drivers: readonly ScannableDriver[],
): BusScanConfiguration {
  const { bauds, ...asked } = request;
  const recognisable = drivers.filter(({ identify }) => identify !== undefined);
  return {
    kind: 'bus-scan',
    ...asked,
    settings: settingsOf(recognisable, bauds),
    identify: recognisable.flatMap(({ driver, label, identify }) => {
      if (identify === undefined) return [];
      const { table, address, mask, expect } = identify;
      return [{ driver, label, table, address, mask, expect }];
    }),
  };
}

function settingsOf(drivers: readonly ScannableDriver[], bauds: readonly number[] | null): LineSettings[] {
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
  let lastWords = '';
  const stop = async (): Promise<void> => {
    isStopping = true;
    await child.stop(STOP_WITHIN_MS);
    finished.resolve();
  };
  const receive = (message: FromSensor): void => {
    switch (message.type) {
      case 'hello':
        child.send({ type: 'configure', configuration });
        return;
      case 'ready':
        child.send({ type: 'start' });
        return;
      case 'finding':
        onFinding(message.finding);
        if (message.finding.finding === 'finished') void stop();
        return;
      case 'fatal':
        lastWords = `${message.code}: ${message.message}`;
        return;
      case 'observations':
      case 'health':
        return;
    }
  };
  const child = createChildProcess<ToSensor, FromSensor>({
    name: 'bus-scan',
    file: programFile(import.meta.url, '../processes/fieldbus'),
    parse: parseMessage,
    politeStop: { type: 'stop' },
    onUp: () => undefined,
    onValue: receive,
    onDown(down: ChildDown) {
      // A scan that was cut off is not begun again behind the technician's back.
      void child.stop(STOP_WITHIN_MS);
      if (isStopping) return;
      const why = lastWords === '' ? down.detail : lastWords;
      finished.reject(
        new RoadsideError('process-protocol', `the scan was cut off: ${why}`, {
          hint: 'Run it again; when it happens again, report this line with the log above it.',
        }),
      );
    },
    logger: options.logger,
  });
  child.start();
  return { finished: finished.promise, stop };
}
