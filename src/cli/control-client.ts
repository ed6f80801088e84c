import { connect } from 'node:net';
import type { Overview } from '../app/overview.ts';
import { messageOf, RoadsideError } from '../base/errors.ts';

const ANSWER_TIMEOUT_MS = 3000;
const MAX_ANSWER_BYTES = 4 * 1024 * 1024;

/**
 * Asks a running gateway for its overview.
 *
 * @throws RoadsideError control-unreachable when no gateway answers at this socket
 */
export function askOverview(socketPath: string): Promise<Overview> {
  return new Promise((resolve, reject) => {
    let text = '';
    const socket = connect(socketPath);
    const fail = (reason: string): void => {
      socket.destroy();
      reject(
        new RoadsideError('control-unreachable', `no gateway answers at ${socketPath}: ${reason}`, {
          hint: 'Start it (`systemctl start roadside`, or `roadside run SITE.yaml`), and run this as its user or group.',
        }),
      );
    };
    socket.setEncoding('utf8');
    socket.setTimeout(ANSWER_TIMEOUT_MS, () => fail('no answer in time'));
    socket.on('connect', () => socket.write('{"ask":"overview"}\n'));
    socket.on('error', (error) => fail(messageOf(error)));
    socket.on('data', (chunk) => {
      text += chunk.toString();
      if (text.length > MAX_ANSWER_BYTES) fail('the answer is too long');
    });
    socket.on('end', () => {
      try {
        resolve((JSON.parse(text) as { overview: Overview }).overview);
      } catch {
        fail('the answer was not understood');
      }
    });
  });
}
