import { spawn } from 'node:child_process';
import { Readable } from 'node:stream';
import { RoadsideError } from '../../../base/errors.ts';
import { decodingLimits } from '../ffmpeg-invocation.ts';
import { giveWay } from '../give-way.ts';

export interface OneShot {
  readonly ffmpeg: string;
  /** What it may decode. */
  readonly codecs: readonly string[];
  /** What stands before and after `-i pipe:0`. */
  readonly inputArgs: readonly string[];
  readonly outputArgs: readonly string[];
  readonly input: AsyncIterable<Buffer> | Iterable<Buffer>;
  readonly outputLimitBytes: number;
}

/** A cut of some seconds takes a second of a core; a machine that needs longer has no room for evidence. */
const DEADLINE_MS = 60_000;
const STDERR_LIMIT_CHARS = 1000;

/**
 * Runs ffmpeg once over what stands in its standard input, with the limits that hold for a camera's decoder, and
 * returns its standard output.
 *
 * @throws RoadsideError camera-stream-unusable when it fails, takes too long or writes too much
 */
export async function runFfmpegOnce(job: OneShot): Promise<Buffer> {
  const child = spawn(
    job.ffmpeg,
    [
      ...['-hide_banner', '-nostdin', '-loglevel', 'error', '-threads', '1'],
      ...decodingLimits(job.codecs),
      ...['-protocol_whitelist', 'pipe', ...job.inputArgs, '-i', 'pipe:0', ...job.outputArgs],
    ],
    { stdio: ['pipe', 'pipe', 'pipe'] },
  );
  const deadline = setTimeout(() => child.kill('SIGKILL'), DEADLINE_MS);
  let stderr = '';
  let problem = '';
  const output: Buffer[] = [];
  let outputBytes = 0;
  child.stderr.on('data', (chunk: Buffer) => {
    stderr = (stderr + chunk.toString('latin1')).slice(-STDERR_LIMIT_CHARS);
  });
  child.stdout.on('data', (chunk: Buffer) => {
    outputBytes += chunk.length;
    if (outputBytes <= job.outputLimitBytes) output.push(chunk);
    else child.kill('SIGKILL');
  });
  child.on('error', (error) => {
    problem = error.message;
  });
  giveWay(child);
  const ended = new Promise<number | null>((resolve) => child.on('close', resolve));
  const input = Readable.from(job.input);
  input.on('error', (error) => {
    problem = error.message;
    child.kill('SIGKILL');
  });
  // ffmpeg may have enough before the end of its input.
  child.stdin.on('error', () => input.destroy());
  input.pipe(child.stdin);
  const exitCode = await ended;
  clearTimeout(deadline);
  input.destroy();
  if (exitCode === 0 && problem === '' && outputBytes <= job.outputLimitBytes) return Buffer.concat(output);
  const why = problem || stderr.trim() || `ffmpeg ended with ${exitCode} after ${outputBytes} bytes`;
  throw new RoadsideError('camera-stream-unusable', `ffmpeg could not cut the stream: ${why}`, {
    hint: 'Set the camera to H.264 with ordinary settings; counting goes on without evidence.',
  });
}
