import { SerialPort } from 'serialport';
import { messageOf, RoadsideError } from '../../base/errors.ts';
import { CLOSE_LIMIT_MS, type Line, type OpenLine } from './line.ts';

export interface SerialSettings {
  readonly path: string;
  readonly baud: number;
  readonly parity: 'none' | 'even' | 'odd';
  readonly stopBits: 1 | 2;
}

/** The port is taken exclusively: a second program on the same bus would make every reply ambiguous. */
export function createSerialOpener(settings: SerialSettings): OpenLine {
  return (listener) =>
    new Promise((resolve, reject) => {
      const port = new SerialPort({
        path: settings.path,
        baudRate: settings.baud,
        dataBits: 8,
        parity: settings.parity,
        stopBits: settings.stopBits,
        lock: true,
        autoOpen: false,
      });
      let ended = false;
      const end = (why: string): void => {
        if (ended) return;
        ended = true;
        listener.onClosed(why);
        if (port.isOpen) port.close(() => undefined);
      };
      port.on('error', (error) => end(messageOf(error)));
      port.on('close', () => end('the adapter is gone'));
      port.open((error) => {
        if (error) {
          ended = true;
          reject(unreachable(settings.path, error.message));
          return;
        }
        port.on('data', (bytes: Buffer) => {
          if (!ended) listener.onBytes(bytes);
        });
        resolve(lineOf(port, () => (ended = true)));
      });
    });
}

function lineOf(port: SerialPort, markEnded: () => void): Line {
  return {
    write: (bytes) => void port.write(bytes),
    close() {
      markEnded();
      if (!port.isOpen) return Promise.resolve();
      return new Promise((resolve) => {
        const limit = setTimeout(resolve, CLOSE_LIMIT_MS);
        port.close(() => {
          clearTimeout(limit);
          resolve();
        });
      });
    },
  };
}

function unreachable(path: string, why: string): RoadsideError {
  return new RoadsideError('bus-unreachable', `cannot open ${path}: ${why}`, {
    hint: 'Check that the adapter is plugged in and that no other program uses it.',
  });
}
