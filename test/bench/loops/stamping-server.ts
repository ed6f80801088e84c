/** Starts the stamping server and reads what it noted. */
import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type ProgramWish, startProgram } from '../common/programs.ts';

export interface StampingServer {
  readonly port: number;
  /** Stops it. When the requests of each unit arrived: wall ms with fractions, in order. */
  stop(): Promise<ReadonlyMap<number, readonly number[]>>;
}

export async function openStampingServer(
  program: string,
  how: Pick<ProgramWish, 'core' | 'fifo'>,
): Promise<StampingServer> {
  const folder = mkdtempSync(join(tmpdir(), 'roadside-stamps-'));
  const command = [program, join(folder, 'unit')];
  const server = startProgram({ name: 'the stamping server', command, ...how });
  const port = Number(await server.line((line) => /^\d+$/.test(line)));
  return {
    port,
    async stop() {
      await server.stop();
      const files = readdirSync(folder).map((name) => {
        const [, unit = ''] = name.split('.');
        return [Number(unit), readStamps(join(folder, name))] as const;
      });
      rmSync(folder, { recursive: true, force: true });
      return new Map(files);
    },
  };
}

function readStamps(file: string): readonly number[] {
  const bytes = readFileSync(file);
  const stamps = new BigInt64Array(bytes.buffer, bytes.byteOffset, bytes.byteLength / 8);
  return Array.from(stamps, (ns) => Number(ns / 1000n) / 1000);
}
