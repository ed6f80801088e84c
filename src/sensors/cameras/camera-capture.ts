import { monotonicMs } from '../../base/clock.ts';
import { messageOf } from '../../base/errors.ts';
import type { CameraPlan } from '../contract.ts';
import type { PicturePlacement } from '../vision/camera-picture.ts';
import { blamesCopy, type CaptureProblem, describeSource, diagnoseEnd } from './capture-problem.ts';
import { type FfmpegInvocation, ffmpegInvocation, type RecordingPace } from './ffmpeg-invocation.ts';
import { type FfmpegEnd, type FfmpegRun, startFfmpegRun } from './ffmpeg-run.ts';
import { createNewestFrame, type Frame } from './newest-frame.ts';
import { createRetryPause } from './retry-pause.ts';

/** One camera's pictures, kept coming through every failure of the camera. */
export interface CameraCapture {
  start(): void;
  stop(): Promise<void>;
  /** The newest picture that was not taken yet; valid until the next `take`. */
  take(): Frame | null;
  readonly hasFrame: boolean;
  readonly status: CaptureStatus;
}

export interface CaptureStatus {
  readonly state: 'starting' | 'working' | 'failing' | 'stopped';
  /** Pictures that the wanted rate asked for, since the start. */
  readonly dueFrames: number;
  /** Of those, how many nobody took in time. */
  readonly droppedFrames: number;
  /** How often ffmpeg was started again. */
  readonly restarts: number;
  /** What is wrong, or an empty string. */
  readonly note: string;
}

/** A problem that began or ended. */
export interface CaptureFault extends CaptureProblem {
  readonly active: boolean;
  readonly atMs: number;
}

export interface CameraCaptureOptions {
  readonly plan: Pick<CameraPlan, 'source' | 'framesPerSecond' | 'decoder'>;
  readonly placement: PicturePlacement;
  /** A picture can be taken. */
  onFrame(): void;
  /** Each problem opens once and closes once; there is at most one open problem. */
  onFault(fault: CaptureFault): void;
  /** Takes the camera's own packets beside the pictures; without it they are not asked for. */
  readonly copy?: StreamCopy;
  readonly timing?: Partial<CaptureTiming>;
  /** `as-read` leaves out no picture of a recording: each is read when the one before it was taken. */
  readonly recordingPace?: RecordingPace;
  /** The ffmpeg to start; found by PATH when it is a plain name. */
  readonly ffmpeg?: string;
}

/** Who takes the copied stream, as fragmented MP4. It must never throw: pictures matter more. */
export interface StreamCopy {
  /** A new stream begins. */
  begin(): void;
  write(chunk: Buffer, atMs: number): void;
  /** ffmpeg could not copy this stream; it goes on without a copy for now. */
  refused(detail: string): void;
}

export interface CaptureTiming {
  readonly firstFrameWithinMs: number;
  readonly stallAfterMs: number;
  readonly killAfterMs: number;
  readonly socketTimeoutMs: number;
  readonly retryFirstMs: number;
  readonly retryLimitMs: number;
  readonly unauthorizedRetryMs: number;
  readonly refusedAgainMs: number;
  readonly stableAfterMs: number;
}

export const CAPTURE_TIMING: CaptureTiming = {
  /** Cameras that save bits send a key picture as seldom as every 10 s. */
  firstFrameWithinMs: 20_000,
  stallAfterMs: 4000,
  killAfterMs: 2000,
  /** Longer than the stall: at its own timeout ffmpeg hands out a last picture, which would pass for life. */
  socketTimeoutMs: 4500,
  retryFirstMs: 500,
  /**
   * With up to 3 s to the next key picture they are back 5 s after the camera is; an attempt costs 60 ms of a core.
   */
  retryLimitMs: 1500,
  /** Cameras lock an account after some five wrong passwords: retrying would lock the technician out, too. */
  unauthorizedRetryMs: 300_000,
  /** A camera that starts refuses even those whom it knows, until it has read who they are. */
  refusedAgainMs: 10_000,
  /** Pictures for this long forgive the failures before. */
  stableAfterMs: 10_000,
};

