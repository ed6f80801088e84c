import { readSync, writeSync } from 'node:fs';
import { SerialPort } from 'serialport';
import { messageOf, RoadsideError } from '../../base/errors.ts';
import { CLOSE_LIMIT_MS, type Line, type LineListener, type OpenLine } from './line.ts';

export interface SerialSettings {
  readonly path: string;
  readonly baud: number;
  readonly parity: 'none' | 'even' | 'odd';
  readonly stopBits: 1 | 2;
}

/** More than any reply; what is longer comes in portions. */
const READ_BYTES = 4096;

type OpenPort = Awaited<ReturnType<typeof SerialPort.binding.open>>;
type LinuxPort = Extract<OpenPort, { poller: unknown }>;

/** The port is taken exclusively: a second program on the same bus would make every reply ambiguous. */
export function createSerialOpener(settings: SerialSettings): OpenLine {
  return async (listener) => {
    const { path, baud, parity, stopBits } = settings;
    const port = await SerialPort.binding
      .open({ path, baudRate: baud, dataBits: 8, parity, stopBits, lock: true })
      .catch((error: unknown) => {
        throw unreachable(path, messageOf(error));
      });
    if ('poller' in port && port.fd !== null) return lineOf(port, port.fd, listener);
    await port.close();
    throw unreachable(path, 'only Linux ports can be polled');
  };
}

/**
 * Reads and writes as soon as the port is ready. The package's own stream does both in the thread pool, which
 * costs 0.2 ms an exchange, and it reads an unplugged adapter for ever: a tty that has hung up answers 0 bytes.
 */
function lineOf(port: LinuxPort, fd: number, listener: LineListener): Line {
  const buffer = new Uint8Array(READ_BYTES);
  let ended = false;

  const end = (why: string): void => {
    if (ended) return;
    ended = true;
    port.close().catch(() => undefined);
    listener.onClosed(why);
  };
  const listen = (): void => void port.poller.once('readable', onReadable);
  const onReadable = (error: Error | null): void => {
    if (ended) return;
    if (error !== null) {
      end(messageOf(error));
      return;
    }
    const size = attempt(() => readSync(fd, buffer));
    if (typeof size === 'string' || size === 0) {
      end(size === 0 ? 'the adapter is gone' : size);
      return;
    }
    if (size !== null) listener.onBytes(buffer.subarray(0, size));
    if (!ended) listen();
  };
  listen();

  return {
    write(bytes) {
      if (ended) return;
      // A port that takes no more bytes now answers nothing: its deadline will tell.
      const failure = attempt(() => writeSync(fd, bytes));
      if (typeof failure === 'string') end(failure);
    },
    close() {
      if (ended) return Promise.resolve();
      ended = true;
      return new Promise((resolve) => {
        const limit = setTimeout(resolve, CLOSE_LIMIT_MS);
        const closed = (): void => {
          clearTimeout(limit);
          resolve();
        };
        port.close().then(closed, closed);
      });
    },
  };
}

/** Bytes done; null when the port is not ready; why it failed for good otherwise. */
function attempt(io: () => number): number | string | null {
  try {
    return io();
  } catch (error) {
    const code = (error as NodeJS.ErrnoException).code ?? '';
    return code === 'EAGAIN' || code === 'EINTR' ? null : messageOf(error);
  }
}

function unreachable(path: string, why: string): RoadsideError {
  return new RoadsideError('bus-unreachable', `cannot open ${path}: ${why}`, {
    hint: 'Check that the adapter is plugged in and that no other program uses it.',
  });
}
