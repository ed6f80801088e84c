import { RoadsideError } from '../base/errors.ts';
import { type ChildDown, type ChildProcess, createChildProcess } from '../runtime/child-process.ts';
import type { Logger } from '../runtime/logger.ts';
import {
  CONTRACT_VERSION,
  type FromSensor,
  fromSensorSchema,
  type SensorConfiguration,
  type ToSensor,
} from '../sensors/contract.ts';

/** What a sensor process says once it is configured. */
export type SensorReport = Exclude<FromSensor, { readonly type: 'hello' | 'ready' | 'fatal' }>;
export type FatalReport = Extract<FromSensor, { readonly type: 'fatal' }>;

export interface SensorChildOptions {
  /** For the log. */
  readonly name: string;
  readonly file: string;
  readonly configuration: SensorConfiguration;
  readonly logger: Logger;
  /** A fresh process exists; it is not configured yet. */
  readonly onUp: () => void;
  /** It has what it was configured with, and has been started. */
  readonly onStarted: () => void;
  readonly onReport: (report: SensorReport) => void;
  readonly onFatal: (report: FatalReport) => void;
  /** `why`: its own last words, else how it ended. */
  readonly onDown: (why: string) => void;
}

/** A child process under the protocol of sensors/contract.ts: hello → configure → ready → start. */
export function createSensorChild(options: SensorChildOptions): ChildProcess<ToSensor> {
  let lastWords = '';
  const receive = (message: FromSensor): void => {
    switch (message.type) {
      case 'hello':
        child.send({ type: 'configure', configuration: options.configuration });
        return;
      case 'ready':
        child.send({ type: 'start' });
        options.onStarted();
        return;
      case 'fatal':
        lastWords = `${message.code}: ${message.message}`;
        options.onFatal(message);
        return;
      default:
        options.onReport(message);
    }
  };
  const child = createChildProcess<ToSensor, FromSensor>({
    name: options.name,
    file: options.file,
    parse: parseMessage,
    politeStop: { type: 'stop' },
    onUp() {
      lastWords = '';
      options.onUp();
    },
    onValue: receive,
    onDown: ({ detail }: ChildDown) => options.onDown(lastWords === '' ? detail : lastWords),
    logger: options.logger,
  });
  return child;
}

/** What arrived from a sensor process, checked against the contract. */
function parseMessage(raw: unknown): FromSensor {
  const message = fromSensorSchema.parse(raw);
  if (message.type === 'hello' && message.version !== CONTRACT_VERSION) {
    throw new RoadsideError(
      'process-protocol',
      `contract version ${message.version}, expected ${CONTRACT_VERSION}`,
      {
        hint: 'Gateway and sensor process are of different versions: reinstall roadside.',
      },
    );
  }
  return message;
}
