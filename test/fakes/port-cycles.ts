/** Opens a flapping port again and again, and says how many descriptors are open before and after. */
import { readdirSync } from 'node:fs';
import { setTimeout as delay } from 'node:timers/promises';
import { createSerialOpener } from '../../src/sensors/fieldbus/serial-line.ts';

const [path = '', cycles = '0'] = process.argv.slice(2);
const descriptors = (): number => readdirSync('/proc/self/fd').length;
const open = createSerialOpener({ path, baud: 9600, parity: 'none', stopBits: 1 });

const tally = { lost: 0, closed: 0, failed: 0, before: 0, after: 0 };
while (tally.lost + tally.closed < Number(cycles)) {
  let onEnd: () => void = () => undefined;
  const ended = new Promise<void>((resolve) => {
    onEnd = resolve;
  });
  try {
    const line = await open({ onBytes: () => undefined, onClosed: onEnd });
    line.write(Uint8Array.of(1));
    // Every other time we are quicker than the adapter.
    if (tally.lost > tally.closed) {
      await line.close();
      tally.closed += 1;
    } else {
      await ended;
      tally.lost += 1;
    }
  } catch {
    tally.failed += 1;
    await delay(1);
  }
  if (tally.lost + tally.closed === 10) tally.before = descriptors();
}
await delay(200);
tally.after = descriptors();
process.stdout.write(JSON.stringify(tally));
