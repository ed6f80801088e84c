/** Starts our own programs and waits until they poll. */

import { nodeCommand, type Program, type ProgramWish, startProgram } from '../common/programs.ts';
import type { PollingTask } from './bus-plans.ts';

/** The real fieldbus process with a gateway above it. */
export async function startOurProcess(
  task: PollingTask,
  how: Pick<ProgramWish, 'core'> = {},
): Promise<Program> {
  const command = nodeCommand(import.meta.dirname, 'our-gateway.ts', JSON.stringify(task));
  return await working(startProgram({ name: 'our fieldbus process', command, ...how }));
}

/** Our master and decoder and nothing else. */
export async function startOurReader(
  port: number,
  unit: number,
  how: Pick<ProgramWish, 'core'>,
): Promise<Program> {
  const command = nodeCommand(import.meta.dirname, 'our-reader.ts', String(port), String(unit));
  return await working(startProgram({ name: 'our master and decoder', command, ...how }));
}

async function working(program: Program): Promise<Program> {
  await program.line((line) => line.startsWith('working'));
  return program;
}
