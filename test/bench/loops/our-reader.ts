/**
 * Our Modbus master and loop decoder alone, as fast as they go with one request outstanding: what the
 * fieldbus process does for each reply, without a schedule and without a gateway.
 */
import { createTcpOpener } from '../../../src/sensors/fieldbus/tcp-line.ts';
import { createTcpMaster } from '../../../src/sensors/fieldbus/tcp-master.ts';
import { createLoopDecoder } from '../../../src/sensors/loops/loop-decoder.ts';
import { deviceOf } from './bus-plans.ts';

const [port, unit] = process.argv.slice(2).map(Number);
if (port === undefined || unit === undefined) throw new RangeError('usage: our-reader PORT UNIT');
const device = deviceOf(unit, 1);
const [read] = device.reads;
if (read === undefined) throw new RangeError('a device without a read');

const decoder = createLoopDecoder(read);
const opened = Promise.withResolvers<void>();
const master = createTcpMaster(createTcpOpener({ host: '127.0.0.1', port }), {
  onLineChange: (change) => {
    if (change.kind === 'open') opened.resolve();
  },
});
let isLeaving = false;
process.on('SIGTERM', () => {
  isLeaving = true;
});
await opened.promise;
process.stdout.write('working\n');

const request = { unit, table: read.table, address: read.address, quantity: read.quantity };
const terms = { responseTimeoutMs: device.responseTimeoutMs, turnaroundMs: 0, markers: [] };
let transitions = 0;
while (!isLeaving) {
  const outcome = await master.read(request, terms);
  if (outcome.kind !== 'values') throw new Error(`a read ended as ${outcome.kind}`);
  transitions += decoder.decode(outcome).length;
}
await master.close();
process.stdout.write(`${transitions} transitions\n`);
