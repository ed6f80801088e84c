/** Starts our own programs of this bench. */
import { execFileSync } from 'node:child_process';
import { copyFileSync } from 'node:fs';
import { join } from 'node:path';
import { nodeCommand, type Program, startProgram } from '../common/programs.ts';
import type { BenchContext } from './bench-context.ts';

export interface GatewayTask {
  readonly file: string;
  readonly url: string;
  readonly window: number;
  readonly backfillPerS: number;
  /** Null for none. */
  readonly incidentEveryMs: number | null;
}

/** No pace: faster than any broker. */
export const UNPACED = 10_000_000;

export function fillStore(file: string, records: number): void {
  const [node = '', ...args] = nodeCommand(import.meta.dirname, 'fill-store.ts', file, String(records));
  execFileSync(node, args, { stdio: ['ignore', 'ignore', 'inherit'] });
}

/** A copy of the backlog that is on the disk, so that its writing back disturbs nobody later. */
export function copyOf(
  { backlog }: BenchContext,
  { folder }: { readonly folder: string },
  name = 'store',
): string {
  const file = join(folder, `${name}.db`);
  copyFileSync(backlog, file);
  execFileSync('sync', [file]);
  return file;
}

/** Returns when its store is open and it begins to connect. */
export async function startOurGateway(
  task: Pick<GatewayTask, 'file' | 'url'> & Partial<GatewayTask>,
): Promise<Program> {
  const whole: GatewayTask = { window: 100, backfillPerS: UNPACED, incidentEveryMs: null, ...task };
  const command = nodeCommand(import.meta.dirname, 'our-gateway.ts', JSON.stringify(whole));
  const program = startProgram({ name: 'our store and uplink', command });
  await program.line((line) => line === 'open');
  return program;
}

/** A link to the broker with a fixed delay in each direction; the port to connect to. */
export async function startDelayLink(
  brokerPort: number,
  oneWayMs: number,
): Promise<{ readonly program: Program; readonly port: number }> {
  const command = nodeCommand(import.meta.dirname, 'delay-link.ts', String(brokerPort), String(oneWayMs));
  const program = startProgram({ name: 'the delaying link', command });
  const line = await program.line((text) => text.startsWith('listening'));
  return { program, port: Number(line.split(' ')[1]) };
}