const PLANES = 3;
/** Together with the first one fewer than lock an account. */
const REFUSALS_FORGIVEN = 2;
/** A problem that comes back so often is one that lasts: it ends when pictures come for a while. */
const RELAPSES = 5;

export function createCameraCapture(options: CameraCaptureOptions): CameraCapture {
  const { plan, placement, copy, recordingPace = 'own', ffmpeg = 'ffmpeg' } = options;
  const waitsForTaking = plan.source.kind === 'file' && recordingPace === 'as-read';
  const timing = { ...CAPTURE_TIMING, ...options.timing };
  const frames = createNewestFrame({
    frameBytes: PLANES * placement.netWidthPx * placement.netHeightPx,
  });
  const pause = createRetryPause({ firstMs: timing.retryFirstMs, limitMs: timing.retryLimitMs });
  let run: FfmpegRun | null = null;
  let retry: NodeJS.Timeout | undefined;
  let state: CaptureStatus['state'] = 'stopped';
  let problem: CaptureProblem | null = null;
  let starts = 0;
  /** The copy has ended a run: the next ones do without, until pictures have come for a while. */
  let copyBlamed = false;
  /** A camera that sent nothing yet looks like one whose stream cannot be copied: the copy is tried once more. */
  let copyTriedAgain = false;
  /** Pictures come, but the problem has come back too often to be over yet. */
  let isSettling = false;
  /** Runs one after the other that ended soon after their first picture. */
  let shortRuns = 0;
  /** How often a refused login is tried again soon: it was good when pictures came. */
  let forgiven = 0;

  const report = (current: CaptureProblem | null): void => {
    for (const fault of faultsBetween(problem, current)) options.onFault(fault);
    problem = current;
    state = current === null ? 'working' : 'failing';
  };
  const retryLater = (): void => {
    // A recording that has played to its end has nothing more to show.
    if (state === 'stopped' || problem?.code === 'ended') return;
    retry = setTimeout(attempt, problem?.code === 'unauthorized' ? afterRefusalMs() : pause.nextMs());
  };
  const afterRefusalMs = (): number => {
    forgiven -= 1;
    return forgiven >= 0 ? timing.refusedAgainMs : timing.unauthorizedRetryMs;
  };

  const attempt = (): void => {
    starts += 1;
    let firstFrameAtMs: number | null = null;
    let isStable = false;
    let endsForCopy = false;
    const copies = copyBlamed ? undefined : copy;
    frames.discardPartial();
    copies?.begin();
    const onBytes = (chunk: Uint8Array, atMs: number): number => {
      const whole = frames.write(chunk, atMs);
      if (whole === 0 || state === 'stopped') return whole;
      firstFrameAtMs ??= atMs;
      isStable = atMs - firstFrameAtMs >= timing.stableAfterMs;
      forgiven = REFUSALS_FORGIVEN;
      if (isStable) {
        pause.reset();
        copyBlamed = false;
        shortRuns = 0;
        if (copies !== undefined) copyTriedAgain = false;
        else if (copy !== undefined && plan.source.kind !== 'file' && !copyTriedAgain) {
          copyTriedAgain = true;
          endsForCopy = true;
          void run?.stop();
        }
      }
      isSettling = shortRuns >= RELAPSES;
      if (!isSettling) report(null);
      if (frames.isReady) options.onFrame();
      if (frames.isReady && waitsForTaking) run?.hold();
      return whole;
    };
    const onEnd = (end: FfmpegEnd): void => {
      run = null;
      isSettling = false;
      if (state === 'stopped') return;
      if (endsForCopy) {
        attempt();
        return;
      }
      if (firstFrameAtMs !== null && !isStable) shortRuns += 1;
      if (copies !== undefined && blamesCopy(end.stderr)) {
        copyBlamed = true;
        copies.refused(end.stderr);
      } else if (!end.stalled) report(problemOf(end, { plan, ffmpeg, sawFrame: firstFrameAtMs !== null }));
      retryLater();
    };
    const invocation = invocationFor(copies !== undefined);
    // The address stays as it is until the site file is corrected.
    if (invocation === null) return;
    const onStall = (): void => {
      isSettling = false;
      report(stalled(plan, firstFrameAtMs === null));
    };
    // Every JPEG stands alone: there is no key picture to wait for.
    const firstFrameWithinMs =
      plan.source.kind === 'http-mjpeg' ? timing.stallAfterMs : timing.firstFrameWithinMs;
    const watching = { ...timing, firstFrameWithinMs };
    const taking = copies === undefined ? {} : { onCopy: copies.write };
    try {
      run = startFfmpegRun({
        ...{ command: ffmpeg, invocation, givesWay: waitsForTaking },
        ...{ ...watching, ...taking, onBytes, onStall, onEnd },
      });
    } catch (error) {
      // Without memory or descriptors no child starts; that passes.
      report(notStarted(ffmpeg, messageOf(error)));
      retryLater();
    }
  };
  const invocationFor = (copies: boolean): FfmpegInvocation | null => {
    const { source, framesPerSecond, decoder = 'software' } = plan;
    try {
      return ffmpegInvocation({
        ...{ source, decoder, placement, socketTimeoutMs: timing.socketTimeoutMs, recordingPace },
        ...(waitsForTaking ? {} : { framesPerSecond }),
        copy: copies,
      });
    } catch (error) {
      report({ code: 'address-invalid', detail: messageOf(error) });
      return null;
    }
  };

  return {
    start() {
      if (state !== 'stopped') return;
      state = 'starting';
      attempt();
    },
    async stop() {
      state = 'stopped';
      clearTimeout(retry);
      await run?.stop();
    },
    take() {
      const frame = frames.take();
      if (frame !== null && waitsForTaking) run?.resume();
      return frame;
    },
    get hasFrame() {
      return frames.isReady;
    },
    get status() {
      const { dueFrames, droppedFrames } = frames;
      const restarts = Math.max(0, starts - 1);
      const note = `${isSettling ? 'pictures come again; before: ' : ''}${problem?.detail ?? ''}`;
      return { state, dueFrames, droppedFrames, restarts, note };
    },
  };
}

