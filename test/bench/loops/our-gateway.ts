/**
 * The gateway's part in polling: it forks and supervises the real fieldbus process under the contract, and
 * takes its observations. Prints one line when the process polls, and what it saw when it is told to leave.
 *
 * usage: our-gateway TASK     a PollingTask as JSON
 */
import { setTimeout as delay } from 'node:timers/promises';
import { openSensorProcess } from '../../../src/app/sensor-process.ts';
import { createSystemClock } from '../../../src/base/clock.ts';
import { createLogger } from '../../../src/runtime/logger.ts';
import { programFile } from '../../../src/runtime/program-file.ts';
import { type PollingTask, planOf } from './bus-plans.ts';

const task: PollingTask = JSON.parse(process.argv[2] ?? '');
let observations = 0;

const sensors = openSensorProcess({
  file: programFile(import.meta.url, '../../../src/processes/fieldbus'),
  configuration: planOf(task),
  clock: createSystemClock(),
  logger: createLogger({ level: 'warn', write: (line) => process.stderr.write(line) }),
  onObservations: (claimed) => {
    observations += claimed.length;
  },
});

process.on('SIGTERM', () => {
  const { restarts, sensors: health } = sensors.overview();
  process.stdout.write(`${JSON.stringify({ observations, restarts, health })}\n`);
  void sensors.stop(3000).then(() => process.exit(0));
});

while (sensors.overview().state !== 'working') await delay(50);
process.stdout.write(`working ${sensors.overview().pid}\n`);
