import { type ChildProcessWithoutNullStreams, spawn } from 'node:child_process';
import type { Readable } from 'node:stream';
import { monotonicMs } from '../../base/clock.ts';
import type { FfmpegInvocation } from './ffmpeg-invocation.ts';
import { giveWay } from './give-way.ts';

/** One life of an ffmpeg child, from its start to its end. */
export interface FfmpegRun {
  /** Reads no more pictures until `resume`; ffmpeg then waits with the next one. */
  hold(): void;
  resume(): void;
  /** Asks it to end, then kills it; resolves when it is gone. */
  stop(): Promise<void>;
}

/** How a run ended. */
export interface FfmpegEnd {
  readonly exitCode: number | null;
  /** Set when ffmpeg could not be started at all. */
  readonly startError: Error | null;
  /** The last STDERR_LIMIT_CHARS of its complaints. */
  readonly stderr: string;
  readonly stalled: boolean;
}

export interface FfmpegRunOptions {
  readonly command: string;
  readonly invocation: FfmpegInvocation;
  /**
   * Whether it lets the detector go first: a recording waits. A live camera does not: its decoder, put behind a detector
   * that never rests, would fall behind the road.
   */
  readonly givesWay: boolean;
  /** Connecting and waiting for the first key picture may take this long. */
  readonly firstFrameWithinMs: number;
  /** ffmpeg waits for a hung camera for ever (5.1, TCP): without a whole frame for this long it is ended. */
  readonly stallAfterMs: number;
  /** An ffmpeg that does not end when it is asked to is killed after this. */
  readonly killAfterMs: number;
  /** Takes decoder output in and returns how many whole frames it completed. */
  onBytes(chunk: Uint8Array, atMs: number): number;
  /** Takes the copied stream, where the invocation asks for one. */
  onCopy?(chunk: Buffer, atMs: number): void;
  /** Called once, before the run is ended for it. */
  onStall(): void;
  onEnd(end: FfmpegEnd): void;
}

/** Enough for the last complaint and its neighbours; a broken stream writes without end. */
const STDERR_LIMIT_CHARS = 4096;

/**
 * Starts ffmpeg. Throws when the system has no room for a child; that it cannot be found or run is told by its end.
 * Should this process die without a word, ffmpeg's output pipe breaks at the next frame and it
 * ends; with a silent camera its own socket timeout ends it.
 */
export function startFfmpegRun(options: FfmpegRunOptions): FfmpegRun {
  const { command, invocation, onCopy } = options;
  const child = spawn(command, invocation.args, {
    stdio: ['pipe', 'pipe', 'pipe', onCopy === undefined ? 'ignore' : 'pipe'],
  }) as ChildProcessWithoutNullStreams;
  // At the limit of open files node makes no pipes, and tells the reason later.
  if ((child.stdout ?? null) === null) {
    child.on('error', () => undefined);
    throw new Error(`spawn ${command} EMFILE`);
  }
  if (options.givesWay) giveWay(child);
  let stderr = '';
  let startError: Error | null = null;
  let stalled = false;
  let sawFrame = false;
  let killTimer: NodeJS.Timeout | undefined;

  const endIt = (): void => {
    if (killTimer !== undefined) return;
    // While it waits with a picture it does not hear that it is asked.
    child.stdout.resume();
    // Asked first, because only then it tells the camera, whose sessions are few.
    child.kill('SIGTERM');
    killTimer = setTimeout(() => child.kill('SIGKILL'), options.killAfterMs);
  };
  const onSilence = (): void => {
    stalled = true;
    options.onStall();
    endIt();
  };
  let silence = setTimeout(onSilence, options.firstFrameWithinMs);

  const ended = new Promise<void>((resolve) => {
    child.on('error', (error) => {
      startError = error;
    });
    child.on('close', (exitCode) => {
      clearTimeout(silence);
      clearTimeout(killTimer);
      resolve();
      options.onEnd({ exitCode, startError, stderr, stalled });
    });
  });
  child.stdout.on('data', (chunk: Buffer) => {
    // What comes after the verdict is only drained, so that ffmpeg can end.
    if (stalled || options.onBytes(chunk, monotonicMs()) === 0) return;
    if (sawFrame) {
      silence.refresh();
      return;
    }
    sawFrame = true;
    clearTimeout(silence);
    silence = setTimeout(onSilence, options.stallAfterMs);
  });
  const copied = child.stdio[3] as Readable | null | undefined;
  copied?.on('data', (chunk: Buffer) => onCopy?.(chunk, monotonicMs()));
  child.stderr.on('data', (chunk: Buffer) => {
    stderr = (stderr + chunk.toString('latin1')).slice(-STDERR_LIMIT_CHARS);
  });
  // A child that dies at once breaks this pipe; its end says why.
  child.stdin.on('error', () => undefined);
  child.stdin.end(invocation.stdin);

  return {
    hold: () => void child.stdout.pause(),
    resume: () => void child.stdout.resume(),
    stop() {
      clearTimeout(silence);
      endIt();
      return ended;
    },
  };
}
