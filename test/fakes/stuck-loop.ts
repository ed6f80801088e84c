/** Turns its event loop for a while under the watchdog, and then, if it is told so, never again. */
import { setTimeout as delay } from 'node:timers/promises';
import { openLoopWatchdog } from '../../src/sensors/fieldbus/loop-watchdog.ts';

const [ending = 'leave', standsAfterMs = '1000'] = process.argv.slice(2);
const watchdog = await openLoopWatchdog(Number(standsAfterMs));
const untilMs = performance.now() + 2.5 * Number(standsAfterMs);
while (performance.now() < untilMs) await delay(5);
process.stdout.write('turned');
while (ending === 'stick');
await watchdog.close();
