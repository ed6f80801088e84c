import type { Socket } from 'node:net';
import type { LoopOverview, WatchView } from '../app/overview.ts';

/** Changes are pushed this often at most. */
export const PUSH_EVERY_MS = 200;
/** Where nothing happens, a line this often says that the agent lives. */
const SAY_AT_LEAST_EVERY_MS = 2000;
/** What a client may leave unread before it is dropped. */
const MAX_UNREAD_BYTES = 256 * 1024;

/** What changed since the line before; the first line holds every loop. */
export interface WatchDelta {
  readonly site: string;
  readonly nowMs: number;
  readonly loops: readonly LoopOverview[];
  /** Absent when none has opened, changed or closed. */
  readonly incidents?: WatchView['incidents'];
  /** Absent when no fault has opened or closed. */
  readonly faults?: WatchView['faults'];
}

/** Clients that are told of every change, until they leave. A slow one is dropped, never waited for. */
export interface Watchers {
  add(socket: Socket): void;
  close(): void;
}

interface Watcher {
  readonly socket: Socket;
  /** What the client knows, by loop. */
  readonly loops: Map<string, string>;
  incidents: string;
  faults: string;
  saidAtMs: number;
}

export function createWatchers(look: () => WatchView): Watchers {
  const watchers = new Set<Watcher>();
  let timer: NodeJS.Timeout | null = null;

  const push = (): void => {
    const view = look();
    for (const watcher of watchers) tell(watcher, view);
  };
  const remove = (watcher: Watcher): void => {
    watchers.delete(watcher);
    if (watchers.size > 0 || timer === null) return;
    clearInterval(timer);
    timer = null;
  };
  return {
    add(socket) {
      const watcher: Watcher = { socket, loops: new Map(), incidents: '', faults: '', saidAtMs: 0 };
      watchers.add(watcher);
      socket.once('close', () => remove(watcher));
      tell(watcher, look());
      timer ??= setInterval(push, PUSH_EVERY_MS);
    },
    close() {
      for (const watcher of [...watchers]) remove(watcher);
    },
  };
}

function tell(watcher: Watcher, view: WatchView): void {
  const { socket } = watcher;
  if (socket.writableLength > MAX_UNREAD_BYTES) {
    socket.destroy();
    return;
  }
  const loops = view.loops.filter((loop) => watcher.loops.get(loop.loop) !== stateOf(loop));
  const faults = JSON.stringify(view.faults.map(({ sensor, code }) => [sensor, code]));
  const incidents = JSON.stringify(view.incidents);
  const isNews = loops.length > 0 || incidents !== watcher.incidents || faults !== watcher.faults;
  if (!isNews && view.nowMs - watcher.saidAtMs < SAY_AT_LEAST_EVERY_MS) return;
  const delta: WatchDelta = {
    site: view.site,
    nowMs: view.nowMs,
    loops,
    ...(incidents === watcher.incidents ? {} : { incidents: view.incidents }),
    ...(faults === watcher.faults ? {} : { faults: view.faults }),
  };
  for (const loop of loops) watcher.loops.set(loop.loop, stateOf(loop));
  watcher.incidents = incidents;
  watcher.faults = faults;
  watcher.saidAtMs = view.nowMs;
  socket.write(`${JSON.stringify({ watch: delta })}\n`);
}

/** Without the moments: they wander by a millisecond with the wall clock, and change with the rest anyway. */
function stateOf({ sinceMs: _since, lastHitMs: _hit, ...state }: LoopOverview): string {
  return JSON.stringify(state);
}
