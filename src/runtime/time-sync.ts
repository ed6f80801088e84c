import { execFile } from 'node:child_process';
import { access, readdir, readFile, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { monotonicMs, type TimeSourceState } from '../base/clock.ts';

/** Asks the machine, again and again and never in the way of other work, whether a time source disciplines its clock. */
export interface TimeSync {
  /** What the last answers say. */
  state(): TimeSourceState;
  /** Asks everybody at once; `state` is what they say when it resolves. */
  ask(): Promise<void>;
  stop(): void;
}

export interface TimeSyncOptions {
  /** Before every path that is looked at; another one than `/` in tests only. */
  readonly root?: string;
  /** Where programs are looked for. */
  readonly path?: string;
  /** A program that has not answered by then is as good as none. */
  readonly timeoutMs?: number;
}

const ASK_EVERY_MS = 60_000;
/** While records wait to be stamped. */
const ASK_UNSET_EVERY_MS = 10_000;
/** timedatectl has a service started and ended for each question, and both told in the machine's log. */
const ASK_KERNEL_EVERY_MS = 600_000;
const TIMEOUT_MS = 3000;
const MAX_ANSWER_BYTES = 16_384;
/** systemd-timesyncd touches its flag at each synchronisation; it asks its server every 34 min at the latest. */
const FLAG_FRESH_MS = 3 * 3_600_000;

/** What was found out, each null when nobody could be asked. */
interface Findings {
  /** chronyd: it follows a source, and has ever followed one. */
  readonly chrony: { readonly follows: boolean; readonly everFollowed: boolean } | null;
  /** systemd-timesyncd: age of its flag; infinite while it is at work and has never reached a server. */
  readonly flagAgeMs: number | null;
  /** The kernel set the time from a battery-backed clock when it started. */
  readonly setFromRtc: boolean;
}

export function createTimeSync(options: TimeSyncOptions = {}): TimeSync {
  let state: TimeSourceState = 'unknown';
  let everSynced = false;
  let kernel = { isSynced: false, askedAtMs: Number.NEGATIVE_INFINITY };
  let timer: NodeJS.Timeout | null = null;
  let stopped = false;

  const askKernel = async (): Promise<boolean> => {
    const answer = await answerOf(options, 'timedatectl', ['show', '--property=NTPSynchronized', '--value']);
    kernel = { isSynced: answer === 'yes', askedAtMs: monotonicMs() };
    return kernel.isSynced;
  };
  const ask = async (kernelEveryMs = 0): Promise<void> => {
    const findings = await lookAround(options);
    const isDue = monotonicMs() - kernel.askedAtMs >= kernelEveryMs;
    const isSynced = isDisciplined(findings) || (isDue ? await askKernel() : kernel.isSynced);
    state = isSynced ? 'synced' : withoutSource(findings, everSynced);
    everSynced ||= isSynced;
  };
  const askAgain = async (): Promise<void> => {
    await ask(ASK_KERNEL_EVERY_MS);
    if (stopped) return;
    timer = setTimeout(() => void askAgain(), state === 'never' ? ASK_UNSET_EVERY_MS : ASK_EVERY_MS);
    timer.unref();
  };
  void askAgain();
  return {
    state: () => state,
    ask: () => ask(),
    stop() {
      stopped = true;
      if (timer !== null) clearTimeout(timer);
    },
  };
}

function isDisciplined({ chrony, flagAgeMs }: Findings): boolean {
  return chrony?.follows === true || (flagAgeMs !== null && flagAgeMs < FLAG_FRESH_MS);
}

function withoutSource({ chrony, flagAgeMs, setFromRtc }: Findings, everSynced: boolean): TimeSourceState {
  const wasSynced =
    everSynced || chrony?.everFollowed === true || (flagAgeMs !== null && Number.isFinite(flagAgeMs));
  if (wasSynced) return 'lost';
  const clientAtWork = chrony !== null || flagAgeMs !== null;
  return clientAtWork && !setFromRtc ? 'never' : 'unknown';
}

async function lookAround(options: TimeSyncOptions): Promise<Findings> {
  const { root = '/' } = options;
  const [chrony, flagAgeMs, setFromRtc] = await Promise.all([
    answerOf(options, 'chronyc', ['-c', '-n', 'tracking']),
    ageOfFlag(join(root, 'run/systemd/timesync')),
    isSetFromRtc(join(root, 'sys/class/rtc')),
  ]);
  return { chrony: chrony === null ? null : parseTracking(chrony), flagAgeMs, setFromRtc };
}

/**
 * `chronyc -c tracking`: fields as in the manual, separated by commas; the fourth is the time of the last update from a
 * source, s since 1970, and the last one the leap status.
 */
function parseTracking(text: string): Findings['chrony'] {
  const fields = text.split(',');
  const updatedS = Number(fields[3]);
  if (fields.length < 10 || !Number.isFinite(updatedS)) return null;
  return { follows: fields.at(-1) !== 'Not synchronised', everFollowed: updatedS > 0 };
}

/** Null when the program is not there, fails or takes too long. */
function answerOf(
  options: TimeSyncOptions,
  program: string,
  args: readonly string[],
): Promise<string | null> {
  const { path = process.env['PATH'] ?? '', timeoutMs = TIMEOUT_MS } = options;
  return new Promise((resolve) => {
    const child = execFile(
      program,
      [...args],
      {
        timeout: timeoutMs,
        killSignal: 'SIGKILL',
        maxBuffer: MAX_ANSWER_BYTES,
        env: { PATH: path, LC_ALL: 'C' },
      },
      (error, stdout) => resolve(error === null ? stdout.trim() : null),
    );
    child.stdin?.end();
  });
}

/** Null when systemd-timesyncd is not at work. */
async function ageOfFlag(folder: string): Promise<number | null> {
  try {
    await access(folder);
  } catch {
    return null;
  }
  try {
    const { mtimeMs } = await stat(join(folder, 'synchronized'));
    return Date.now() - mtimeMs;
  } catch {
    return Number.POSITIVE_INFINITY;
  }
}

/** The kernel's `hctosys`: 1 for the clock from which it took the time at its start. */
async function isSetFromRtc(folder: string): Promise<boolean> {
  const clocks = await readdir(folder).catch(() => []);
  const texts = await Promise.all(
    clocks.map((rtc) => readFile(join(folder, rtc, 'hctosys'), 'utf8').catch(() => '0')),
  );
  return texts.some((text) => text.trim() === '1');
}