function faultsBetween(before: CaptureProblem | null, after: CaptureProblem | null): readonly CaptureFault[] {
  if (before?.code === after?.code) return [];
  const atMs = monotonicMs();
  const closed = before === null ? [] : [{ ...before, active: false, atMs }];
  return after === null ? closed : [...closed, { ...after, active: true, atMs }];
}

function problemOf(
  end: FfmpegEnd,
  run: {
    readonly plan: Pick<CameraPlan, 'source'>;
    readonly ffmpeg: string;
    readonly sawFrame: boolean;
  },
): CaptureProblem {
  if (end.startError !== null) return notStarted(run.ffmpeg, end.startError.message);
  return diagnoseEnd({ source: run.plan.source, sawFrame: run.sawFrame, ...end });
}

/** The system's own words tell a program that is not there from a machine that is full. */
function notStarted(ffmpeg: string, why: string): CaptureProblem {
  const isFull = /EAGAIN|EMFILE|ENFILE|ENOMEM/.test(why);
  const advice = isFull ? 'the machine is out of memory, processes or files' : 'apt-get install ffmpeg';
  return { code: 'ffmpeg-missing', detail: `cannot start ${ffmpeg} (${why}): ${advice}` };
}

function stalled(plan: Pick<CameraPlan, 'source'>, beforeFirst: boolean): CaptureProblem {
  const what = beforeFirst
    ? 'connected, but no picture comes: set the camera to H.264, with a key picture every 2 s'
    : 'the connection stands, but pictures stopped';
  return { code: 'stalled', detail: `${describeSource(plan.source)}: ${what}; power the camera off and on` };
}
