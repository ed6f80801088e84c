/** How a bench speaks. */
import { alignColumns } from '../../../src/cli/text-table.ts';

export function say(text = ''): void {
  process.stdout.write(`${text}\n`);
}

/** Progress, on its own channel so that the tables can be kept. */
export function note(text: string): void {
  process.stderr.write(`  ${text}\n`);
}

export function table(rows: readonly (readonly string[])[]): void {
  for (const line of alignColumns(rows)) say(`  ${line}`);
  say();
}

/** One goal and what came of it; null when it could not be measured. */
export function goal(text: string, value: number | null, isMet: (value: number) => boolean): void {
  if (value === null) say(`  goal ${text}: not measured`);
  else say(`  goal ${text}: ${value.toFixed(2)}, ${isMet(value) ? 'met' : 'MISSED'}`);
}

export function figure(value: number | null | undefined, decimals: number): string {
  return value === null || value === undefined ? '-' : value.toFixed(decimals);
}
