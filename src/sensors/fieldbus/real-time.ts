/**
 * SCHED_FIFO for this process, when the site asks for it: on a busy machine the scheduling class decides more
 * about missed polls than anything in the program (docs/decisions/0003). What it costs is in loop-watchdog.ts.
 */
import { execFile } from 'node:child_process';
import { readdir } from 'node:fs/promises';
import { promisify } from 'node:util';
import { messageOf } from '../../base/errors.ts';
import { type LoopWatchdog, openLoopWatchdog } from './loop-watchdog.ts';

/** Above everything ordinary, below the kernel's own threads (50). */
export const POLLER_PRIORITY = 10;
/**
 * V8's helpers stand above the thread that they help. While they sweep its heap it asks again and again whether
 * they are done; at the same or a lower priority, on the same core, they never get a turn to be done.
 */
export const HELPER_PRIORITY = 11;
export const WATCHDOG_PRIORITY = 12;
const CHRT_LIMIT_MS = 2000;

export interface RealTime {
  /** What became of it, for health: empty when it was not asked for. */
  readonly note: string;
  leave(): Promise<void>;
}

const ORDINARY: RealTime = { note: '', leave: () => Promise.resolve() };

/** Never rejects: a machine that refuses is polled as well as it can be, and the refusal is told. */
export async function enterRealTime(
  isWanted: boolean,
  say: (line: string) => void = (line) => void process.stderr.write(`${line}\n`),
): Promise<RealTime> {
  if (!isWanted) return ORDINARY;
  let watchdog: LoopWatchdog | null = null;
  try {
    watchdog = await openLoopWatchdog();
    // The watchdog first, and our own thread last: at no moment does a loop run above its watchdog.
    await setPriority(watchdog.threadId, WATCHDOG_PRIORITY);
    const threads = (await readdir('/proc/self/task')).map(Number);
    const others = threads.filter((id) => id !== watchdog?.threadId && id !== process.pid);
    // A thread may have ended meanwhile.
    for (const id of others) await setPriority(id, HELPER_PRIORITY).catch(() => undefined);
    await setPriority(process.pid, POLLER_PRIORITY);
  } catch (error) {
    await watchdog?.close();
    const note = `no real-time priority: ${messageOf(error).trim().split('\n').at(-1)}`;
    say(`${note}; see systemd/real-time.conf`);
    return { ...ORDINARY, note };
  }
  const entered = watchdog;
  return { note: `real-time priority ${POLLER_PRIORITY}`, leave: () => entered.close() };
}

async function setPriority(thread: number, priority: number): Promise<void> {
  await promisify(execFile)('chrt', ['--fifo', '--pid', String(priority), String(thread)], {
    timeout: CHRT_LIMIT_MS,
  });
}
