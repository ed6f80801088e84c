import { cpus, loadavg, release, totalmem } from 'node:os';
import { say } from './report.ts';

/** What the figures were taken on. */
export function sayMachine(): void {
  const [first] = cpus();
  const memory = `${Math.round(totalmem() / 2 ** 30)} GiB`;
  say(`machine   ${cpus().length} x ${first?.model.trim()}, ${memory}, Linux ${release()}`);
}

export function sayLoad(when: string): void {
  const loads = loadavg().map((load) => load.toFixed(2));
  say(`load      ${loads.join(' ')} (1, 5, 15 min) ${when}`);
}
