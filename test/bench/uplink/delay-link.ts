/**
 * A long line to the broker: every byte arrives, a fixed time later, in both directions. Prints `listening PORT`.
 *
 * usage: delay-link BROKER_PORT ONE_WAY_MS
 */
import { connect, createServer, type Socket } from 'node:net';

const [brokerPort, oneWayMs] = process.argv.slice(2).map(Number);

const server = createServer({ noDelay: true }, (near) => {
  const far = connect({ port: brokerPort ?? 0, host: '127.0.0.1', noDelay: true });
  carry(near, far);
  carry(far, near);
});
server.listen(0, '127.0.0.1', () => {
  const address = server.address();
  if (address !== null && typeof address === 'object') process.stdout.write(`listening ${address.port}\n`);
});
process.on('SIGTERM', () => process.exit(0));

/** Timers of one length keep their order, so the bytes do. */
function carry(from: Socket, to: Socket): void {
  from.on('data', (bytes) => void setTimeout(() => to.write(bytes), oneWayMs));
  from.on('close', () => void setTimeout(() => to.destroy(), oneWayMs));
  from.on('error', () => undefined);
}
