import { nodeCommand, type Program, startProgram } from '../common/programs.ts';
import type { BenchSource } from './bench-site.ts';
import type { ServedCamera } from './camera-server.ts';

export interface Cameras {
  readonly served: readonly ServedCamera[];
  readonly sources: readonly BenchSource[];
  stop(): Promise<unknown>;
}

/** Starts simulated cameras and waits until they show the clip. */
export async function startCameras(options: {
  readonly clip: string;
  readonly framesPerSecond: number;
  readonly count: number;
}): Promise<Cameras> {
  const { clip, framesPerSecond, count } = options;
  const command = nodeCommand(
    import.meta.dirname,
    'camera-server.ts',
    clip,
    String(framesPerSecond),
    String(count),
  );
  const program: Program = startProgram({ name: 'the simulated cameras', command });
  const line = await program.line((text) => text.startsWith('['));
  const served = JSON.parse(line) as readonly ServedCamera[];
  return { served, sources: served.map(({ url }) => ({ kind: 'rtsp', url })), stop: () => program.stop() };
}
